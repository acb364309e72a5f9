"""What a playbook says of the feed that is watched once a practice is connected (DP10)."""

from __future__ import annotations

from playbooks.calendar.values import Frozen
from playbooks.engine.model import Launch


class Reconnection(Frozen):
    """The playbook that brings a lost connection back, called `title`, and what stands for what in it.

    `lost`, `contact`, `agent` and `data` are its facts: the connection is lost, who looks after it, the agent was seen
    again, data flow again. `letter` is the mail by which the technical contact learns what to check.
    """

    playbook: str
    title: str
    lost: str
    contact: str
    agent: str
    data: str
    letter: str


class Feed(Launch):
    """The workflow that watches over a practice's feed, and what it opens when the connection is lost."""

    workflow: str = "FeedWatch"
    reconnection: Reconnection
