"""A clinic's reports on its clients (RS8). `definitions.py` is pure and says who stands on which."""
