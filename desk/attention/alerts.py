"""Attention items from alerts to the team, from mails and from rows: calls for help, missing facts, undelivered mails,
and what partners have to be told of contacts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.item import Action, AttentionItem, deduplicated, form_address
from desk.labels import report_title
from desk.returned_mail import MAIL_SERVER
from playbooks.engine.facts import FactKey
from playbooks.engine.listed import Row, ToTell
from playbooks.engine.mail_commands import RIGHT_AGAIN
from playbooks.engine.model import CLOCK, Playbook, keyed_title, role_phrase
from playbooks.engine.onboarding import CONTACT_PREFIX, Entry
from playbooks.engine.practice_commands import AFTER_ALL, ANOTHER_ADDRESS, PRACTICE_SAID
from playbooks.registry import PLAYBOOKS
from store.accounts import accounts
from store.journal.alerts import Alert, alerts
from store.journal.listing import Filter, list_onboardings
from store.mail.held import HeldMail, held
from store.mail.undelivered import TroubledMail, troubled

_ENDINGS = ("asks for help", "is not the right person", "has not received it", ANOTHER_ADDRESS)
CORRECT_PRIMARY = "Correct the primary contact"
MOST = 100
"""Undelivered mails are counted up to here."""


async def alert_items(engine: AsyncEngine, of: Collection[str] | None = None) -> tuple[AttentionItem, ...]:
    """Returns calls for help, missing facts, and what partners have to be told, without assignees; of all onboardings,
    or of those with these IDs."""
    lacking = (rule.kind for book in PLAYBOOKS.values() for rule in book.mail_rules if rule.lacking)
    found = await alerts(engine, [PRACTICE_SAID, *lacking], of=of)
    handles = {each.handle for each in await accounts.everybody(engine)} if found else set()
    untold = await list_onboardings(engine, Filter(to_tell=True, ids=of), limit=MOST)
    items = (item for alert in found for item in (*_calls(alert, handles), *_missing(alert)))
    return deduplicated((*items, *(item for row in untold for item in _to_tell(row))))


async def mail_items(engine: AsyncEngine, of: Collection[str] | None = None) -> tuple[AttentionItem, ...]:
    """Returns mails that did not arrive, or may not have, newest first and without assignees."""
    return deduplicated(map(_mail, await troubled(engine, limit=MOST, of=of)))


async def held_items(engine: AsyncEngine, practice: str | None = None) -> tuple[AttentionItem, ...]:
    """Returns the mails that wait for a person, of all practices or of one: also of an onboarding that is closed."""
    return tuple(map(_held, await held(engine, limit=MOST, of=None if practice is None else [practice])))


def _held(mail: HeldMail) -> AttentionItem:
    kind, to = mail.kind.replace("_", " "), mail.to_email or f"the {role_phrase(mail.role)}"
    return AttentionItem(
        kind="held",
        id=mail.onboarding,
        practice=mail.practice,
        practice_name=mail.practice_name,
        why="Mail held",
        tone="warn",
        text=f"{kind[:1].upper()}{kind[1:]}, to {to}, waits. Meanwhile the {role_phrase(mail.role)} gets no reminders.",
        todo=f"Send the mail “{kind}” to {to}, or drop it.",
        actions=(
            Action("Send it", form_address(mail.onboarding, "commands/send_held", mail=mail.key)),
            Action("Drop it", form_address(mail.onboarding, "commands/drop_held", mail=mail.key)),
        ),
        assignee=mail.assignee,
        since=mail.created_at,
    )


def mail_actions(mail: TroubledMail) -> tuple[Action, ...]:
    """Returns what can be done about a mail that did not arrive; what mends it first."""
    again = Action("Send it again", form_address(mail.onboarding, "commands/resend", mail=mail.key), leads=True)
    if mail.state == "unknown" or mail.remedy in ("again", "ours"):
        return (again,)
    if mail.role == "primary_contact":
        return (Action(CORRECT_PRIMARY, form_address(mail.onboarding, "commands/correct_contact"), leads=True),)
    book = PLAYBOOKS.get(mail.onboarding.partition("/")[0])
    named = next((fact for fact in book.facts if fact.contact == mail.role), None) if book else None
    if named:
        form = form_address(mail.onboarding, f"facts/{named.name}", mail=mail.key)
        title = "Correct the address" if named.per else report_title(named, on_record=True)
        return (Action(title, form, leads=True), replace(again, leads=False))
    return (again,)


def _what_mends(actions: tuple[Action, ...], kind: str, to: str, address: str) -> str:
    """Returns in a sentence what a mail's `actions` do."""
    if len(actions) > 1:
        return f"Correct the address {address}, or send the {kind} again."
    if "/resend" in actions[0].address:
        return f"Send the {kind} to {to} again."
    return f"Correct the address {address}; the {kind} then goes out again."


