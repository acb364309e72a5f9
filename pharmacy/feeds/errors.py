"""What keeps a feed from being imported."""


class InvalidFeed(Exception):
    """The feed as a whole cannot be imported; the message is one sentence that says why and what to do."""
