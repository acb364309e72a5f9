"""The API for programs, below /api. Its contract is the OpenAPI document at /api/openapi.json.

`callers.py` authenticates and authorizes, `bodies.py` reads requests, `idempotency.py` answers repeated requests,
`answers.py` has the kinds of problems, `document.py` the OpenAPI document; the other files are the routes.
"""
