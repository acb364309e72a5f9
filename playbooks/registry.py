"""The playbooks there are. A new integration is one file beside this one, and its line here."""

from __future__ import annotations

from playbooks.datapoint import DATAPOINT
from playbooks.datapoint_reconnection import RECONNECTION
from playbooks.engine.checks import checked
from playbooks.engine.model import Playbook
from playbooks.feed_watch.model import Feed

PLAYBOOKS: dict[str, Playbook] = checked(DATAPOINT, RECONNECTION)


def feed_of(playbook: str) -> Feed | None:
    """The feed that is watched once a practice is connected by this playbook; None if it brings none."""
    return next((launch for launch in PLAYBOOKS[playbook].launches if isinstance(launch, Feed)), None)


def feed_watched_as(prefix: str) -> Feed:
    """The feed whose watches are called PREFIX/PRACTICE-ID."""
    return next(feed for playbook in PLAYBOOKS if (feed := feed_of(playbook)) and feed.prefix == prefix)
