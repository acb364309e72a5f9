"""What a feed may change by itself: one table, for the import, the documents and the practice's page alike.

Everything of a client or patient who is new is taken (DP11, DP12). Of those known already:
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Kind = Literal["client", "patient"]


class How(Enum):
    """How a value that differs from ours finds its way in."""

    AUTOMATIC = "automatically, with every feed"
    BY_A_PERSON = "never by itself; a person decides"
    AT_FIRST = "at the first import only; a later difference is shown to a person"


@dataclass(frozen=True)
class Rule:
    """One value as people speak of it, the columns it stands in, and the requirement that says how it changes."""

    kind: Kind
    field: str
    title: str
    columns: tuple[str, ...]
    how: How
    source: str


RULES: tuple[Rule, ...] = (
    Rule("client", "name", "name", ("given_name", "surname"), How.BY_A_PERSON, "DP13"),
    Rule("client", "address", "address", ("street", "city", "state", "postcode"), How.BY_A_PERSON, "DP13"),
    Rule("client", "phone", "phone", ("phone",), How.AT_FIRST, "DP12"),
    Rule("client", "email", "e-mail address", ("email",), How.AUTOMATIC, "DP12"),
    Rule("patient", "name", "name", ("name",), How.BY_A_PERSON, "DP13"),
    Rule("patient", "owner", "owner", ("client",), How.AT_FIRST, "DP12"),
    Rule("patient", "species", "species", ("species",), How.AT_FIRST, "DP12"),
    Rule("patient", "breed", "breed", ("breed",), How.AT_FIRST, "DP12"),
    Rule("patient", "age", "age", ("birth_date", "age_months", "age_on"), How.AT_FIRST, "DP12"),
    Rule("patient", "weight", "weight", ("weight_grams",), How.AUTOMATIC, "DP12"),
    Rule("patient", "deceased", "deceased", ("deceased", "deceased_on"), How.AUTOMATIC, "DP12"),
)


def rules(kind: Kind, *how: How) -> tuple[Rule, ...]:
    """The rules for clients or for patients, in the order of the table."""
    return tuple(rule for rule in RULES if rule.kind == kind and rule.how in (how or tuple(How)))


def rule(kind: str, field: str) -> Rule:
    """Raises `KeyError` for a value that no rule speaks of."""
    for each in RULES:
        if (each.kind, each.field) == (kind, field):
            return each
    raise KeyError(f"{kind} {field}")


def markdown() -> str:
    """The table as the documents show it."""
    whose = {"client": "client's", "patient": "pet's"}
    rows = [f"| {whose[each.kind]} {each.title} | {each.how.value} | {each.source} |" for each in RULES]
    return "\n".join(["| Value | What a later feed changes | Rule |", "|---|---|---|", *rows])


def in_words() -> dict[str, str]:
    """The same for a practice's page: what changes by itself, and what waits for a person."""
    return {
        "automatic": _listed(tuple(each for each in RULES if each.how is How.AUTOMATIC)),
        "by_a_person": _listed(tuple(each for each in RULES if each.how is How.BY_A_PERSON)),
        "at_first": _listed(tuple(each for each in RULES if each.how is How.AT_FIRST)),
    }


def _listed(chosen: tuple[Rule, ...]) -> str:
    names = [f"{'client' if each.kind == 'client' else 'pet'} {each.title}" for each in chosen]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
