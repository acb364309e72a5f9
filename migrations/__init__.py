"""The migrations of the tables, one file each in `versions/`, run by `store.database.migrate`.

To change a table: change the `tables.py` of its folder, add a migration with the next number, and run tests/store,
which compare the two. Never edit a migration that was released.
"""
