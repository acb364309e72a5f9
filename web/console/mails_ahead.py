"""The mails that a report or a command would send, as they would be written: for a look before they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from activities.hand_over import HandOverMails
from activities.mail_rendering import handles_in, render_letter
from desk import preview
from desk.preview import Consequences
from desk.problem import DeskProblem
from playbooks.engine.fields import PARAGRAPH_LENGTH
from playbooks.engine.model import PHARMACY_ROLES, Role, keyed_title, role_phrase
from playbooks.engine.onboarding import Command, MailOrder, Report, Request
from playbooks.engine.transition import Refused
from store.accounts.deputies import readers
from store.mail.rows import Letter
from web.services import Services
from workflows.contracts import HandOverMail, State

HOLD, PARAGRAPH = "hold.", "paragraph."
"""Begin the names of a form's inputs for a mail; its kind follows."""


@dataclass(frozen=True)
class MailAhead:
    """One mail. `at` is when the clock sends it, None for at once. With `choices` it can be held, and a paragraph be
    added: `hold` and `paragraph` are what was chosen so far. `released`: it was held, and is sent now."""

    kind: str
    title: str
    role: str
    letter: Letter
    at: datetime | None = None
    choices: bool = False
    hold: bool = False
    paragraph: str = ""
    released: bool = False
    longest: int = PARAGRAPH_LENGTH

    @property
    def to(self) -> str:
        """`Dana Whitfield, primary contact, dana@riverside.example`."""
        return ", ".join(filter(None, (self.letter.to_name, self.role, self.letter.to_email)))


async def of_fact(
    web: Services, identity: str, fact: str, report: Report, state: State | None = None
) -> tuple[MailAhead, ...] | None:
    """Returns the mails of a fact; None while it cannot be recorded so, as nothing is filled in."""
    try:
        foreseen = await preview.of_fact(web.desk, identity, fact, report, state)
    except (DeskProblem, Refused):
        return None
    return await mails_of(web, identity, foreseen, report)


async def of_command(
    web: Services, identity: str, name: str, order: Command, state: State | None = None
) -> tuple[MailAhead, ...] | None:
    # The reason is written last, and no mail to the practice depends on it.
    order = order if order.why else order.model_copy(update={"why": "…"})
    try:
        foreseen = await preview.of_command(web.desk, identity, name, order, state)
    except (DeskProblem, Refused):
        return None
    if name == "reassign":
        return await of_hand_over(web, [identity], order)
    return await mails_of(web, identity, foreseen, order)


async def mails_of(
    web: Services, identity: str, foreseen: Consequences, chosen: Report | Command
) -> tuple[MailAhead, ...]:
    """Returns the foreseen mails as they would be written."""
    orders = [*foreseen.mails, *foreseen.due, *foreseen.later]
    handles = handles_in(orders)
    team = await readers(web.database, handles, orders[0].at) if handles else {}
    given, found = chosen.mail or {}, list[MailAhead]()
    for order in orders:
        choice, kinds = given.get(order.kind), {mail.kind for mail in found}
        found.append(
            MailAhead(
                kind=order.kind,
                title=keyed_title(order.kind.replace("_", " "), order.context.get("of")),
                role=role_phrase(order.to),
                letter=render_letter(order, web.settings, identity, None, team),
                at=order.at if order in foreseen.later else None,
                # What is chosen counts for all mails of a kind.
                choices=order in foreseen.mails and order.to not in PHARMACY_ROLES and order.kind not in kinds,
                hold=choice is not None and choice.hold,
                paragraph=order.context.get("paragraph") or "",
                released=order.released,
            )
        )
    return tuple(found)


def choices_from(form: Mapping[str, str], *, releases: bool = False) -> dict[str, dict[str, object]] | None:
    """Returns what a form chooses for the mails, by their kind; None for nothing.

    With `releases`, an empty paragraph counts too: it takes out the one that was there.
    """
    chosen: dict[str, dict[str, object]] = {}
    for name, typed in form.items():
        prefix = next((each for each in (HOLD, PARAGRAPH) if name.startswith(each)), None)
        if prefix and (typed.strip() or releases):
            field = prefix.removesuffix(".")
            value = typed == "yes" if field == "hold" else typed.strip() or None
            chosen.setdefault(name.removeprefix(prefix), {})[field] = value
    return chosen or None


async def of_hand_over(web: Services, identities: Sequence[str], order: Command) -> tuple[MailAhead, ...]:
    """Returns the mail to the colleague who takes over, unless that is who hands over."""
    now = datetime.now(UTC)
    asked = HandOverMail(
        id="", kind="handed_over", by=order.by, why=order.why or "", onboardings=tuple(identities), at=now
    )
    return await _to_colleague(web, order.assignee, asked)


async def of_start(web: Services, playbook: str, request: Request, by: str) -> tuple[MailAhead, ...] | None:
    """Returns the mails that go out as soon as such an onboarding is open; None if it cannot be started."""
    try:
        foreseen = preview.of_start(web.desk, playbook, request, by)
    except (DeskProblem, Refused):
        return None
    identity, now = f"{playbook}/{request.practice.id}", datetime.now(UTC)
    mails = await mails_of(web, identity, foreseen, Command(by=by))
    asked = HandOverMail(id="", kind="assigned", by=by, why="", onboardings=(identity,), at=now)
    practice = {"id": identity, "practice": foreseen.practice_name, "stage_title": foreseen.stage_title}
    # What is started at once cannot be held back.
    return *(replace(mail, choices=False) for mail in mails), *await _to_colleague(
        web, request.assignee, asked, practice
    )


async def _to_colleague(
    web: Services, receiver: str | None, asked: HandOverMail, practice: Mapping[str, str] | None = None
) -> tuple[MailAhead, ...]:
    """`practice` is the one that the mail is about, if it has no onboarding yet."""
    if receiver is None or receiver == asked.by:
        return ()
    now = asked.at
    context = await HandOverMails(web.database, web.settings).context(receiver, asked)
    if practice:
        context["practices"] = [practice]
    mail = MailOrder(key="", kind=asked.kind, to=Role.ASSIGNEE, handle=receiver, at=now, context=context)
    team = await readers(web.database, [receiver], now)
    letter = render_letter(mail, web.settings, None, None, team)
    return (MailAhead(asked.kind, asked.kind.replace("_", " "), "colleague", letter),)
