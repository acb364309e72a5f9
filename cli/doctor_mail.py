"""The checks of `onboard doctor` for mail: what goes out, and what comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cli.doctor_check import Check

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from configuration.settings import Settings

OVERDUE = timedelta(minutes=15)
"""A mailbox that was not read for so long is read by nobody."""


async def mail_checks(engine: AsyncEngine, settings: Settings) -> list[Check]:
    """Raises `DatabaseProblem`."""
    returned = await _returned_mail(engine, settings)
    return [await _outgoing_mail(engine), *([returned] if returned else [])]


async def _outgoing_mail(engine: AsyncEngine) -> Check:
    from store.mail import outbox

    mail = await outbox.status(engine)
    if mail.paused:
        sentence = f"All mail is paused by {mail.by} ({mail.why}): resume it with `onboard mail resume`."
        return Check("mail", False, sentence)
    if mail.trouble:
        return Check("mail", False, f"Mail waits: {mail.trouble}")
    return Check("mail", True, "Mail is being sent.")


async def _returned_mail(engine: AsyncEngine, settings: Settings) -> Check | None:
    """Returns None where nobody reads a mailbox."""
    from desk.bounce_mailbox import mailbox_url
    from partners.server_url import ServerUrlProblem
    from store.mail.bounce_mailbox import last_reading

    name = "returned mail"
    try:
        url = mailbox_url(settings)
    except ServerUrlProblem as problem:
        return Check(name, False, str(problem))
    if url is None:
        return None
    reading = await last_reading(engine, url.name)
    read_at = reading.read_at if reading else None
    last = f"was last read at {read_at:%Y-%m-%d %H:%M} UTC" if read_at else "was never read"
    if reading and reading.problem:
        return Check(name, False, f"{reading.problem.rstrip('.')}; it {last}.")
    if reading is None or reading.age is None or reading.age > OVERDUE:
        sentence = f"{url.name} {last}: start a worker that has ONBOARD_BOUNCE_MAILBOX set, or wait for a minute."
        return Check(name, False, sentence)
    return Check(name, True, f"{url.name} {last}; mails that came back so far: {reading.taken}.")
