"""Playbooks of the tests' own: what the engine can say beside what DataPoint needs."""

from __future__ import annotations

from playbooks.engine.checks import checked
from playbooks.engine.model import Playbook
from tests.playbooks.trials.alliance import ALLIANCE
from tests.playbooks.trials.permit import PERMIT
from tests.playbooks.trials.pledge import PLEDGE
from tests.playbooks.trials.storefront import STOREFRONT
from tests.playbooks.trials.vault import VAULT

TRIALS: dict[str, Playbook] = checked(ALLIANCE, PERMIT, PLEDGE, STOREFRONT, VAULT)
