"""Playbooks of the tests' own, some forty lines each: what the engine can say beside what DataPoint needs."""

from __future__ import annotations

from playbooks.engine.checks import checked
from playbooks.engine.model import Playbook
from tests.playbooks.trials.permit import PERMIT

TRIALS: dict[str, Playbook] = checked(PERMIT)
