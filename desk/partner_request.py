"""Requests to partners for what an onboarding waits for, such as a place in a queue (DP1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.onboarding_detail import OnboardingDetail
from desk.orders import order
from desk.practice_files import playbook_of
from desk.problem import DeskProblem
from desk.service import Desk
from integrations.model import PartnerProblem, PartnerRequest
from integrations.registry import integration_of
from playbooks.engine.onboarding import Onboarding, Receipt, Report
from playbooks.engine.states import OPEN
from playbooks.engine.transition import Refused
from playbooks.engine.view import view


def wanted_of(detail: OnboardingDetail) -> PartnerRequest | None:
    """Returns the request that can be sent now; None if the onboarding does not wait for one."""
    request = integration_of(detail.playbook).request
    return request if request and request.fact in detail.missing else None


def left_at_partner(onboarding: Onboarding, fact: str) -> str:
    """Returns what the partner still has once this fact is taken back here; empty if it was not asked from here."""
    request = integration_of(onboarding.playbook).request
    if request is None or fact != request.fact or request.key not in onboarding.answers:
        return ""
    return request.left.format(practice=onboarding.practice.name, contact=onboarding.primary_contact.name)


async def ask_partner(
    desk: Desk,
    identity: str,
    by: str,
    simulators: Mapping[str, str | None] | None = None,
    mail: Mapping[str, Any] | None = None,
) -> Receipt:
    """Has the partner do it, and records that it did. Again changes nothing. `simulators` (their addresses)
    are asked where no address is set. `mail` has what was chosen for the mails that the record sends.

    Raises `DeskProblem` if the partner cannot be asked or does not take it; nothing is recorded then.
    """
    playbook = playbook_of(identity)
    request = integration_of(playbook.name).request
    if request is None:
        raise Refused(f"{identity} has no partner who could be asked for anything.")
    url = request.url(desk.settings) or (simulators or {}).get(request.simulator)
    if url is None:
        raise DeskProblem(f"{request.by_hand}, then record that with: onboard record {identity} {request.fact}")
    state = await desk.state(identity)
    if view(playbook, state.onboarding, state.now).status not in OPEN:
        raise Refused(request.not_needed.format(onboarding=identity))
    try:
        at = await request.send(url, state.onboarding)
    except PartnerProblem as problem:
        raise DeskProblem(str(problem)) from problem
    # With the partner's own time, so that its event about the same is a repetition.
    report = order(Report, by=by, at=at, key=request.key, mail=mail)
    return await desk.record(identity, request.fact, report)
