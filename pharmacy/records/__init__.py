"""The Prescription Management database: clients and patients of practices, and where each value came from.

`tables.py`, `feed_tables.py`, `link_tables.py` hold them; `clinic.py` is the only way to the rows of one clinic.
`rules.py` says what a feed may change by itself (DP11 to DP13). A feed goes through `feeds.py` (it arrives),
`staging.py` (what is new or changed is laid ready), `guard.py` (what stops and asks), `apply.py` (batch by batch) and
`linking.py` (imported clients meet home-delivery clients); `watching.py` reads what became of it. People then work with
`differences.py`, `editing.py`, `shipping.py` and the `review_` files; `origins.py` tells where a value came from.
"""
