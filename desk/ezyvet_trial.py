"""Sending a practice the one test prescription that it is to see in its ezyVet (RX12)."""

from __future__ import annotations

from desk.ezyvet import connecting, ezyvet_of
from desk.service import Desk
from integrations.ezyvet import patients, prescribers, sites, trials
from integrations.ezyvet.trials import Trial, TrialProblem
from playbooks.engine.onboarding import Report
from playbooks.engine.states import CLOSED
from playbooks.engine.transition import Refused
from playbooks.engine.view import view
from playbooks.ezyvet import EZYVET
from store.secrets.keyring import SealedError


async def send_test(desk: Desk, practice: str, patient: str, by: str, vet: str | None = None) -> Trial:
    """Sends the test prescription for a patient, in a vet's name, and records it. Once there, it is not repeated.

    Raises `Refused` with the reason, and `EzyvetError` or `Wait`.
    """
    state = await connecting(desk, practice)
    shown = view(EZYVET, state.onboarding, state.now)
    if shown.status in CLOSED:
        raise Refused(f"{practice} is live: there is nothing left to test.")
    if shown.stage != "test":
        raise Refused(
            f"{practice} is not ready for the test: {shown.stage_title}. Its prescribers must be confirmed first."
        )
    user = await _user(desk, practice, vet)
    ezyvet = ezyvet_of(desk, practice)
    try:
        match = await patients.find_animal(desk.database, ezyvet, practice, patient)
        if isinstance(match, patients.NoMatch):
            raise Refused(match.reason)
        await sites.set_state(desk.database, practice, "testing")
        trial = await trials.send_trial(
            desk.database, ezyvet, practice, patient, match, user, by, desk.settings.public_url
        )
    except (TrialProblem, sites.NoCredentials, SealedError) as problem:
        raise Refused(str(problem)) from None
    data = {"prescription": trial.uid, "patient": match.name or f"animal {match.animal}"}
    await desk.record(state.onboarding.id, "test_prescription_sent", Report(data=data, by=by))
    return trial


async def _user(desk: Desk, practice: str, vet: str | None) -> int:
    chosen = await prescribers.list_prescribers(desk.database, practice)
    user = next((each.user for each in chosen if vet in (None, each.vet)), None)
    if user is None:
        named = f"{vet} of {practice} has no ezyVet user" if vet else f"No vet of {practice} has an ezyVet user"
        raise Refused(f"{named}: choose one first.")
    return user
