"""Reads a practice's feed, one file or several, row by row (DP11).

`container.py` opens archives and stops those that would unpack without end. `encoding.py` detects the text's encoding.
`csv_table.py` and `ndjson.py` split it into rows, so that a broken row takes no other with it. `columns.py` knows the
names of columns, `values.py` and `weights.py` parse the cells, and `reader.py` puts it all together. Nothing here knows
the database.
"""
