"""Reading a practice's feed: a file or several, as they come, row by row (DP11).

`container.py` opens what is packed and stops what would burst; `encoding.py` finds out how the text is written;
`table.py` (CSV) and `objects.py` (NDJSON) take it apart and lose no row to its neighbour; `columns.py` knows what the
columns are called; `values.py` and `weights.py` read what stands in them; `reader.py` makes rows of it. Nothing here
knows the database.
"""
