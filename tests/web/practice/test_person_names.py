"""A name that a practice enters is a name: it goes into mails to people who do not know us."""

from __future__ import annotations

import pytest

from practice_page.actions.contacts import Person
from practice_page.actions.fields import InvalidAnswer, read


@pytest.mark.parametrize(
    "name",
    [
        *("WIN A PRIZE CLICK BELOW NOW DEAR", "Free Bitcoin Send Wallet", "evil dot com", "evil (dot) example"),
        *("Call Me Today", "Your Account", "Haga clic aquí", "Bitte klicken", "buy pills online", "evil com"),
        *("Ana Bela Clara Dora Eva Flora", "visit evil.example", "www evil"),
    ],
)
def test_sentences_and_addresses_in_words_are_no_names(name: str) -> None:
    with pytest.raises(InvalidAnswer, match="must be a person's name"):
        read(Person, {"name": name, "email": "lee@clinic.test"})


@pytest.mark.parametrize(
    "name",
    [
        *("Lee Park", "Dr. Ann Lee-Park", "Maria del Carmen de la Cruz Ortega", "J. R. R. Tolkien", "Seán O'Neil"),
        *("Win Htut", "Johnny Cash", "Gift Okafor", "Will May", "Dot Cotton", "Nguyen Thi Anh To", "Lee & Kim Park"),
    ],
)
def test_names_of_people_are_taken(name: str) -> None:
    assert read(Person, {"name": name, "email": "lee@clinic.test"}).name == name
