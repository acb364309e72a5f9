"""Why a prescription's call to ezyVet waits, in words for everybody who reads about the prescription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.ezyvet.limits import Wait
from integrations.ezyvet.sites import Site
from partners.ezyvet.errors import AccessRevoked, EzyvetError, SiteGone, WrongCredentials
from pharmacy.prescriptions.life.calls import Waiting
from store.secrets.keyring import SealedError

SHORTEST, LONGEST = timedelta(seconds=5), timedelta(seconds=30)
"""How long after a failure a call is tried again: longer each time."""

REVOKED = Waiting(
    reason="The practice's ezyVet no longer gives the pharmacy access.",
    waiting_on="practice",
    next="Once the practice gives the pharmacy access there again, it goes on by itself, within a minute.",
)
NOT_CONNECTED = Waiting(
    reason="The practice's ezyVet is not connected.",
    waiting_on="practice",
    next="It is sent if the practice connects its ezyVet with the pharmacy.",
)
NOT_SET_UP = Waiting(
    reason="The pharmacy's connection with ezyVet is switched off.",
    waiting_on="team",
    next="It is sent once the pharmacy has switched it on again.",
)


@dataclass(frozen=True)
class Delay:
    """A call that is tried again after `duration`."""

    waiting: Waiting
    duration: timedelta

    def from_now(self, now: datetime) -> Waiting:
        """Returns why it waits, with the time of the next try."""
        return self.waiting.model_copy(update={"next_try": now + self.duration})


def delay_after(problem: Wait | EzyvetError | SealedError, attempt: int) -> Delay:
    """Returns when to try again after a failure by which nothing was sent, and why that is."""
    if isinstance(problem, Wait):
        return Delay(_in_turn(problem), timedelta(seconds=problem.seconds))
    duration = min(SHORTEST * 2 ** min(attempt - 1, 10), LONGEST)
    if isinstance(problem, SealedError):
        reason = "The pharmacy cannot open the practice's credentials for ezyVet."
        return Delay(Waiting(reason=reason, waiting_on="team", next="It is sent once the pharmacy can."), duration)
    if isinstance(problem, AccessRevoked | SiteGone | WrongCredentials):
        return Delay(REVOKED, duration)
    reason = "The practice's ezyVet does not answer just now, or not as it should."
    next = "Nothing was sent; we try again and again until ezyVet answers."
    return Delay(Waiting(reason=reason, next=next), duration)


def closed(site: Site) -> Waiting:
    """Returns why nothing can be sent to a site that is not live."""
    if site.state == "revoked":
        return REVOKED
    if site.state == "no_credentials":
        return NOT_CONNECTED
    return Waiting(
        reason="The practice's ezyVet is still being connected.",
        waiting_on="team",
        next="It is sent once the practice has seen the test prescription, and ezyVet is live.",
    )


def _in_turn(wait: Wait) -> Waiting:
    ahead = f"; {wait.ahead:,} go first" if wait.ahead > 1 else ""
    return Waiting(reason=f"The practice's ezyVet takes only so many a minute, and this one waits for its turn{ahead}.")
