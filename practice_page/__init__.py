"""The practice's page without HTTP: what a contact is shown, and what a contact can do.

`visitor.py` finds whose link it is, `overview.py` where the onboarding is and who acts next, `answers.py` what the
technical contact has answered, `lost_connection.py` what is shown while the connection is lost, `data.py` the
practice's data; `actions/` are what a contact can do. `web/practice/` serves it, and `templates/pages/practice/` has
the texts.
"""
