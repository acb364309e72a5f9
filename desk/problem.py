"""Errors of the desk; each message is a sentence that says what to do."""


class DeskProblem(Exception):
    """An error that a person can correct; `str(problem)` is the whole message, `plain` the same at a form, where that
    differs."""

    def __init__(self, sentence: str = "", plain: str = "") -> None:
        super().__init__(sentence)
        self.plain = plain


class NotFound(DeskProblem):
    """There is no such onboarding."""


class AlreadyOpen(DeskProblem):
    """The practice has an open onboarding with this playbook."""


class NoAnswer(DeskProblem):
    """A server or the worker does not answer; what was asked may be repeated with the same key."""


class Uncertain(NoAnswer):
    """The worker did not answer in time; what was asked may still be carried out."""


class EndedOutside(NoAnswer):
    """The onboarding was ended in Temporal, past the rules: what the journal last knew is all there is."""
