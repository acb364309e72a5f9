"""The update rules: what a feed may change automatically. The import, the documents and the practice's page read them.

Every value of a new client or patient is imported (DP11, DP12). The rules are for existing ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Kind = Literal["client", "patient"]


class UpdateMode(Enum):
    """How a value that differs from ours is updated; the documents show these texts."""

    AUTOMATIC = "automatically, with every feed"
    MANUAL = "never automatically; a person decides"
    FIRST_IMPORT = "at the first import only; a later difference is shown to a person"


@dataclass(frozen=True)
class Rule:
    """One field, by the title that people read and its columns, how it is updated, and by which requirement.

    `identifies`: people tell a client or a pet apart by it, so that a wrong value makes somebody else of them. Taking
    the practice's value needs a confirmation.
    """

    kind: Kind
    field: str
    title: str
    columns: tuple[str, ...]
    mode: UpdateMode
    requirement: str
    identifies: bool = False


RULES: tuple[Rule, ...] = (
    Rule("client", "name", "name", ("given_name", "surname"), UpdateMode.MANUAL, "DP13", identifies=True),
    Rule("client", "address", "address", ("street", "city", "state", "postcode"), UpdateMode.MANUAL, "DP13"),
    Rule("client", "phone", "phone", ("phone",), UpdateMode.FIRST_IMPORT, "DP12"),
    Rule("client", "email", "e-mail address", ("email",), UpdateMode.AUTOMATIC, "DP12"),
    Rule("patient", "name", "name", ("name",), UpdateMode.MANUAL, "DP13", identifies=True),
    Rule("patient", "owner", "owner", ("client",), UpdateMode.FIRST_IMPORT, "DP12", identifies=True),
    Rule("patient", "species", "species", ("species",), UpdateMode.FIRST_IMPORT, "DP12", identifies=True),
    Rule("patient", "breed", "breed", ("breed",), UpdateMode.FIRST_IMPORT, "DP12"),
    Rule(
        "patient",
        "age",
        "age",
        ("birth_date", "age_months", "age_on"),
        UpdateMode.FIRST_IMPORT,
        "DP12",
        identifies=True,
    ),
    Rule("patient", "weight", "weight", ("weight_grams",), UpdateMode.AUTOMATIC, "DP12"),
    Rule("patient", "deceased", "deceased", ("deceased", "deceased_on"), UpdateMode.AUTOMATIC, "DP12"),
)


def rules(kind: Kind, *modes: UpdateMode) -> tuple[Rule, ...]:
    """Returns the rules for clients or for patients, of these modes if any are given."""
    return tuple(rule for rule in RULES if rule.kind == kind and rule.mode in (modes or tuple(UpdateMode)))


def rule(kind: str, field: str) -> Rule:
    """Raises `KeyError` for a field without a rule."""
    for each in RULES:
        if (each.kind, each.field) == (kind, field):
            return each
    raise KeyError(f"{kind} {field}")


def markdown() -> str:
    owners = {"client": "client's", "patient": "pet's"}
    rows = [f"| {owners[rule.kind]} {rule.title} | {rule.mode.value} | {rule.requirement} |" for rule in RULES]
    return "\n".join(["| Value | What a later feed changes | Rule |", "|---|---|---|", *rows])
