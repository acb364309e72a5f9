"""Sees to it that ezyVet has a prescription once, after a creation in doubt was sent again."""

from __future__ import annotations

from contextlib import suppress

from integrations.ezyvet.doubt import LookAgain
from integrations.ezyvet.read_back import observed
from integrations.ezyvet.sites import NoCredentials
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.errors import NotFound
from partners.ezyvet.guesses import CAN_DISABLE
from pharmacy.prescriptions.life.calls import Checked, Outcome, Stuck

SECOND, LAST = 60.0, 900.0
"""Seconds after the first check to the second one, each later one as long again; and until the last one."""


async def keep_one(ezyvet: Ezyvet, prescription: str, own: str | None, since: float) -> Outcome:
    """Disables all but `own`, which is adopted if there is none; `since` is seconds after the first check.

    Raises `LookAgain` while another one may still come, and `EzyvetError`.
    """
    try:
        found = await ezyvet.prescriptions([prescription])
    except NoCredentials:
        # The practice has left.
        return Checked()
    others = [each for each in found if each.active and each.uid != own]
    if others and own is None:
        return await observed(ezyvet, others, None)
    if others and not CAN_DISABLE:
        uids = ", ".join(each.uid for each in others)
        return Stuck(reason=f"ezyVet has it {len(others) + 1} times: disable {uids} there, and keep {own}.")
    for other in others:
        with suppress(NotFound):
            await ezyvet.disable(other.uid)
    if not others and since < LAST:
        raise LookAgain(max(SECOND, since))
    return Checked(disabled=tuple(each.uid for each in others))
