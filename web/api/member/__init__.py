"""The API for the people of clinics, who ask with tokens of their own (RS9). `callers.py` lets them in."""
