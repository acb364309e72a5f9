"""The practice's page over HTTP: for a contact with a phone, three minutes and no account, let in by a mail's link.

`routes.py` is what it answers to, `access.py` lets in, `questions.py` and `form_tokens.py` see that a confirmation
counts once, `errors.py` says what goes wrong; `link_admin.py` is the team's page of all links. What is told and what
can be done is in `practice_page/`, the words are in `templates/pages/practice/`.
"""
