"""The registry of playbooks: a new one is a file beside this one, and its line here."""

from __future__ import annotations

from playbooks.datapoint import DATAPOINT
from playbooks.datapoint_reconnection import RECONNECTION
from playbooks.engine.checks import checked
from playbooks.engine.model import Playbook
from playbooks.ezyvet import EZYVET
from playbooks.feed_watch.model import Feed
from playbooks.record_sharing import RECORD_SHARING

PLAYBOOKS: dict[str, Playbook] = checked(DATAPOINT, RECONNECTION, EZYVET, RECORD_SHARING)


def feed_of(playbook: str) -> Feed | None:
    """Returns the feed that a playbook launches, if any."""
    return next((launch for launch in PLAYBOOKS[playbook].launches if isinstance(launch, Feed)), None)


def feed_watched_as(prefix: str) -> Feed:
    """Returns the feed whose workflows are called PREFIX/PRACTICE-ID."""
    return next(feed for playbook in PLAYBOOKS if (feed := feed_of(playbook)) and feed.prefix == prefix)
