"""Converts refusals by the rules into Temporal failures and back."""

from __future__ import annotations

from temporalio.exceptions import ApplicationError

from playbooks.engine.transition import Refused

TYPE = "Refused"


def failure_of(refusal: Refused) -> ApplicationError:
    return ApplicationError(str(refusal), refusal.code, refusal.plain, type=TYPE, non_retryable=True)


def refusal_in(cause: BaseException | None) -> Refused | None:
    """Returns the refusal that an update failed with; None if it failed for another reason."""
    if not isinstance(cause, ApplicationError) or cause.type != TYPE:
        return None
    return Refused(cause.message, *cause.details)
