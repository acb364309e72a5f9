"""The practice's page without HTTP: what a contact is told, and what a contact can do.

A visit's way: `visitor.py` (whose link it is), `status.py` (where it stands and whose turn it is), `answers.py` (what
the technical contact has said), `partner_knowledge.py` (what the partner can know of the practice's people),
`lost_connection.py` (what is told instead, while a practice's connection is lost), `data.py` (what came of its data),
and `actions/` (what a contact can do). `web/practice/` serves it, `templates/pages/practice/` has the words.
"""