def _mail(mail: TroubledMail) -> AttentionItem:
    actions = mail_actions(mail)
    kind, to = mail.kind.replace("_", " "), mail.to_email or f"the {mail.role.replace('_', ' ')}"
    reason = "; ".join(each for each in (mail.error, mail.note) if each) or "The reason is not known."
    return AttentionItem(
        kind="mail",
        id=mail.onboarding,
        practice=mail.onboarding.partition("/")[2],
        practice_name=mail.practice_name,
        why="Mail may not have arrived" if mail.state == "unknown" else "Mail did not arrive",
        tone="bad",
        text=f"{kind[:1].upper()}{kind[1:]} to {to}: {reason}",
        todo=_what_mends(actions, kind, to, mail.to_email or f"of {to}"),
        actions=actions,
        since=mail.created_at,
    )


def _missing(alert: Alert) -> Iterator[AttentionItem]:
    """Yields the item if the fact is still missing and the other one still on record."""
    book = PLAYBOOKS.get(alert.onboarding.partition("/")[0])
    rule = next((each for each in book.mail_rules if each.kind == alert.kind), None) if book else None
    if book is None or rule is None or rule.lacking is None:
        return
    reported = _reported(book, alert.lines)
    facts = {each for name, _ in reported for each in (name, *book.implied(name))}
    if rule.on not in facts or rule.lacking in facts:
        return
    there, lacks = book.fact(rule.on).title, book.fact(rule.lacking).title
    # What is only implied is taken back with the reports that imply it.
    causes = {
        keyed_title(book.fact(name).title, of): form_address(alert.onboarding, "commands/retract", fact=name, of=of)
        for name, of in reported
        if rule.on in (name, *book.implied(name)) and book.fact(name).reported_by != CLOCK
    }
    back = f"; or, if that is wrong, take back: {' and '.join(causes)}" if causes else ""
    yield AttentionItem(
        kind="missing",
        id=alert.onboarding,
        practice=alert.onboarding.partition("/")[2],
        practice_name=alert.practice_name,
        why="Record incomplete",
        tone="bad",
        text=f"{there}, but this is not on record: {lacks}.",
        todo=f"Record what is missing: {lacks}{back}.",
        actions=(
            Action(f"Show the form: {lacks}", form_address(alert.onboarding, f"facts/{rule.lacking}")),
            *(Action(f"Take back: {title}", address) for title, address in causes.items()),
        ),
        since=alert.created_at,
    )


def _to_tell(row: Row) -> Iterator[AttentionItem]:
    """Yields an item for each contact of whom the partner has to be told, by us or on its own form by the practice."""
    book = PLAYBOOKS.get(row.playbook)
    if book is None or book.knowledge.told is None:
        return
    for each in row.to_tell:
        untold = ToTell(**each)
        told = {"contact": untold.contact, "email": untold.email}
        by_practice = bool(untold.whom_email)
        yield AttentionItem(
            kind="named" if by_practice else "partner",
            id=row.id,
            practice=row.practice,
            practice_name=row.practice_name,
            why="Ask the practice" if by_practice else f"Tell {book.partner}",
            tone="warn",
            text=untold.matter,
            todo=untold.todo,
            asks=untold.whom or None,
            asks_email=untold.whom_email,
            actions=(Action("Done", form_address(row.id, f"facts/{book.knowledge.told}"), leads=True, data=told),),
        )


