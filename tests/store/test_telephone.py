"""A search is split into words and whole telephone numbers, whatever stands between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.telephone import words_of

NUMBERS = ("(312) 555-0118", "312 555 0118", "312.555.0118", "+1 312-555-0118", "1 312 555 0118", "555-0118")
BESIDE = (" ", ", ", "; ", ": ", ". ", "? ")


@given(st.sampled_from(NUMBERS), st.sampled_from(BESIDE), st.sampled_from(("bell", "jo@bell.test", "a-1")))
def test_a_number_and_a_word_are_two_in_either_order(number: str, between: str, word: str) -> None:
    assert words_of(f"{number}{between}{word}") == [number, word]
    assert words_of(f"{word}{between}{number}") == [word, number]
    assert words_of(f"{number}{between}{word}{between}") == [number, word]


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("bell 2 312 555 0118", ["bell", "2", "312 555 0118"]),
        ("bell 2, 555 0118", ["bell", "2", "555 0118"]),
        ("(312) 555-0118", ["(312) 555-0118"]),
        ("Smith, Jo", ["Smith", "Jo"]),
        ('"Jo Bell" <jo@bell.test>', ["Jo", "Bell", "jo@bell.test"]),
        ("bell bell", ["bell"]),
        ("?", ["?"]),
        ("", []),
    ],
)
def test_what_stands_beside_a_word_is_no_part_of_it(search: str, words: list[str]) -> None:
    assert words_of(search) == words
