"""The mistakes that people make when they write a client down again: of fingers, eyes, ears, and of the wrong field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from bench.clients import Town, given_names, surnames
from pharmacy.merge.people import Person

Mistake = Callable[[Person, Random, Sequence[Town]], Person]
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SEEN = (("rn", "m"), ("cl", "d"), ("l", "1"), ("o", "0"), ("s", "5"), ("vv", "w"), ("g", "q"), ("i", "j"))
_HEARD = (
    ("ph", "f"),
    ("ck", "k"),
    ("ee", "ea"),
    ("th", "t"),
    ("ie", "y"),
    ("gh", "g"),
    ("c", "k"),
    ("z", "s"),
    ("mm", "m"),
)


def slip(text: str, chance: Random) -> str:
    """A mistake of fingers, eyes or ears."""
    if len(text) < 2:
        return text
    kind = chance.random()
    if kind < 0.2:
        return _confused(text, chance, _SEEN)
    if kind < 0.4:
        return _confused(text, chance, _HEARD)
    at = chance.randrange(len(text))
    letter = text[at].lower()
    row = next((row for row in _KEYS if letter in row), "etaoin")
    near = row[max(0, row.find(letter) - 1) : row.find(letter) + 2].replace(letter, "") or "e"
    at_most = min(at, len(text) - 2)
    return chance.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + chance.choice(near) + text[at + 1 :],
            text[:at] + chance.choice(near) + text[at:],
            text[:at_most] + text[at_most + 1] + text[at_most] + text[at_most + 2 :],
            text[:at] + " " + text[at:],
            text.replace(" ", "", 1),
        )
    )


def _confused(text: str, chance: Random, pairs: Sequence[tuple[str, str]]) -> str:
    fits = [(old, new) for old, new in pairs if old in text.lower()]
    if not fits:
        return text
    old, new = chance.choice(fits)
    at = text.lower().index(old)
    return text[:at] + new + text[at + len(old) :]


def written_again(person: Person, chance: Random, places: Sequence[Town], mistakes: Sequence[int]) -> Person:
    """`person` as a careless second file has it, with as many mistakes as one of `mistakes` says."""
    for _ in range(chance.choice(mistakes)):
        person = chance.choice(_MISTAKES)(person, chance, places)
    return person


def _slip_in(field: str) -> Mistake:
    return lambda person, chance, places: _with(person, field, slip(getattr(person, field), chance))


def _missing(field: str) -> Mistake:
    return lambda person, chance, places: _with(person, field, "")


def _with(person: Person, field: str, value: str) -> Person:
    return replace(person, **{field: value})  # type: ignore[arg-type]


def _swapped(person: Person, chance: Random, places: Sequence[Town]) -> Person:
    return replace(person, given_name=person.surname, surname=person.given_name)


def _other_given(person: Person, chance: Random, places: Sequence[Town]) -> Person:
    return replace(person, given_name=given_names().pick(chance))


def _other_surname(person: Person, chance: Random, places: Sequence[Town]) -> Person:
    return replace(person, surname=surnames().pick(chance))


def _other_number(person: Person, chance: Random, places: Sequence[Town]) -> Person:
    return replace(person, street=f"{chance.randrange(1, 400)} {person.street.partition(' ')[2]}")


def _no_number(person: Person, chance: Random, places: Sequence[Town]) -> Person:
    return replace(person, street=person.street.partition(" ")[2])


def _moved_parts(person: Person, chance: Random, places: Sequence[Town]) -> Person:
    number, _, street = person.street.partition(" ")
    first, _, kind = street.partition(" ")
    return replace(person, street=chance.choice((f"{street} {number}", f"{number} {kind} {first}", f"{street}")))


def _other_town(person: Person, chance: Random, places: Sequence[Town]) -> Person:
    return replace(person, city=chance.choice(places).name)


_MISTAKES = (
    *(_slip_in("given_name"),) * 4,
    *(_slip_in("surname"),) * 5,
    *(_slip_in("street"),) * 6,
    *(_slip_in("city"),) * 5,
    *(_slip_in("postcode"),) * 4,
    *(_swapped,) * 2,
    _missing("given_name"),
    _missing("surname"),
    *(_missing("city"),) * 2,
    *(_missing("state"),) * 2,
    *(_other_given,) * 2,
    *(_other_surname,) * 2,
    *(_other_number,) * 2,
    *(_no_number,) * 2,
    *(_moved_parts,) * 2,
    *(_other_town,) * 2,
)
