"""Invoices and payments: each stays at the clinic where it arose (RS6)."""
