"""The history of the tables, one file a step in `versions/`, run by `pharmacy.database.migrate`.

To change a table: change `pharmacy/tables.py`, add the file with the next number, and run tests/pharmacy; they say
what the two disagree about. A step that was released is never edited.
"""
