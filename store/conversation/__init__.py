"""What was written and said between a practice and us: mails, what contacts did on the practice's page, and calls."""
