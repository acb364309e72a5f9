"""Everything that runs on one machine: a supervisor, the servers that it starts, and their directory.

A room without knowledge of the product: the standard library, aiosmtpd, psycopg and temporalio only.
Each server is one file (`postgres.py`, `temporal.py`, `mailbox.py`); `parts.py` says how they fit together.
"""
