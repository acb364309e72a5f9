"""The page of differences between a practice's data and ours, which people decide one by one or together (DP13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records import differences, owner_links
from pharmacy.records.clients import client_names, load_client, phones_without_email
from pharmacy.records.difference_queries import count_by_rule, decided_differences, fingerprint, open_differences
from pharmacy.records.difference_undo import undo_decision
from pharmacy.records.differences import Difference
from pharmacy.records.errors import RecordsError
from playbooks.plural import count_of
from store.accounts.people import Person
from templates.filters import national
from web.authorization import Specialist, Viewer
from web.console.commands import reason_in
from web.console.data import Practice, PracticeHeader
from web.pages import by_htmx, go, page
from web.services import Services, Web

router = APIRouter(prefix="/practices/{practice}/differences")

PAGE = 50
DECIDED = 30
MAX_DECISIONS = 200
"""How many differences can be decided at once."""
ASKABLE = ("name", "address", "phone")
"""The fields that an owner can be asked; staff decide the others."""

Chosen = Annotated[list[str], Form()]
Text = Annotated[str, Form()]


@dataclass(frozen=True)
class Invitation:
    """A link by which an owner is asked the values `asked`. It is shown once."""

    client: str
    name: str
    email: str | None
    phone: str | None
    address: str
    asked: tuple[str, ...]

    @property
    def letter(self) -> str:
        fields = " and ".join(self.asked)
        return (
            f"Hello {self.name},\n\nyour clinic's records have another {fields} for you than we do. "
            f"Which one is right? Please tell us here:\n\n{self.address}\n\n"
            f"The link is for you alone and works for {owner_links.VALID_DAYS} days."
        )


@router.get("")
async def listed(
    request: Request, web: Web, person: Viewer, practice: Practice, after: int = 0, of: str = "", choose: int = 0
) -> Response:
    """The open differences behind number `after`, of one field with `of`; that with the number `choose` is chosen."""
    return await _listed(request, web, practice, after=after, of=of, choose=choose)


@router.post("")
async def decide(
    request: Request,
    web: Web,
    person: Specialist,
    practice: Practice,
    decision: Text = "",
    why: Text = "",
    sure: Text = "",
    of: Text = "",
    after: Annotated[int, Form()] = 0,
    id: Chosen = [],  # noqa: B006 - FastAPI makes a new one for each request
) -> Response:
    """Applies one decision to the chosen differences, except those that were changed or decided meanwhile.

    Taking theirs is asked once more where a client or a pet would become somebody else. What is decided in its own row
    (by htmx) is answered there; else the list of the same field (`of`) is shown again. What is asked in between leads
    back to the page of the list, behind number `after`, that the form was on.
    """
    in_place = by_htmx(request) and len(id) == 1
    why = reason_in(why)
    at: dict[str, Any] = {"of": of, "after": after}
    try:
        if decision not in ("theirs", "ours", "ask"):
            raise RecordsError("Choose what to do: take theirs, keep ours, or ask the owner.")
        if not id:
            raise RecordsError("Choose at least one difference in the list.")
    except RecordsError as problem:
        if in_place:
            return await _row(request, web, practice, id[0], problem=str(problem), why=why, **at)
        return await _listed(request, web, practice, problem=str(problem), chosen=id, why=why, **at)
    if decision == "theirs" and sure != "yes" and (others := await _identifying(web, practice, id)):
        if in_place:
            return await _row(request, web, practice, id[0], sure=True, why=why, **at)
        return await page(
            request,
            "console/data_differences_sure.html",
            practice=practice,
            changes=others,
            names=await _names(web, practice, others),
            chosen=id[:MAX_DECISIONS],
            why=why,
            back=_list_address(practice, of, after, others[0]),
            **at,
        )
    reason = why or None
    done: list[Difference] = []
    refused: list[tuple[str, str]] = []
    new_needed = 0
    for each in id[:MAX_DECISIONS]:
        try:
            found = await _load_unchanged(web, practice, each)
            match decision:
                case "theirs":
                    new_needed += len(
                        await differences.take_theirs(
                            web.database, practice.id, found.number, person.handle, reason, found
                        )
                    )
                case "ours":
                    await differences.keep_ours(web.database, practice.id, found.number, person.handle, reason, found)
                case _:
                    await _refuse_unaskable(web, found)
                    await differences.ask_owner(web.database, practice.id, found.number, person.handle, reason)
            done.append(found)
        except RecordsError as problem:
            refused.append((each, str(problem)))
    if decision == "ask" and done:
        invitations = await _invitations(request, web, practice, person, done)
        return await page(
            request,
            "console/data_asked.html",
            practice=practice,
            invitations=invitations,
            refused=_sentences(refused),
            back=(_list_address(practice, of, after, done[0]), "the differences"),
        )
    count = count_of(len(done), "difference")
    sentences = [f"{count} settled: {'theirs taken' if decision == 'theirs' else 'ours kept'}."] if done else []
    if new_needed:
        need = "prescription needs" if new_needed == 1 else "prescriptions need"
        sentences.append(f"{new_needed} open {need} a new one under the pet's new name.")
    if in_place:
        refusal = " ".join(_sentences(refused)) or None
        return await _row(request, web, practice, id[0], told=" ".join(sentences[1:]), problem=refusal, why=why, **at)
    sentences += _sentences(refused)
    # Its own fragment, or the browser would keep that of the form, which is below the list.
    return go(request, f"{_list_address(practice, of)}#main", " ".join(sentences), "good" if done else "problem")


@router.post("/{number}/back")
async def take_back(
    request: Request, web: Web, person: Specialist, practice: Practice, number: int, decided: Text = "", of: Text = ""
) -> Response:
    """Takes back the decision that was made at the time `decided`."""
    home = _list_address(practice, of)
    try:
        if not 0 < number < 2**62:
            raise RecordsError("Choose a decision in the list.")
        found = await undo_decision(web.database, practice.id, number, _time(decided), person.handle)
        if by_htmx(request):
            return await _row(request, web, practice, str(number))
    except RecordsError as problem:
        if by_htmx(request):
            return await _row(request, web, practice, str(number), problem=str(problem))
        return go(request, home, str(problem), "problem")
    change = f" It is {found.old_in_words} again." if found.state == "taken" else ""
    return go(request, home, f"Taken back: the decision about {found.name}'s {found.rule.title}.{change}")


def _list_address(practice: PracticeHeader, of: str, after: int = 0, at: Difference | None = None) -> str:
    """Returns the address of the list as somebody left it, and of the row `at` in it."""
    row = f"#d-{at.number}" if at else ""
    return f"/practices/{practice.id}/differences?{urlencode({'of': of, 'after': after})}{row}"


def _time(given: str) -> datetime:
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise RecordsError("Choose a decision in the list.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


async def _identifying(web: Services, practice: PracticeHeader, chosen: list[str]) -> list[Difference]:
    """Returns those of the chosen differences that tell a client or a pet apart, and can be decided."""
    found = []
    for each in chosen[:MAX_DECISIONS]:
        with suppress(RecordsError):
            found.append(await _load_unchanged(web, practice, each))
    return [each for each in found if each.rule.identifies and each.is_open]


async def _names(web: Services, practice: PracticeHeader, found: Iterable[Difference]) -> dict[str, str]:
    """Returns the names of the clients who are values of these differences: pets' owners, namesakes with the ID."""
    values = [value for each in found if each.field == "owner" for value in (each.ours, each.theirs, each.old)]
    if not values:
        return {}
    names = await client_names(web.database, practice.id, [each["client"] for each in values])
    return tell_namesakes_apart(names)


