"""The rules of a prescription, from request to end: pure, with the time passed in."""
