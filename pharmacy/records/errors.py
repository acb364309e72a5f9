"""What keeps a person from changing the records; each message is a whole sentence.

RecordsError
├── NoSuchRecord
└── NotAllowed
DecisionRefused
└── AlreadyDecided
"""


class RecordsError(Exception):
    """A change is refused for a reason that the person can put right."""


class NoSuchRecord(RecordsError):
    """The clinic has no such client, patient or difference."""


class NotAllowed(RecordsError):
    """The person's role at the clinic does not allow it."""


class DecisionRefused(Exception):
    """A decision about a pair was refused, and nothing was recorded."""


class AlreadyDecided(DecisionRefused):
    """Somebody else decided about the pair in the meantime: `by`, if it is known, who did `what`."""

    def __init__(self, what: str, by: str = "") -> None:
        super().__init__(f"{by} {what}" if by else what)
        self.what, self.by = what, by
