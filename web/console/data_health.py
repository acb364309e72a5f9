"""The watch over a practice's feed, as people read it, and pausing it (DP10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk import feed_watch, orders
from desk.problem import DeskProblem
from playbooks.feed_watch.values import FeedRow, Order
from web.authorization import Specialist
from web.console.actions import zone_of
from web.console.commands import moment_from
from web.pages import go
from web.services import Web

router = APIRouter()

MEANING = {
    "flowing": ("good", "Flowing", "Feeds arrive as expected, every 48 to 72 hours."),
    "quiet": ("calm", "Quiet", "The clinic's agent is there; nothing has changed at the clinic for a while."),
    "silent": ("warn", "Silent", "No sign for 72 hours. We are checking whether the fault is ours."),
    "reconnecting": (
        "bad",
        "Connection lost",
        "We told the technical contact what to check, and a reconnection is open.",
    ),
    "paused": ("warn", "Paused", "The watch is paused: silence raises no alarm."),
    "ended": ("quiet", "Ended", "The practice has left; we no longer watch its feed."),
}
"""Each state of the watch: how it is marked, what it is called, and what it means."""


@dataclass(frozen=True)
class Health:
    """How a practice's feed stands, in words."""

    feed: FeedRow
    kind: str
    title: str
    meaning: str

    @property
    def reconnection(self) -> str | None:
        return feed_watch.reconnection_id(self.feed.practice) if self.feed.state == "reconnecting" else None


def health_of(feed: FeedRow) -> Health:
    return Health(feed, *MEANING[feed.state])


@router.post("/practices/{practice}/data/watch/{order}")
async def change(
    request: Request,
    web: Web,
    person: Specialist,
    practice: str,
    order: str,
    why: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
) -> Response:
    """Pauses the watch, resumes it, or notes what a contact was answered."""
    names = {"pause": "paused", "resume": "resumed", "answer": "answered"}
    if order not in names:
        raise DeskProblem("You can pause or resume the watch, or record an answer to a contact.")
    if not why.strip() and order != "resume":
        raise DeskProblem("Say why, or what you answered: everybody who opens the feed sees it.")
    moment = moment_from(until.strip(), zone_of(web, person)) if until.strip() and order == "pause" else None
    given = orders.order(Order, by=person.handle, why=why.strip() or None, until=moment)
    receipt = await feed_watch.order(web.desk, practice, names[order], given)
    return go(request, f"/practices/{practice}/data", receipt.text)
