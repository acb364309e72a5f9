"""Weights in any style: the value itself or a reason, and never another value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pharmacy.feeds.dates import order_of, parse_date
from pharmacy.feeds.numbers import read_number
from pharmacy.feeds.values import InvalidValue
from pharmacy.feeds.weights import GRAMS_OF_SPECIES, parse_weight

SPECIES = st.sampled_from(["dog", "cat", "horse", "rabbit", "cow"])
UNITS = {"kg": 1000, "lb": 453.59237, "g": 1}
TODAY = date(2026, 11, 22)


def grouped(whole: int, mark: str) -> str:
    return f"{whole:,}".replace(",", mark)


@given(
    st.data(),
    SPECIES,
    st.sampled_from(sorted(UNITS)),
    st.sampled_from([(",", "."), ("", "."), (" ", "."), (".", ","), ("", ","), (" ", ","), ("'", ".")]),
    st.integers(0, 2),
)
def test_a_weight_never_reads_as_another(
    data: st.DataObject, species: str, unit: str, style: tuple[str, str], decimals: int
) -> None:
    lightest, heaviest = GRAMS_OF_SPECIES[species]
    most = int(heaviest / UNITS[unit])
    hundredths = data.draw(st.integers(int(lightest / UNITS[unit] * 100) + 1, most * 100))
    thousands, mark = style
    whole, part = divmod(hundredths, 100)
    text = grouped(whole, thousands) + (f"{mark}{part:02}"[: decimals + 1] if decimals else "")
    value = float(f"{whole}.{f'{part:02}'[:decimals] or 0}")
    proven = "," if mark == "," else "."
    for decimal in (proven, None):
        try:
            grams = parse_weight(f"{text} {unit}", "", species, decimal)
        except InvalidValue:
            # In its own style a weight that the species may have is read.
            assert decimal is None or not lightest <= value * UNITS[unit] <= heaviest
        else:
            assert grams == round(value * UNITS[unit]) or (not grams and not value)


@given(st.integers(1, 300), st.integers(0, 15), st.sampled_from(["lb", "lbs", "#", "pounds", "LB."]), st.booleans())
def test_pounds_and_ounces_are_both(pounds: int, ounces: int, unit: str, space: bool) -> None:
    text = f"{pounds} {unit} {ounces} oz" if space else f"{pounds}{unit}{ounces}oz"
    assert parse_weight(text, "", "dog") == round(pounds * 453.59237 + ounces * 28.349523)


@given(st.text("0123456789.,' ", min_size=1, max_size=12))
def test_a_number_has_its_digits_or_is_none(text: str) -> None:
    readings = read_number(text)
    if readings:
        digits = "".join(filter(str.isdigit, text)).strip("0")
        for reading in readings:
            assert format(Decimal(repr(reading)), "f").replace(".", "").strip("0") == digits


@given(st.dates(date(1950, 1, 1), date(2026, 11, 1)), st.sampled_from("/-."))
def test_a_date_is_read_in_its_order_only(when: date, mark: str) -> None:
    day_first, month_first = (
        f"{when.day}{mark}{when.month}{mark}{when.year}",
        f"{when.month}{mark}{when.day}{mark}{when.year}",
    )
    assert parse_date(day_first, TODAY, "day") == when == parse_date(month_first, TODAY, "month")
    for text, order in ((day_first, "day"), (month_first, "month")):
        assert order_of(text) in (order, None)
        try:
            assert parse_date(text, TODAY, None) == when
        except InvalidValue:
            assert when.day <= 12 and when.day != when.month
