"""Tells colleagues what concerns them in an onboarding's journal: never what they did themselves, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.commands import MENTIONED
from playbooks.engine.listed import Row
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Entry, MailOrder
from playbooks.registry import PLAYBOOKS
from store.accounts import personal_notifications
from store.accounts.personal_notifications import Kind, Told
from store.mail.rows import Letter

NO_MAIL = "not sent: {handle} has switched these mails off"


def told(row: Row, lines: Iterable[Entry]) -> list[Told]:
    """Returns what these new entries of the journal tell colleagues."""
    return [
        Told(
            person=person,
            kind=kind,
            event=f"{kind}/{row.id}/{row.run}/{line.number}",
            onboarding=row.id,
            practice_name=row.practice_name,
            text=text,
            quote=line.why,
            by=None if kind == "breach" else line.by,
            at=line.recorded_at,
        )
        for line in lines
        for kind, person, text in _whom(row, line)
        if person != line.by
    ]


def _whom(row: Row, line: Entry) -> Iterator[tuple[Kind, str, str]]:
    """Yields whom an entry concerns, and how; in words that follow the name of who did it."""
    match line.kind, line.name:
        case "command", "note":
            yield from (("mention", handle, "named you in a note") for handle in line.data.get("mentions", ()))
        case "command", "reassign" if line.data.get("assignee"):
            yield "assignment", line.data["assignee"], "handed it over to you"
        case "command", "start" if row.assignee:
            yield "assignment", row.assignee, "started it and assigned it to you"
        case "clock", "breached" if row.assignee:
            yield "breach", row.assignee, line.text


async def unless_switched_off(
    engine: AsyncEngine, playbook: str, orders: Iterable[MailOrder], letters: dict[str, Letter]
) -> dict[str, Letter]:
    """Returns the letters; those to colleagues who want no such mail are not sent, and say so."""
    kinds = {order.key: (order.handle, kind) for order in orders if order.handle and (kind := _kind(playbook, order))}
    off = await personal_notifications.without_mail(engine, set(kinds.values()))
    left_out = {key: NO_MAIL.format(handle=handle) for key, (handle, kind) in kinds.items() if (handle, kind) in off}
    return {
        key: replace(letter, state="cancelled", note=left_out[key]) if key in left_out else letter
        for key, letter in letters.items()
    }


def _kind(playbook: str, order: MailOrder) -> Kind | None:
    if order.kind == MENTIONED:
        return "mention"
    return "breach" if order.kind in _escalations(PLAYBOOKS[playbook]) else None


def _escalations(playbook: Playbook) -> set[str]:
    return {stage.target.escalation for stage in playbook.stages if stage.target}
