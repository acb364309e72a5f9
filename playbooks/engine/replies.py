"""What contacts said on the practice's page, and whose word still counts."""

from __future__ import annotations

from datetime import datetime

from playbooks.engine.onboarding import Onboarding, Reply, ReplyKind


def reply_of(onboarding: Onboarding, role: str, email: str, what: ReplyKind) -> Reply | None:
    """Returns the last reply of this kind by the holder of a role with this address."""
    return next(
        (each for each in onboarding.replies if (each.role, each.email, each.what) == (role, email, what)), None
    )


def has_declined(onboarding: Onboarding, role: str, email: str | None) -> bool:
    """Returns whether who has this address has said that they are not the right one for the role."""
    return email is not None and reply_of(onboarding, role, email, "declined") is not None


def with_reply(
    onboarding: Onboarding,
    what: ReplyKind,
    role: str,
    of: str | None,
    email: str,
    at: datetime,
    answers: dict[str, str],
) -> tuple[Reply, ...]:
    """Returns the replies with this one, which replaces an earlier one of its kind by the same contact.

    Who declines has not accepted.
    """
    before = reply_of(onboarding, role, email, what)
    accepted = reply_of(onboarding, role, email, "accepted") if what == "declined" else None
    reply = Reply(
        what=what, role=role, of=of, email=email, since=before.since if before else at, at=at, answers=answers
    )
    return (*(each for each in onboarding.replies if each is not before and each is not accepted), reply)


def without_declines(onboarding: Onboarding, role: str, email: str) -> tuple[Reply, ...]:
    """Returns the replies as if this person had not declined: they count as the right person again."""
    return tuple(each for each in onboarding.replies if (each.what, each.role, each.email) != ("declined", role, email))


def moved(onboarding: Onboarding, role: str, before: str, after: str) -> tuple[Reply, ...]:
    """Returns the replies with those of a person kept at their new address."""
    return tuple(
        each.model_copy(update={"email": after}) if (each.role, each.email) == (role, before) else each
        for each in onboarding.replies
    )
