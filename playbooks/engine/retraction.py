"""Decides which facts can be taken back, and which would end the onboarding, after which none can.

The engine's command and all that shows an onboarding ask here, so that they agree.
"""

from __future__ import annotations

from playbooks.engine.facts import current_reports, expected_keys
from playbooks.engine.model import CLOCK, FactType, Playbook, keyed_title
from playbooks.engine.onboarding import Fact, Onboarding
from playbooks.engine.stages import Position, position_of
from playbooks.engine.transition import Refused


def retractable_report(
    playbook: Playbook, onboarding: Onboarding, position: Position, name: str, of: str | None = None
) -> Fact:
    """Returns the report that a retraction of a fact concerns. Raises `Refused` if it cannot be taken back."""
    if position.outcome:
        ended = f"is {position.outcome}, so nothing can be taken back in it."
        raise Refused(f"{onboarding.id} {ended}", plain=f"{onboarding.practice.name} {ended}")
    titles = {each.name: each.title for each in playbook.facts}
    current = current_reports(onboarding)
    several = {key: each for (other, key), each in current.items() if other == name}
    if of is None and len(several) > 1:
        keys = ", ".join(key for key in several if key)
        several_of = "is on record for several; say whose to take back"
        raise Refused(f"'{name}' {several_of} ('of'): {keys}.", plain=f"“{titles[name]}” {several_of}: {keys}.")
    fact = next(iter(several.values()), None) if of is None else several.get(of)
    if fact is None:
        taken_back = any(each.name == name and of in (None, each.of) for each in onboarding.facts)
        implied = position.facts.get(name)
        if implied and implied.implied_by:
            cause = implied.implied_by
            why = "has been taken back already, and" if taken_back else "was not reported, it"
            done = "has been taken back already. It still" if taken_back else "was not reported. It"
            raise Refused(
                f"'{name}' {why} follows from '{cause}'; take that back instead.",
                plain=f"“{titles[name]}” {done} counts because “{titles[cause]}” is on record.",
            )
        there = ", ".join(keyed_title(*key) for key in current) or "nothing yet"
        why = "has been taken back already" if taken_back else "is not on record, so it cannot be taken back"
        raise Refused(
            f"'{keyed_title(name, of)}' {why}; on record: {there}.",
            plain=f"“{keyed_title(titles.get(name, name), of)}” {why}.",
        )
    if playbook.fact(name).reported_by == CLOCK:
        clock = "was recorded by the clock and would be again; take back what its stage began with instead."
        raise Refused(f"'{name}' {clock}", plain=f"“{titles[name]}” {clock}")
    return fact


def implying_fact(playbook: Playbook, onboarding: Onboarding, name: str, of: str | None) -> FactType | None:
    """Returns the fact on record because of which another counts, even if its current report is taken back."""
    current = current_reports(onboarding).get((name, of))
    others = tuple(each for each in onboarding.facts if each is not current)
    left = position_of(playbook, onboarding.model_copy(update={"facts": others})).facts.get(name)
    return playbook.fact(left.implied_by) if left and left.implied_by else None


def retractable_reports(playbook: Playbook, onboarding: Onboarding, position: Position) -> dict[int, Fact]:
    """Returns the reports that can be taken back, by number."""
    found = {}
    for name, of in current_reports(onboarding):
        try:
            fact = retractable_report(playbook, onboarding, position, name, of)
        except Refused:
            continue
        found[fact.number] = fact
    return found


def closing_facts(playbook: Playbook, onboarding: Onboarding, position: Position) -> tuple[str, ...]:
    """Returns the facts of which one more report would end the onboarding, and so could not be taken back."""
    if position.outcome:
        return ()
    needed = {name for stage in playbook.stages for name in stage.until}
    known = {name for name in position.facts if position.has(name)}

    def closes(kind: FactType) -> bool:
        if kind.ends:
            return True
        complete = not kind.each_of or len(_missing_keys(playbook, onboarding, position, kind)) == 1
        return complete and needed <= known | {kind.name, *playbook.implied(kind.name)}

    return tuple(kind.name for kind in playbook.facts if closes(kind))


def _missing_keys(playbook: Playbook, onboarding: Onboarding, position: Position, kind: FactType) -> list[str]:
    current = position.facts.get(kind.name)
    there = current.by_key if current else {}
    return [key for key in expected_keys(playbook, onboarding, kind.name) if key not in there]
