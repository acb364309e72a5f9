"""The Prescription Management database: clients and patients of practices, and where each value came from.

`tables.py`, `feed_tables.py` and `link_tables.py` define the tables; `clinic.py` is the only access to the rows of one
clinic. `update_rules.py` says what a feed may change automatically (DP11 to DP13).

A feed passes through `feeds.py` (received), `staging.py` (new and changed rows are staged), `plausibility.py` (may stop
and ask a person), `apply.py` (batch by batch) and `linking.py` (clients are matched with home-delivery clients);
`feed_progress.py` reports on it. People then work with `differences.py`, `editing.py`, `shipping.py` and the `review_`
modules; `origins.py` says where a value came from.
"""
