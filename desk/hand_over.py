"""Hands onboardings over to a colleague, who is told by one mail, and takes a hand-over back as one act."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from desk.colleagues import colleague
from desk.problem import NotFound
from desk.service import Desk
from desk.updates import PATIENCE
from playbooks.engine.onboarding import Command, Receipt, Request
from playbooks.engine.transition import Refused
from store.accounts import accounts
from store.database import DatabaseProblem
from store.journal import hand_overs
from store.journal.hand_overs import HandOver
from workflows.contracts import HandOverMail

log = logging.getLogger("desk")
Outcome = Receipt | Exception


@dataclass(frozen=True)
class Handed:
    """What became of each onboarding. `hand_over` takes those back that were handed over; None if none was."""

    outcomes: tuple[tuple[str, Outcome], ...]
    hand_over: HandOver | None = None


async def hand_over(desk: Desk, identities: Sequence[str], order: Command) -> Handed:
    """Reassigns onboardings to `order.assignee`. A repetition with the same key does nothing more.

    Raises `Refused` if there is no such colleague, or without one.
    """
    if not order.assignee:
        raise Refused("Say who takes over ('assignee').")
    receiver = await colleague(desk.database, desk.settings, order.assignee)
    order = order.model_copy(update={"assignee": receiver})
    before: dict[str, str | None] = {}
    names = accounts.names_of(await accounts.everybody(desk.database))

    async def one(identity: str) -> Receipt:
        assignee = (await desk.state(identity)).onboarding.assignee
        try:
            receipt = await desk.command(identity, "reassign", order)
        except Refused as refused:
            already = "assigned to {} already".format
            refused.plain = refused.plain.replace(already(receiver), already(names.get(receiver, receiver)))
            raise
        if receipt.outcome == "recorded":
            before[identity] = assignee
        return receipt

    outcomes = tuple([each async for each in desk.each(identities, one)])
    if not before:
        return Handed(outcomes, await hand_overs.find(desk.database, _id_of(order)) if order.key else None)
    found = await hand_overs.add(
        desk.database, _id_of(order), by=order.by, receiver=receiver, why=order.why or "", before=before
    )
    await _tell(desk, found.id, receiver, "handed_over", order.by, order.why or "", sorted(before))
    return Handed(outcomes, found)


async def take_back(desk: Desk, id: str, by: str, why: str) -> Handed:
    """Takes back the onboardings of a hand-over that its receiver still has.

    Raises `NotFound`, and `Refused` if that was done already.
    """
    found = await hand_overs.find(desk.database, id)
    if found is None:
        raise NotFound(f"There is no hand-over '{id[:64]}'.")
    names = accounts.names_of(await accounts.everybody(desk.database))
    if found.undone_by:
        already = "has already taken this hand-over back."
        who = names.get(found.undone_by, found.undone_by)
        raise Refused(f"{found.undone_by} {already}", plain=f"{who} {already}")

    async def one(identity: str) -> Receipt:
        before = found.before[identity]
        order = Command(by=by, why=why, assignee=before, instead_of=found.receiver, key=f"back {id}")
        try:
            return await desk.command(identity, "reassign", order)
        except Refused as refused:
            now = (await desk.state(identity)).onboarding.assignee or "nobody"
            if now != found.receiver:
                refused.plain = f"It is now assigned to {names.get(now, now)}."
            raise

    outcomes = tuple([each async for each in desk.each(found.before, one)])
    if taken_back := sorted(identity for identity, outcome in outcomes if isinstance(outcome, Receipt)):
        await hand_overs.mark_undone(desk.database, id, by)
        await _tell(desk, id, found.receiver, "hand_over_taken_back", by, why, taken_back)
    return Handed(outcomes, await hand_overs.find(desk.database, id))


async def start_for(desk: Desk, playbook: str, request: Request, by: str) -> Receipt:
    """Opens an onboarding as `Desk.start` does, and tells its assignee, unless that is who starts it."""
    receipt = await desk.start(playbook, request, by)
    await tell_of_start(desk, by, {f"{playbook}/{request.practice.id}": request.assignee})
    return receipt


async def tell_of_start(desk: Desk, by: str, started: Mapping[str, str | None]) -> None:
    """Tells colleagues, each by one mail, which onboardings `by` started for them.

    `started` gives each onboarding's assignee. The onboardings are open by then: while the database is away nobody is
    told, and the log says so.
    """
    receivers: dict[str, list[str]] = {}
    try:
        for name in sorted({name for name in started.values() if name}):
            receiver = await colleague(desk.database, desk.settings, name)
            receivers.setdefault(receiver, []).extend(sorted(each for each in started if started[each] == name))
        for receiver, identities in receivers.items():
            if receiver != by:
                await _tell(desk, secrets.token_hex(8), receiver, "assigned", by, "", identities)
    except DatabaseProblem as problem:
        log.warning("nobody is told of what was started for them: %s", problem)


def _id_of(order: Command) -> str:
    """Returns the ID of a hand-over: the same for a repeated request."""
    if order.key is None:
        return secrets.token_hex(8)
    return _short_digest(f"{order.by} {order.key}")


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def _tell(
    desk: Desk,
    id: str,
    receiver: str,
    kind: Literal["assigned", "handed_over", "hand_over_taken_back"],
    by: str,
    why: str,
    onboardings: Sequence[str],
) -> None:
    """Has the receiver's mail written and sent, unless the receiver did it."""
    if by == receiver:
        return
    order = HandOverMail(
        id=id, kind=kind, receiver=receiver, by=by, why=why, onboardings=tuple(onboardings), at=datetime.now(UTC)
    )
    digest = _short_digest(" ".join(onboardings))[:8]
    try:
        await desk.client.start_workflow(
            "HandOverMail",
            order,
            id=f"{kind.replace('_', '-')}/{id}/{digest}",
            task_queue=desk.settings.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=f"Mail to {receiver}: {kind.replace('_', ' ')}",
            rpc_timeout=PATIENCE,
        )
    except WorkflowAlreadyStartedError:
        return
    except RPCError as error:
        log.warning("the mail %s %s could not be ordered: %s", kind, id, error)
