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
from playbooks.engine.facts import current_reports
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
    if request is None or fact != request.fact or not any(key.startswith(request.key) for key in onboarding.answers):
        return ""
    return request.left.format(practice=onboarding.practice.name, contact=onboarding.primary_contact.name)


def asked_before(detail: OnboardingDetail, onboarding: Onboarding) -> str:
    """Returns what the partner still has though the onboarding waits for it again, and what to do; else empty."""
    request = wanted_of(detail)
    left = left_at_partner(onboarding, request.fact) if request else ""
    return f"{left} {request.again}" if request and left else ""


async def ask_partner(
    desk: Desk,
    identity: str,
    by: str,
    simulators: Mapping[str, str | None] | None = None,
    mail: Mapping[str, Any] | None = None,
) -> Receipt:
    """Has the partner do it, and records that it did. The partner is not asked for what is on record already.

    `simulators` (their addresses) are asked where no address is set. `mail` has what was chosen for the mails that the
    record sends. Raises `Refused` if the onboarding does not wait for it, and `DeskProblem` if the partner cannot be
    asked or does not take it; nothing is recorded then.
    """
    playbook = playbook_of(identity)
    request = integration_of(playbook.name).request
    if request is None:
        raise Refused(f"{identity} has no partner who could be asked for anything.")
    url = request.url(desk.settings) or (simulators or {}).get(request.simulator)
    if url is None:
        raise DeskProblem(f"{request.by_hand}, then record that with: onboard record {identity} {request.fact}")
    state = await desk.state(identity)
    if current_reports(state.onboarding).get((request.fact, None)):
        return await desk.record(identity, request.fact, order(Report, by=by))
    shown = view(playbook, state.onboarding, state.now)
    if shown.status not in OPEN or request.fact not in shown.missing:
        raise Refused(f"{identity} {request.not_needed}", plain=f"It {request.not_needed}")
    try:
        at = await request.send(url, state.onboarding)
    except PartnerProblem as problem:
        raise DeskProblem(str(problem)) from problem
    # With the partner's own time, so that its event about the same is a repetition. What was taken back can be recorded
    # once more: the partner's time is the same then.
    asked = sum(fact.name == request.fact for fact in state.onboarding.facts)
    report = order(Report, by=by, at=at, key=f"{request.key} {asked}" if asked else request.key, mail=mail)
    return await desk.record(identity, request.fact, report)
