"""The two mails that DataPoint sends: the invitation to register, and the request to install."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from partners.datapoint import Contact
from partners.message import Mail
from partners.simulators.datapoint.steps import Practice
from partners.simulators.rendering import make_environment
from partners.smtp import Smtp

environment = make_environment(
    Path(__file__).parent / "templates", system="IDEXX DataPoint", short="DataPoint", company="IDEXX"
)


class Mailer:
    """Mails a practice's contacts; `url` is the address of the simulator's own pages."""

    def __init__(self, smtp: Smtp, url: str) -> None:
        self._smtp = smtp
        self._url = url.rstrip("/")

    async def invite(self, practice: Practice) -> None:
        """Mails the primary contact a link to the registration form (DP3). Raises `TransportError`."""
        link = f"{self._url}/registration/{practice.form_token}"
        await self._send("invitation", practice, practice.contact, "invitation_sent", link)

    async def ask_to_install(self, practice: Practice, to: Contact) -> None:
        """Mails the technical contact a link to the installation (DP5). Raises `TransportError`."""
        link = f"{self._url}/installation/{practice.install_token}"
        await self._send("installation", practice, to, "technical_contact_reached", link)

    async def _send(self, template: str, practice: Practice, to: Contact, fact: str, link: str) -> None:
        context: dict[str, Any] = {"practice": practice, "to": to, "link": link}
        rendered = {
            kind: environment.get_template(f"mail_{template}.{kind}").render(context) for kind in ("txt", "html")
        }
        subject, _, text = rendered["txt"].partition("\n\n")
        # Derived from what the mail is about, so that a mail repeated after a crash has the same Message-ID.
        queued = int(practice.done["queued"].at.timestamp())
        name = f"{fact}.{practice.id}.{queued}.{practice.mail_counts.get(fact, 0) + 1}"
        domain = self._smtp.sender.address.rpartition("@")[2]
        await self._smtp.send(
            Mail(
                to=to.email,
                to_name=to.name,
                subject=subject.strip(),
                text=text,
                html=rendered["html"],
                message_id=f"<{name}@{domain}>",
                at=datetime.now(UTC),
            )
        )
