"""States of the USA whose law asks for the pet owner's consent before a veterinary record is disclosed.

Each is to be confirmed by the clinics' own counsel: laws change, and differ on what passes within one owner.
"""

from __future__ import annotations

from collections.abc import Iterable

from templates.filters import join_list

LAWS = {
    "CA": "California (Business and Professions Code § 4857)",
    "FL": "Florida (Statutes § 474.2165)",
    "GA": "Georgia (Code § 24-12-31)",
    "IL": "Illinois (225 ILCS 115/25.17)",
    "KS": "Kansas (K.S.A. 47-839)",
    "TX": "Texas (Occupations Code § 801.353)",
}
"""By the state's code, with the source."""


def consent_note(places: Iterable[tuple[str, str | None]]) -> str | None:
    """Returns a note for clinics in such states, given as country and state; None if none of them is in one."""
    codes = {state.upper() for country, state in places if country.upper() == "US" and state}
    laws = sorted(LAWS[code] for code in codes & set(LAWS))
    if not laws:
        return None
    return (
        f"The law of {join_list(laws)} asks for the client's consent before records are disclosed. Ask your counsel"
        " whether that holds between clinics of the same clinic owner; until you know, ask clients for their consent."
    )
