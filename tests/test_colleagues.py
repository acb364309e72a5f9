"""Whom a name means among the colleagues."""

from __future__ import annotations

import pytest

from desk.colleagues import Colleagues
from playbooks.engine.transition import Refused

PEOPLE = Colleagues({"ana": "Ana Ruiz", "bo": "Bo Lind", "bo2": "Bo Lind"}, {})


@pytest.mark.parametrize("given", ["ana", "Ana", " ana ruiz ", "Ana Ruiz"])
def test_a_colleague_is_known_by_handle_and_by_full_name(given: str) -> None:
    assert PEOPLE.handle_of(given) == "ana"


@pytest.mark.parametrize("given", ["Ana R.", "Bo Lind"])
def test_who_may_be_somebody_else_is_asked_about(given: str) -> None:
    with pytest.raises(Refused, match="There is no colleague"):
        PEOPLE.handle_of(given)


def test_a_form_offers_names_and_warns_of_who_cannot_sign_in_yet() -> None:
    team = Colleagues(PEOPLE.names, {}, invited={"ana", "bo2"})
    assert team.options() == [
        ("ana", "Ana Ruiz (cannot sign in yet)"),
        ("bo", "Bo Lind (bo)"),
        ("bo2", "Bo Lind (bo2, cannot sign in yet)"),
    ]
