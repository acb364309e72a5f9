"""The owner's page: own name, address, phone and e-mail address, looked at and put right by a link (DP13).

`door.py` says whose link it is, `routes.py` what it answers to. Looking changes nothing, and a change takes one
confirmation, as on the practice's page, whose parts it shares.
"""
