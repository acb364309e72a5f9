"""Record sharing on a practice's pages: asking for it, what would follow, confirming, and how each pair shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk import sharing, sharing_pairs
from desk.problem import AlreadyOpen, NotFound
from desk.sharing_preview import Consequences, show_preview
from integrations.record_sharing.authorization import same_owner
from pharmacy.reminders.gaps import Item
from pharmacy.sharing import shares
from pharmacy.sharing.tables import ShareMode
from playbooks.engine.onboarding import Contact
from playbooks.engine.transition import Refused
from store.accounts.clinics import clinic_names, list_clinics
from store.accounts.members import Member
from web.clinic.access import Entered, Manager, member_page
from web.clinic.once import go_once
from web.clinic.people import who_adds
from web.clinic.sentences import when_at
from web.console.choices import new_key
from web.pages import go
from web.problem import Problem, without_commands
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/clinic/{practice}/sharing")

Text = Annotated[str, Form()]
GONE = "The request is no longer open: somebody has withdrawn it, or sharing has begun. How it stands is below."
ASKED_ANEW = "Sharing has ended already, and somebody has asked for it again; that request stays open."


@router.get("")
async def show(request: Request, web: Web, member: Entered) -> Response:
    return await _page(request, web, member)


@router.post("/requests")
async def ask(
    request: Request, web: Web, member: Manager, clinics: Annotated[list[str] | None, Form()] = None
) -> Response:
    wanted = clinics or []
    if not wanted:
        return await _page(request, web, member, problem="Choose with which clinic.")

    async def act() -> tuple[str, str]:
        contact = Contact(name=member.name, email=member.email)
        await sharing.request(web.desk, member.clinic, wanted, member.person, contact)
        return _here(member), "It is asked for. Look at what would follow, then confirm for your clinic."

    try:
        return await go_once(request, web, member, act)
    except (Refused, AlreadyOpen) as refusal:
        return await _page(request, web, member, asked=wanted, problem=without_commands(str(refusal)))


@router.post("/confirm")
async def confirm(request: Request, web: Web, member: Manager, words: Text = "") -> Response:
    try:
        before = await sharing.confirm(web.desk, member, words)
    except NotFound:
        return go(request, _here(member), GONE, "notice")
    except (Refused, AlreadyOpen) as refusal:
        said, other_words = without_commands(str(refusal)), isinstance(refusal, sharing.OtherWords)
        return await _page(request, web, member, typed=words, problem=said, other_words=other_words)
    if before:
        at = when_at(member, before.at)
        said = f"{before.data['name']} has confirmed for {member.clinic_name} already, {at}; nothing has changed."
        return go(request, _here(member), said)
    begins = await sharing_pairs.begins_at(web.desk, await sharing_pairs.list_pairs(web.desk, member.clinic))
    when = (
        f"{when_at(member, begins)}, unless somebody withdraws" if begins else "a day after every clinic has confirmed"
    )
    said = f"Confirmed for {member.clinic_name}. Sharing begins {when}."
    return go(request, _here(member), said, link=await _to_confirm(request, web, member))


@router.post("/{other}/mode")
async def set_mode(request: Request, web: Web, member: Manager, other: str, mode: Text = "") -> Response:
    modes: dict[str, ShareMode] = {"automatic": "automatic", "manual": "manual"}
    if mode not in modes:
        raise Problem(422, "That cannot be taken", "Choose automatic or by hand.", code="invalid")
    await sharing_pairs.set_mode(web.desk, member, other, modes[mode])
    there = (await clinic_names(web.database, [other])).get(other, other)
    how = f"appear at {there} at once" if mode == "automatic" else f"are shared with {there} by hand"
    return go(request, _here(member), f"From now on, clients who are added here {how}.")


@router.post("/{other}/remove")
async def remove(request: Request, web: Web, member: Manager, other: str, what: Text = "sharing") -> Response:
    """`what` is "request" if the page showed one, else "sharing": the other, which came later, does not end by it."""
    try:
        share = await sharing_pairs.find_pair(web.desk, member.clinic, other)
    except NotFound:
        share = None
    if share is None or (what == "request" and not share.pending):
        return await _is_gone(request, web, member, other)
    if what == "sharing" and share.pending:
        return go(request, _here(member), ASKED_ANEW, "notice")
    if share.state == "removed":
        by = await sharing_pairs.ended_by(web.desk, share)
        who = f", by {by}" if by else ""
        said = f"Sharing has ended already{who}, {when_at(member, share.since)}; nothing has changed."
        return go(request, _here(member), said)
    await sharing_pairs.remove(web.desk, member, other)
    done = (
        "The request is withdrawn, and nothing is shared by it."
        if share.pending
        else "New clients are no longer shared. Those that were shared keep updating at both clinics."
    )
    return go(request, _here(member), done)


async def _is_gone(request: Request, web: Services, member: Member, other: str) -> Response:
    """Says of a request that is no longer open by whom it was withdrawn, as far as that is known."""
    before = await sharing.withdrawal(web.desk, member.clinic, other)
    if before is None:
        return go(request, _here(member), GONE, "notice")
    where = (await clinic_names(web.database, [before.data["clinic"]])).get(before.data["clinic"])
    who = f"{before.data['name']} of {where}" if where else before.data["name"]
    said = f"The request was withdrawn already, by {who}, {when_at(member, before.at)}; nothing has changed."
    return go(request, _here(member), said)


async def _to_confirm(request: Request, web: Services, member: Member) -> tuple[str, str] | None:
    """Returns the page, and what it is called, on which the member can confirm for another clinic of the request."""
    try:
        found = await sharing.open_request(web.desk, member.clinic)
    except NotFound:
        return None
    managed = {each.clinic for each in await visit_of(request).memberships() if each.manages_people}
    left = [each for each in found.clinics if each.id in managed - found.confirmed]
    return (f"/clinic/{left[0].id}/sharing", f"Confirm for {left[0].name}") if left else None


def _here(member: Member) -> str:
    return f"/clinic/{member.clinic}/sharing"


async def _page(
    request: Request,
    web: Services,
    member: Member,
    *,
    asked: Sequence[str] = (),
    typed: str | None = None,
    problem: str | None = None,
    other_words: bool = False,
) -> Response:
    """Shows the page; `problem` is of the sentence typed if those were `other_words`, else of the page."""
    preview: Consequences | None = None
    if member.manages_people:
        try:
            preview = await show_preview(web.desk, member)
        except NotFound:
            preview = None
    pairs = await sharing_pairs.list_pairs(web.desk, member.clinic)
    clinics = {each.id: each for each in await list_clinics(web.database)}
    memberships = await visit_of(request).memberships()
    entered = {each.clinic for each in memberships}
    own, paired = clinics[member.clinic], {each.other for each in pairs if each.state != "removed"}
    return await member_page(
        request,
        member,
        "clinic/sharing.html",
        status=422 if problem else 200,
        pairs=pairs,
        begins=await sharing_pairs.begins_at(web.desk, pairs),
        theirs=await shares.modes_towards(web.database, member.clinic),
        names={each.id: each.name for each in clinics.values()},
        owner=own.owner,
        paired=paired,
        who_adds=await who_adds(web, {each.other for each in pairs if each.has_begun} - entered),
        sisters=[each for each in clinics.values() if each != own and same_owner(own, each) and each.id not in paired],
        preview=preview,
        managed={each.clinic for each in memberships if each.manages_people} - {member.clinic},
        gaps=_gaps(preview, member.clinic) if preview else [],
        asked=asked,
        typed=typed,
        problem=problem,
        wrong=problem if other_words and preview and member.clinic not in preview.request.confirmed else None,
        key=new_key(),
    )


def _gaps(preview: Consequences, clinic: str) -> list[tuple[Item, Item]]:
    """Returns the clinic's items, each with one of another clinic that seems the same service without a rule."""
    pairs = [(each.item, other) for each in preview.missing_rules for other in each.alike]
    return sorted({pair if pair[0].clinic == clinic else pair[::-1] for pair in pairs}, key=str)
