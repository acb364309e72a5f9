"""What can be taken back: all that shows an onboarding says the same as the command accepts, in every state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.onboarding_detail import OnboardingDetail, detail_of
from playbooks.engine.model import FactType, Playbook
from playbooks.engine.transition import Refused
from playbooks.registry import PLAYBOOKS
from tests.playbooks.practice import DETAILS, Practice, days
from tests.playbooks.trials.alliance import ALLIANCE
from tests.playbooks.trials.permit import PERMIT
from tests.playbooks.trials.pledge import PLEDGE
from tests.playbooks.trials.storefront import STOREFRONT

BOOKS = (*PLAYBOOKS.values(), ALLIANCE, PERMIT, PLEDGE, STOREFRONT)
KEYS = ("elm", "oak")


def example(kind: FactType, number: int) -> dict[str, Any]:
    """Returns a payload of the fact, one of several."""
    values: dict[str, Any] = {"clinics": list(KEYS), "clinic": KEYS[number % 2], "name": "Eve", "email": "eve@x.test"}
    needed = [name for name, field in kind.payload.model_fields.items() if field.is_required()]
    return DETAILS.get(kind.name) or {name: values.get(name, f"v{number}") for name in needed}


def shown(practice: Practice) -> OnboardingDetail:
    return detail_of(practice.playbook, practice.onboarding, practice.now, ())


def accepts(practice: Practice, fact: str, of: str | None) -> bool:
    """Whether the command takes the fact back; the practice stays as it is."""
    before = practice.onboarding, list(practice.effects)
    try:
        practice.order("retract", fact=fact, of=of)
    except Refused:
        return False
    practice.onboarding, practice.effects = before
    return True


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_shown_and_what_is_accepted_agree_in_every_state(book: Playbook, data: st.DataObject) -> None:
    practice = Practice(playbook=book)
    lists = {source[0] for kind in book.facts if (source := kind.source_of_keys)}
    for _ in range(data.draw(st.integers(0, 12))):
        step = data.draw(st.sampled_from(["record", "record", "record", "retract", "wait", "withdraw"]))
        detail = shown(practice)
        kind = data.draw(st.sampled_from(book.facts))
        report = example(kind, data.draw(st.integers(0, 3)))
        try:
            if step == "record":
                receipt = practice.record(kind.name, **report)
                if receipt.outcome == "recorded":
                    ends = shown(practice).closing == () and receipt.status not in ("open", "on_hold")
                    # Whether a list of keys ends it depends on the list.
                    assert ends == (kind.name in detail.closing) or kind.name in lists, kind.name
            elif step == "retract":
                practice.order("retract", fact=kind.name, of=kind.key_of(report))
            elif step == "wait":
                practice.sleep(days(data.draw(st.sampled_from([1, 5, 30])))).wake()
            elif data.draw(st.integers(0, 3)) == 3:
                practice.order("withdraw")
        except Refused:
            pass
        agree(practice)


def agree(practice: Practice) -> None:
    detail = shown(practice)
    current = {(fact.name, fact.of) for fact in detail.facts if fact.retractable}
    for fact in detail.facts:
        if fact.retracted or fact.superseded:
            assert not fact.retractable
        elif not fact.implied_by:
            assert fact.retractable == accepts(practice, fact.name, fact.of), fact
    for kind in practice.playbook.facts:
        alone = [of for name, of in current if name == kind.name]
        assert accepts(practice, kind.name, None) == (len(alone) == 1), "without a key only the one report"
