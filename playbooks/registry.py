"""The playbooks there are. A new integration is one file beside this one, and its line here."""

from __future__ import annotations

from playbooks.datapoint import DATAPOINT
from playbooks.datapoint_reconnection import RECONNECTION
from playbooks.engine.checks import checked
from playbooks.engine.model import Playbook

PLAYBOOKS: dict[str, Playbook] = checked(DATAPOINT, RECONNECTION)
