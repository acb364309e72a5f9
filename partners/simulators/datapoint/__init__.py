"""A simulator of IDEXX DataPoint: its queue, its mails, its forms, its webhooks and its feeds."""
