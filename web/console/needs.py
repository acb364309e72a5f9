"""What needs a person, with the action at hand: mails that did not arrive, data without a EULA, calls for help,
what is overdue, and events of others that fit nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pharmacy import accounts
from pharmacy.alerts import Alert, alerts, unrecorded
from pharmacy.attention import TroubledMail, troubled, troubled_count
from pharmacy.journal import Row, listing
from pharmacy.records.everywhere import stopped
from pharmacy.rows import Line
from playbooks.commands import TOLD
from playbooks.model import Message, Playbook, Stage
from playbooks.registry import PLAYBOOKS
from web.console.filters import Filters
from web.console.tiles import tiles
from web.pages import page
from web.people import Viewer
from web.services import Services, Web

router = APIRouter(prefix="/needs")

SHOWN = 25
LATELY = timedelta(days=14)
BACK = "back=/needs"


@dataclass(frozen=True)
class Action:
    """A link to the form by which something is put right."""

    title: str
    address: str


@dataclass(frozen=True)
class Need:
    """One thing to see to, and in `todo` how. `quote` is what somebody said in their own words."""

    id: str
    practice_name: str
    text: str
    todo: str
    actions: tuple[Action, ...]
    quote: str = ""


@dataclass(frozen=True)
class Told:
    """What the team was written to about and has not seen to: what practices asked for, and what is missing."""

    calls: tuple[Need, ...]
    anomalies: tuple[Need, ...]


@dataclass(frozen=True)
class Late:
    """An onboarding that is overdue, and what is to be done about it."""

    row: Row
    chase: str
    actions: tuple[Action, ...]


@router.get("")
async def needs(request: Request, web: Web, person: Viewer) -> Response:
    mails = await troubled(web.database, limit=SHOWN)
    told = await unseen(web)
    figures = tiles(await web.pulse.groups(), Filters(), person.handle)
    return await page(
        request,
        "console/needs.html",
        part="needs",
        mails=[(mail, mail_actions(mail)) for mail in mails],
        mail_count=await troubled_count(web.database),
        anomalies=told.anomalies,
        calls=told.calls,
        feeds=await stopped(web.database, SHOWN),
        late=await _late(web),
        overdue=figures.overdue,
        events=await unrecorded(web.database, within=LATELY),
    )


async def unseen(web: Services) -> Told:
    """As of now."""
    told = await alerts(web.database, [TOLD, *_lacking()])
    handles = {each.handle for each in await accounts.everybody(web.database)} if told else set()
    return Told(
        calls=tuple(need for alert in told if (need := _call(alert, handles))),
        anomalies=tuple(need for alert in told if (need := _anomaly(alert))),
    )


async def _late(web: Web) -> list[tuple[str, list[Late]]]:
    """Those that are overdue longest, by whose turn it is: ours first."""
    rows = await listing(web.database, sla="breached", limit=SHOWN)
    order = [party.name for book in PLAYBOOKS.values() for party in book.parties]
    rows.sort(key=lambda row: order.index(row.waiting_on) if row.waiting_on in order else len(order))
    return [
        (title or "Nobody", [_overdue(row) for row in theirs])
        for title, theirs in groupby(rows, key=lambda row: row.waiting_on_title)
    ]


def _overdue(row: Row) -> Late:
    stage = _stage(row)
    if stage is None:
        return Late(row, "", ())
    book = PLAYBOOKS[row.playbook]
    facts = [Action(f"Record: {book.fact(name).title}", _form(row.id, f"facts/{name}")) for name in stage.until]
    return Late(row, stage.chase, (*facts, Action("Move the deadline", _form(row.id, "commands/extend"))))


def _stage(row: Row) -> Stage | None:
    book = PLAYBOOKS.get(row.playbook)
    return next((stage for stage in book.stages if stage.name == row.stage), None) if book else None


def mail_actions(mail: TroubledMail) -> tuple[Action, ...]:
    """By what a mail that did not arrive is put right."""
    again = Action("Send it again", _form(mail.onboarding, "commands/resend"))
    if mail.state == "unknown":
        return (again,)
    if mail.role == "primary_contact":
        return (Action("Correct the address", _form(mail.onboarding, "commands/correct_contact")),)
    book = PLAYBOOKS.get(mail.onboarding.partition("/")[0])
    named = next((fact.name for fact in book.facts if fact.contact == mail.role), None) if book else None
    if named:
        return (Action("Correct the address", _form(mail.onboarding, f"facts/{named}")), again)
    return (again,)


def _lacking() -> list[str]:
    """The kinds of mail by which the team is told that something is on record while something else is missing."""
    return [message.kind for book in PLAYBOOKS.values() for message in book.messages if message.lacking]


def _anomaly(alert: Alert) -> Need | None:
    """What is still missing; None if it is not any more, or what it is missing for was taken back."""
    book = PLAYBOOKS.get(alert.onboarding.partition("/")[0])
    message = next((each for each in book.messages if each.kind == alert.kind), None) if book else None
    if book is None or message is None or message.lacking is None:
        return None
    counting = _counting(alert.lines)
    known = {*counting, *(implied for name in counting for implied in book.implied(name))}
    if message.on not in known or message.lacking in known:
        return None
    todo = f"Record what is missing: {book.fact(message.lacking).title}; or take back: {book.fact(message.on).title}."
    said, actions = _sentence(book, message), _anomaly_actions(alert, message)
    return Need(alert.onboarding, alert.practice_name, said, todo, actions)


def _sentence(book: Playbook, message: Message) -> str:
    assert message.lacking is not None
    return f"{book.fact(message.on).title}, while this is not on record: {book.fact(message.lacking).title}."


def _anomaly_actions(alert: Alert, message: Message) -> tuple[Action, ...]:
    return (
        Action("Record what is missing", _form(alert.onboarding, f"facts/{message.lacking}")),
        Action("Take back the fact", _form(alert.onboarding, "commands/retract")),
    )


def _call(alert: Alert, handles: Iterable[str]) -> Need | None:
    """What somebody at the practice said; None once one of us has done something there since."""
    if alert.kind != TOLD:
        return None
    said = [line for line in alert.lines if line.kind == "command" and line.name == "tell"]
    if not said or any(line.number > said[-1].number and line.by in set(handles) for line in alert.lines):
        return None
    actions = (Action("Note what was answered", _form(alert.onboarding, "commands/note")),)
    who = f"{said[-1].by}: {said[-1].text}"
    todo = f"Answer {said[-1].by}, and note what was answered."
    return Need(alert.onboarding, alert.practice_name, who, todo, actions, said[-1].why or "")


def _counting(lines: Iterable[Line]) -> set[str]:
    """The facts that were reported and not taken back since."""
    counting: list[str] = []
    for line in lines:
        if line.kind == "fact":
            counting.append(line.name)
        elif line.kind == "command" and line.name == "retract" and line.data.get("fact") in counting:
            counting.remove(line.data["fact"])
    return set(counting)


def _form(identity: str, which: str) -> str:
    return f"/onboardings/{identity}/{which}?{BACK}"
