"""Attention items from what contacts of connected practices asked for, until it is answered.

Without a feed there is no journal any more in which the answer could be noted: those are shown for `SHOWN_DAYS`.
While an onboarding is open, `desk.attention.alerts` has them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.alerts import asked_by, asked_text, is_superseded, what_to_answer
from desk.attention.data import CONNECTED
from desk.attention.item import Action, AttentionItem, deduplicated
from integrations.registry import BRINGS_DATA
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.onboarding import Entry
from playbooks.engine.practice_commands import PRACTICE_SAID
from playbooks.registry import PLAYBOOKS
from store.accounts import accounts
from store.journal.requests import CompleteOnboarding, ConnectedPractice, complete_onboardings, connected_practices

SHOWN_DAYS = 30


async def request_items(engine: AsyncEngine, practice: str | None = None) -> tuple[AttentionItem, ...]:
    """Returns the open requests of all connected practices, or of one."""
    found = await connected_practices(engine, list(PLAYBOOKS), PRACTICE_SAID, practice)
    others = [name for name in PLAYBOOKS if name not in CONNECTED]
    since = datetime.now(UTC) - timedelta(days=SHOWN_DAYS)
    closed = await complete_onboardings(engine, others, PRACTICE_SAID, since, practice)
    handles = {each.handle for each in await accounts.everybody(engine)} if found or closed else set()
    asked: list[ConnectedPractice | CompleteOnboarding] = [*found, *closed]
    return deduplicated(item for each in asked for item in _open_requests(each, handles))


def _open_requests(at: ConnectedPractice | CompleteOnboarding, handles: Collection[str]) -> Iterator[AttentionItem]:
    for position, line in enumerate(at.lines):
        reply, role = line.data.get("reply"), line.data.get("role")
        if line.kind != "command" or line.name not in ("tell", "told") or reply == "not_received":
            # What had not arrived while the practice was being connected is needed no more.
            continue
        later = at.lines[position + 1 :]
        named = reply == "declined" and any(_names(other, role) for other in later)
        if named or is_superseded(line, later) or any(other.by in handles for other in later):
            continue
        id, todo = BRINGS_DATA.onboarding(at.practice), what_to_answer(line)
        actions: tuple[Action, ...] = (Action("Record an answer", f"/practices/{at.practice}/data#answered"),)
        if reply == "declined":
            todo = (
                f"Find out who the {role_phrase(role or '')} is now, change the feed's contact, and record the answer."
            )
        if isinstance(at, CompleteOnboarding):
            id, todo, actions = at.id, f"Answer {asked_by(line)}; this is listed for {SHOWN_DAYS} days.", ()
        yield AttentionItem(
            kind="call",
            id=id,
            practice=at.practice,
            practice_name=at.practice_name,
            why="Asked for something",
            tone="bad",
            text=asked_text(line),
            todo=todo,
            actions=actions,
            assignee=at.assignee,
            since=line.at,
            quote=line.why or "",
        )


def _names(line: Entry, role: str | None) -> bool:
    """Returns whether somebody was named for a role: in the feed's journal, or in an onboarding's."""
    if line.name in ("contact", "correct_contact"):
        return bool(line.data.get("role", Role.PRIMARY_CONTACT) == role)
    return line.kind == "fact" and any(
        fact.name == line.name and fact.contact == role for name in CONNECTED for fact in PLAYBOOKS[name].facts
    )
