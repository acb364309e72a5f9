"""The owner's page: owners see and correct their own name, address, phone and e-mail address by a link (DP13).

`access.py` finds whose link it is, `forms.py` has the forms, `routes.py` the routes. A change takes one confirmation,
as on the practice's page, whose parts it shares.
"""
