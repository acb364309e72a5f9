"""Prescriptions: what is on record about them. Nothing else writes their table."""
