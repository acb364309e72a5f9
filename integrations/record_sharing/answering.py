"""To whom a refused request by e-mail is answered (RS2)."""

from __future__ import annotations

from datetime import datetime
from email.message import Message

from configuration.settings import Settings
from partners.returned_mail.headers import header
from partners.returned_mail.prose import from_daemon, is_automatic_reply
from partners.signed_mail import CheckedMail
from playbooks.engine.onboarding import MailOrder
from store.accounts.clinics import Clinic

LISTS = frozenset({"bulk", "junk", "list"})
"""Values of the header Precedence."""


def answer_address(mail: CheckedMail, on_record: bool) -> str | None:
    """Returns the address to which a refusal may be written; None if nobody gets one.

    It is the sender's if the domain has signed, or if it is the address `on_record` of a clinic. Anybody else may be a
    stranger whose address was forged, and a program would answer the answer.
    """
    if is_by_program(mail.message):
        return None
    return mail.sender if on_record or mail.outcome == "shown" else None


def is_by_program(message: Message) -> bool:
    """Returns whether no person waits for an answer: a mail server, an automatic reply, a mailing list (RFC 3834)."""
    return (
        from_daemon(message)
        or is_automatic_reply(message)
        or header(message, "auto-submitted").lower() not in ("", "no")
        or header(message, "precedence").lower() in LISTS
        or header(message, "return-path") == "<>"
        or any(message.get(name) for name in ("List-Id", "List-Unsubscribe"))
        or message.get_content_type() == "multipart/report"
    )


def refusal_mail(
    identity: str, to: str, clinic: Clinic | None, why: str, settings: Settings, now: datetime
) -> MailOrder:
    """Returns the mail that says why a request was refused and what to do. It repeats nothing of the request itself."""
    page = f"{settings.public_url}/clinic/{clinic.id}/sharing" if clinic and settings.public_url else None
    return MailOrder(
        key=f"sharing-refusal/{identity}",
        kind="sharing_email_refused",
        to="sender",
        name=clinic.name if clinic else None,
        email=to,
        link=False,
        at=now,
        context={
            "zone": clinic.time_zone if clinic else settings.team_time_zone,
            "now": now.isoformat(),
            "practice": clinic.name if clinic else None,
            "email": to,
            "why": why,
            "page": page,
        },
    )
