"""Reminders of services that are due again: each comes from the clinic that gave the service (RS7)."""
