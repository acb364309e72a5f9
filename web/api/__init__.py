"""The API for programs, below /api: the contract is the OpenAPI document at /api/openapi.json.

`callers.py` tells who asks and whether they may, `bodies.py` reads what they send, `once.py` makes repeated requests
one, `answers.py` has what may be answered; the other files are the routes.
"""
