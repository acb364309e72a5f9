"""The history of the tables, one file a step in `versions/`, run by `store.database.migrate`.

To change a table: change the `tables.py` of its folder, add the file with the next number, and run tests/store; they
say what the two disagree about. A step that was released is never edited.
"""
