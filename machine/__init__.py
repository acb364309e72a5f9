"""Runs the whole system on one machine: a supervisor, the servers that it starts, and their directory.

It knows nothing of the product, and uses the standard library, aiosmtpd, psycopg and temporalio only. Each server is
one file (`postgres.py`, `temporal.py`, `mailbox.py`); `components.py` says how they fit together.
"""
