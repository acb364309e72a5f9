"""Which queued mails are obsolete, after a mail server was down or all mail was stopped.

These are mails of a stage that is over or on hold, mails of a withdrawn onboarding that do not say so, mails with a
newer one of the same kind to the same address, and digests that were followed by another.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_

from playbooks.registry import PLAYBOOKS
from store.journal.tables import onboardings
from store.mail.tables import mails

OBSOLETE_NOTE = "not sent: its stage ended, a newer mail replaced it, or the onboarding ended before it could go out"


def _row(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Returns SQL for whether the mail's onboarding fulfils the conditions."""
    its_own = (onboardings.c.id == mails.c.onboarding, onboardings.c.run == mails.c.run)
    return exists().where(*its_own, *conditions)


def _newer(*alike: str) -> ColumnElement[bool]:
    """Returns SQL for whether there is a newer mail of the same kind with the same values in these columns."""
    newer = mails.alias("newer")
    same = (newer.c[name] == mails.c[name] for name in ("kind", "role", *alike))
    return exists().where(*same, newer.c.created_at > mails.c.created_at)


# Each of these says something new.
_DISTINCT = ("practice_said", "mentioned")
_SAYS_THE_END = [each.kind for book in PLAYBOOKS.values() for each in book.mail_rules if book.fact(each.on).ends]
_of_a_stage = mails.c.stage.is_not(None)
is_obsolete = and_(
    mails.c.state == "queued",
    or_(
        and_(mails.c.kind.not_in(_SAYS_THE_END), _row(onboardings.c.status == "withdrawn")),
        and_(_of_a_stage, _row(or_(onboardings.c.stage != mails.c.stage, onboardings.c.status != "open"))),
        and_(_of_a_stage, _newer("onboarding", "run", "stage")),
        and_(mails.c.onboarding.is_not(None), mails.c.kind.not_in(_DISTINCT), _newer("onboarding", "run", "to_email")),
        and_(mails.c.onboarding.is_(None), _newer("to_email")),
    ),
)
"""SQL: whether a mail need not be sent any more."""
