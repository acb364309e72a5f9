"""What people and programs meet over HTTP: the team's console, the practice page, webhooks and the API.

`app.py` puts it together, `routes.py` lists what it answers to. A page's way: `security.py` (hosts, headers, sizes),
`sessions.py` (who visits), `people.py` (what they may), the route, `pages.py` (the words); what goes wrong on the way
is told by `problems.py`.
"""
