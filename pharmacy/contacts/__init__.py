"""Contacts and companies of a clinic; sister clinics copy them by hand (RS6)."""
