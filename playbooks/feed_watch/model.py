"""What a playbook declares about the feed of a connected practice (DP10)."""

from __future__ import annotations

from playbooks.calendar.values import Frozen
from playbooks.engine.model import Launch


class Reconnection(Frozen):
    """The playbook that restores a lost connection.

    `lost`, `contact`, `agent` and `data` name its facts: the connection is lost, the technical contact is named, the
    agent was seen again, data flows again. `check_mail` tells the technical contact what to check.
    """

    playbook: str
    title: str
    lost: str
    contact: str
    agent: str
    data: str
    check_mail: str


class Feed(Launch):
    """The workflow that watches a practice's feed, and the reconnection that it opens when the connection is lost."""

    workflow: str = "FeedWatch"
    reconnection: Reconnection
