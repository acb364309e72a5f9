"""What a practice says otherwise than we do, and what people decide about it: one by one, or several at once (DP13)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records import differences, owner_links
from pharmacy.records.clients import client_names, load_client
from pharmacy.records.difference_queries import count_by_rule, decided_differences, fingerprint, open_differences
from pharmacy.records.differences import Difference
from pharmacy.records.errors import RecordsError
from store.accounts.people import Person
from web.authorization import Specialist, Viewer
from web.console.data import Practice, PracticeHeader
from web.pages import go, page
from web.services import Services, Web

router = APIRouter(prefix="/practices/{practice}/differences")

SHOWN = 50
DECIDED = 30
MOST = 200
"""How many may be decided at once."""
ASKABLE = ("name", "address", "phone")
"""What can be asked of an owner, of what is held back; a pet's name is for staff."""

Chosen = Annotated[list[str], Form()]
Text = Annotated[str, Form()]


@dataclass(frozen=True)
class Invitation:
    """A link to be sent to an owner, who is asked these values. It is shown once."""

    client: str
    name: str
    email: str | None
    address: str
    asked: tuple[str, ...]

    @property
    def letter(self) -> str:
        """What may be written to the owner."""
        said = " and ".join(self.asked)
        return (
            f"Hello {self.name},\n\nyour clinic's records have another {said} for you than we do. "
            f"Which one is right? Please tell us here:\n\n{self.address}\n\n"
            f"The link is for you alone and works for {owner_links.VALID_DAYS} days."
        )


@router.get("")
async def listed(
    request: Request, web: Web, person: Viewer, practice: Practice, after: int = 0, of: str = ""
) -> Response:
    return await _listed(request, web, practice, after=min(max(0, after), 2**62), of=of)


@router.post("")
async def decide(
    request: Request,
    web: Web,
    person: Specialist,
    practice: Practice,
    decision: Text = "",
    why: Text = "",
    id: Chosen = [],  # noqa: B006 - FastAPI makes a new one for each request
) -> Response:
    """The same for all that are chosen. What has changed since it was shown, or was decided, is left out and told."""
    try:
        if decision not in ("theirs", "ours", "ask"):
            raise RecordsError("Choose what to do: take theirs, keep ours, or ask the owner.")
        if not id:
            raise RecordsError("Choose at least one difference in the list.")
        why = " ".join(why.replace("\0", "").split())[:1000]
        if not why and decision != "ask":
            raise RecordsError("Say why: the reason stays on record with your name.")
    except RecordsError as problem:
        return await _listed(request, web, practice, problem=str(problem), chosen=id)
    done: list[Difference] = []
    refused: list[tuple[str, str]] = []
    new_needed = 0
    for each in id[:MOST]:
        try:
            found = await _load_unchanged(web, practice, each)
            match decision:
                case "theirs":
                    new_needed += len(
                        await differences.take_theirs(
                            web.database, practice.id, found.number, person.handle, why, found
                        )
                    )
                case "ours":
                    await differences.keep_ours(web.database, practice.id, found.number, person.handle, why, found)
                case _:
                    _refuse_what_no_owner_decides(found)
                    await differences.ask_owner(web.database, practice.id, found.number, person.handle, why)
            done.append(found)
        except RecordsError as problem:
            refused.append((each, str(problem)))
    if decision == "ask" and done:
        invitations = await _invitations(request, web, practice, person, done)
        return await page(
            request, "console/data_asked.html", practice=practice, invitations=invitations, refused=_sentences(refused)
        )
    count = f"{len(done)} difference{'' if len(done) == 1 else 's'}"
    said = [f"{count} settled: {'theirs taken' if decision == 'theirs' else 'ours kept'}."] if done else []
    if new_needed:
        need = "prescription needs" if new_needed == 1 else "prescriptions need"
        said.append(f"{new_needed} open {need} a new one under the pet's new name.")
    said += _sentences(refused)
    return go(request, f"/practices/{practice.id}/differences", " ".join(said), "good" if done else "problem")


def _refuse_what_no_owner_decides(found: Difference) -> None:
    if found.kind != "client" or found.field not in ASKABLE:
        raise RecordsError(f"{found.name}'s {found.rule.title} is for staff to decide: ask the owner by phone.")


async def _load_unchanged(web: Services, practice: PracticeHeader, chosen: str) -> Difference:
    """The difference that somebody chose, as it was shown. Raises `RecordsProblem` if it is another by now."""
    number, _, seen = chosen.partition("-")
    if not (number.isdecimal() and len(number) < 18):
        raise RecordsError("Choose differences in the list.")
    found = await differences.load_difference(web.database, practice.id, int(number))
    if fingerprint(found) != seen:
        raise RecordsError(f"{found.name}'s {found.rule.title} has changed since you looked; look at it again.")
    return found


async def _invitations(
    request: Request, web: Services, practice: PracticeHeader, person: Person, asked: list[Difference]
) -> list[Invitation]:
    made: dict[str, Invitation] = {}
    for each in asked:
        if each.id not in made:
            made[each.id] = await invitation(request, web, practice, person, each.id)
        made[each.id] = replace(made[each.id], asked=(*made[each.id].asked, each.rule.title))
    return list(made.values())


async def invitation(request: Request, web: Services, practice: PracticeHeader, person: Person, id: str) -> Invitation:
    """A new link for an owner. Raises `NoSuchRecord`."""
    found = await load_client(web.database, practice.id, id)
    email = found.values["email"]
    secret = await owner_links.issue_link(web.database, practice.id, id, email, person.handle)
    start = web.settings.public_url or str(request.base_url).rstrip("/")
    return Invitation(id, found.name, email, f"{start}{owner_links.PATH}{secret}", ())


def _sentences(refused: list[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(said for _, said in refused))


async def _listed(
    request: Request,
    web: Services,
    practice: PracticeHeader,
    *,
    after: int = 0,
    of: str = "",
    problem: str | None = None,
    chosen: list[str] | None = None,
) -> Response:
    counted = await count_by_rule(web.database, practice.id)
    only = next((each for each, _ in counted if f"{each.kind}-{each.field}" == of), None)
    found = await open_differences(web.database, practice.id, after, SHOWN + 1, only)
    owners_of = [values["client"] for each in found if each.field == "owner" for values in (each.ours, each.theirs)]
    return await page(
        request,
        "console/data_differences.html",
        status=422 if problem else 200,
        practice=practice,
        waiting=found[:SHOWN],
        more=found[SHOWN - 1].number if len(found) > SHOWN else None,
        after=after,
        only=only,
        counts=counted,
        called=await client_names(web.database, practice.id, owners_of) if owners_of else {},
        decided=await decided_differences(web.database, practice.id, DECIDED),
        mark=fingerprint,
        words=words,
        problem=problem,
        chosen=chosen or [],
    )


def words(one: str, other: str) -> list[tuple[str, bool]]:
    """The words of a value, each with whether the other value lacks it."""
    known = {word.strip(",").casefold() for word in other.split()}
    return [(word, word.strip(",").casefold() not in known) for word in one.split()]
