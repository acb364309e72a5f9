"""Clients of the systems outside: what is sent to them, and what comes back."""
