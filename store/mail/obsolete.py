"""Which mails that still wait are not worth sending any more, after a mail server was down or all mail was stopped.

A mail of a stage that is over, by the end of the onboarding too, or that is on hold; one of which a newer one was
written to the same reader; any mail of an onboarding that was withdrawn; and a digest of a morning that was followed
by another.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_

from store.journal.tables import onboardings
from store.mail.tables import mails

POINTLESS = (
    "not sent: before it could go out, its stage was over, a newer one was written, or the onboarding was stopped"
)


def _row(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the onboarding that the mail belongs to stands like that."""
    its_own = (onboardings.c.id == mails.c.onboarding, onboardings.c.run == mails.c.run)
    return exists().where(*its_own, *conditions)


def _newer(*alike: str) -> ColumnElement[bool]:
    """Whether a mail of the same kind was written later, with the same values in these columns."""
    newer = mails.alias("newer")
    same = (newer.c[name] == mails.c[name] for name in ("kind", "role", *alike))
    return exists().where(*same, newer.c.created_at > mails.c.created_at)


# Each of these says something that the next one does not say again.
_not_distinct = [mails.c.kind != kind for kind in ("practice_said",)]
_of_a_stage = mails.c.stage.is_not(None)
pointless = and_(
    mails.c.state == "queued",
    or_(
        _row(onboardings.c.status == "withdrawn"),
        and_(_of_a_stage, _row(or_(onboardings.c.stage != mails.c.stage, onboardings.c.status != "open"))),
        and_(_of_a_stage, _newer("onboarding", "run", "stage")),
        and_(mails.c.onboarding.is_not(None), *_not_distinct, _newer("onboarding", "run", "to_email")),
        and_(mails.c.onboarding.is_(None), _newer("to_email")),
    ),
)
"""Whether a mail need not go out any more, as part of a statement about mails."""
