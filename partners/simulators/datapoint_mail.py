"""The two mails that DataPoint writes: the invitation to register, and the one to install."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from partners.datapoint import Contact
from partners.message import Mail
from partners.simulators.datapoint_progress import Practice
from partners.smtp import Smtp

TEMPLATES = Path(__file__).parent / "templates" / "datapoint"

environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class Letters:
    """Writes to people at a practice; `url` is where the stand-in's own pages are found."""

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
        words: dict[str, Any] = {"practice": practice, "to": to, "link": link}
        written = {kind: environment.get_template(f"mail_{template}.{kind}").render(words) for kind in ("txt", "html")}
        subject, _, text = written["txt"].partition("\n\n")
        # From what the mail is about, so that the same one sent again after a crash is known as the same.
        queued = int(practice.done["queued"].at.timestamp())
        name = f"{fact}.{practice.id}.{queued}.{practice.letters.get(fact, 0) + 1}"
        domain = self._smtp.sender.address.rpartition("@")[2]
        await self._smtp.send(
            Mail(
                to=to.email,
                to_name=to.name,
                subject=subject.strip(),
                text=text,
                html=written["html"],
                message_id=f"<{name}@{domain}>",
                at=datetime.now(UTC),
            )
        )
