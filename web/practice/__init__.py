"""The practice's page: for a contact with a phone, three minutes and no account, let in by the link in a mail.

`routes.py` is what it answers to. A visit's way: `door.py` (whose link it is), `story.py` (what there is to tell),
`answers.py` (what the technical contact has said), `partner.py` (what DataPoint can know of them), `connection.py`
(what is told instead, while a practice's connection is lost), `data.py` (what came of its data), `actions/` (what a
contact can do; each asks for one confirmation, with a value of `once.py` that counts once), and
`templates/pages/practice/` (the words). What goes wrong on the way is told by `telling.py`.
"""
