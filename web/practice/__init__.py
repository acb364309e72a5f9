"""The practice's page over HTTP: for contacts without an account, by the link in a mail.

`routes.py` has the routes, `access.py` finds the visitor, `form_tokens.py` makes a confirmation count
once, `errors.py` answers errors, `texts.py` has the integration's texts; `link_admin.py` is the team's page of links.
What is shown and can be done is in `practice_page/`, its words in `templates/pages/practice/`.
"""