def _calls(alert: Alert, handles: Collection[str]) -> Iterator[AttentionItem]:
    """Yields an item for each request of a contact that is open."""
    if alert.kind != PRACTICE_SAID:
        return
    for line in alert.lines:
        if (line.kind, line.name) == ("command", "tell"):
            later = [other for other in alert.lines if other.number > line.number]
            if line.data.get("reply") == "declined":
                yield from _decline(alert, line, later)
            elif not (is_superseded(line, later) or any(other.by in handles for other in later)):
                note = Action("Record an answer", form_address(alert.onboarding, "commands/note"))
                yield _call(alert, line, what_to_answer(line), note)


def asked_by(line: Entry) -> str:
    """Returns who asked for something: contacts by their name, which begins the text of what they ask on their page."""
    if not line.by.startswith(CONTACT_PREFIX):
        return line.by
    name = next((line.text.partition(f" {ending}")[0] for ending in _ENDINGS if f" {ending}" in line.text), None)
    return name or line.by.removeprefix(CONTACT_PREFIX).replace("_", " ").title()


def asked_text(line: Entry) -> str:
    """Returns who asked for what, in a few words."""
    who = asked_by(line)
    return line.text if line.text.startswith(who) else f"{who}: {line.text}"


def what_to_answer(line: Entry) -> str:
    """Returns what to do about a request."""
    if line.by == MAIL_SERVER:
        return "Call the recipient, ask whether they want our mails, and record the answer."
    return f"Answer {asked_by(line)}, and record the answer."


def is_superseded(line: Entry, later: Iterable[Entry]) -> bool:
    """Returns whether a request needs no answer: of several new addresses only the last one does."""
    if line.text.endswith(AFTER_ALL):
        return True
    return line.text.rstrip(".").endswith(ANOTHER_ADDRESS) and any(
        (other.name, other.by, other.text) == (line.name, line.by, line.text) for other in later
    )


def _decline(alert: Alert, line: Entry, later: Iterable[Entry]) -> Iterator[AttentionItem]:
    """Yields the item for a contact who is not the right person, until another is on record."""
    role = line.data.get("role", "")
    book = PLAYBOOKS.get(alert.onboarding.partition("/")[0])
    named = next((fact for fact in book.facts if fact.contact == role), None) if book else None
    settled = ("fact", named.name) if named else ("command", "correct_contact")
    if any((other.kind, other.name) == settled or other.text.endswith(RIGHT_AGAIN) for other in later):
        return
    if named:
        record = Action(f"Show the form: {named.title}", form_address(alert.onboarding, f"facts/{named.name}"))
        todo = f"Find out who the {role_phrase(role)} is now, and record it. We have also asked the primary contact."
        yield _call(alert, line, todo, record)
    else:
        correct = Action(CORRECT_PRIMARY, form_address(alert.onboarding, "commands/correct_contact"))
        todo = f"Ask the practice who the {role_phrase(role)} is, and correct the contact."
        yield _call(alert, line, todo, correct)


def _call(alert: Alert, line: Entry, todo: str, action: Action) -> AttentionItem:
    return AttentionItem(
        kind="call",
        id=alert.onboarding,
        practice=alert.onboarding.partition("/")[2],
        practice_name=alert.practice_name,
        why="Asked for something",
        tone="bad",
        text=asked_text(line),
        todo=todo,
        actions=(action,),
        since=line.at,
        quote=line.why or "",
    )


def _reported(book: Playbook, lines: Iterable[Entry]) -> list[FactKey]:
    """Returns the facts whose reports were not taken back."""
    reported: list[FactKey] = []
    for line in lines:
        if line.kind == "fact":
            reported.append((line.name, book.fact(line.name).key_of(line.data)))
        elif line.kind == "command" and line.name == "retract":
            name, of = line.data.get("fact"), line.data.get("of")
            if gone := next((each for each in reported if each[0] == name and of in (None, each[1])), None):
                reported.remove(gone)
    return list(dict.fromkeys(reported))