def tell_namesakes_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Returns the names by ID, with the ID where several have one name."""
    counts = Counter(name.casefold() for name in names.values())
    return {id: name if counts[name.casefold()] == 1 else f"{name} ({id})" for id, name in names.items()}


async def _to_call(web: Services, found: Sequence[Difference]) -> dict[str, str | None]:
    """Returns the telephone numbers of the clients to whom no link can be sent, by ID."""
    clients = [each.id for each in found if each.kind == "client"]
    return await phones_without_email(web.database, found[0].practice, clients) if clients else {}


async def _refuse_unaskable(web: Services, found: Difference) -> None:
    if found.kind != "client" or found.field not in ASKABLE:
        raise RecordsError(f"{found.name}'s {found.rule.title} is for staff to decide: ask the owner by phone.")
    to_call = await _to_call(web, [found])
    if found.id in to_call:
        phone = to_call[found.id]
        reach = f"Call {national(phone)} and ask" if phone else "Ask the practice"
        raise RecordsError(
            f"We have no e-mail address of {found.name} for a link. {reach} which {found.rule.title} is right, then"
            " decide here."
        )


async def _load_unchanged(web: Services, practice: PracticeHeader, chosen: str) -> Difference:
    """Returns the chosen difference. Raises `RecordsError` if it has changed since it was shown."""
    found = await _load(web, practice, chosen)
    _, _, shown = chosen.partition("-")
    if fingerprint(found) != shown:
        raise RecordsError(f"{found.name}'s {found.rule.title} has changed since you looked; look at it again.")
    return found


async def _load(web: Services, practice: PracticeHeader, chosen: str) -> Difference:
    number = chosen.partition("-")[0]
    if not (number.isdecimal() and len(number) < 18):
        raise RecordsError("Choose differences in the list.")
    return await differences.load_difference(web.database, practice.id, int(number))


async def _invitations(
    request: Request, web: Services, practice: PracticeHeader, person: Person, asked: list[Difference]
) -> list[Invitation]:
    by_client: dict[str, Invitation] = {}
    for each in asked:
        if each.id not in by_client:
            by_client[each.id] = await invitation(request, web, practice, person, each.id)
        by_client[each.id] = replace(by_client[each.id], asked=(*by_client[each.id].asked, each.rule.title))
    return list(by_client.values())


async def invitation(request: Request, web: Services, practice: PracticeHeader, person: Person, id: str) -> Invitation:
    """Creates a link for an owner. Raises `NoSuchRecord`."""
    found = await load_client(web.database, practice.id, id)
    email, phone = found.values["email"], found.values["phone"]
    secret = await owner_links.issue_link(web.database, practice.id, id, email, person.handle)
    start = web.settings.public_url or str(request.base_url).rstrip("/")
    return Invitation(id, found.name, email, phone, f"{start}{owner_links.PATH}{secret}", ())


def _sentences(refused: list[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(sentence for _, sentence in refused))


async def _row(request: Request, web: Services, practice: PracticeHeader, chosen: str, **answer: Any) -> Response:
    """The row of one difference as it stands now, with the answer to what was asked about it, and the new counts."""
    one = await _load(web, practice, chosen)
    counted = dict(await count_by_rule(web.database, practice.id))
    waiting = sum(counted.values())
    fresh = {"differing": waiting, "to-decide": waiting, f"of-{one.kind}-{one.field}": counted.get(one.rule, 0)}
    given = {**_ROW, **answer, "practice": practice, "one": one, "names": await _names(web, practice, [one])}
    given |= {"fresh": fresh, "to_call": await _to_call(web, [one])}
    return await page(request, "console/difference_row.html", **given)


async def _listed(
    request: Request,
    web: Services,
    practice: PracticeHeader,
    *,
    after: int = 0,
    of: str = "",
    problem: str | None = None,
    chosen: list[str] | None = None,
    choose: int = 0,
    why: str = "",
) -> Response:
    counted = await count_by_rule(web.database, practice.id)
    only = next((each for each, _ in counted if f"{each.kind}-{each.field}" == of), None)
    after = min(max(0, after), 2**62)
    found = await open_differences(web.database, practice.id, after, PAGE + 1, only)
    decided = await decided_differences(web.database, practice.id, DECIDED)
    return await page(
        request,
        "console/data_differences.html",
        status=422 if problem else 200,
        practice=practice,
        waiting=found[:PAGE],
        more=found[PAGE - 1].number if len(found) > PAGE else None,
        only=only,
        counts=counted,
        names=await _names(web, practice, [*found, *decided]),
        to_call=await _to_call(web, found),
        decided=decided,
        **{**_ROW, "of": of, "after": after, "problem": problem, "chosen": chosen or [], "choose": choose, "why": why},
    )


def mark_other_words(one: str, other: str) -> list[tuple[str, bool]]:
    """Returns the words of a value, each with whether the other value lacks it."""
    there = {word.strip(",").casefold() for word in other.split()}
    return [(word, word.strip(",").casefold() not in there) for word in one.split()]


_ROW: dict[str, Any] = {
    "mark": fingerprint,
    "words": mark_other_words,
    "askable": ASKABLE,
    "problem": None,
    "told": "",
    "sure": False,
    "why": "",
    "chosen": (),
    "choose": 0,
    "of": "",
    "after": 0,
    "fresh": {},
}
"""What a row of the list is made of, unless said otherwise."""
