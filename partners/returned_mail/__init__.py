"""Returned mail: what a mail that came back to us says about one that we sent."""
