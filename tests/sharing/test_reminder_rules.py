"""Reminders come from where a service was given, and nobody is reminded twice for one (RS7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pharmacy.reminders.gaps import DoubleReminder, Item, double_reminders, missing_rules
from pharmacy.reminders.rules import ItemOf, Reminder, Service, reminders

DHPP, RABIES, RABIES_B = ItemOf("a", "dhpp"), ItemOf("a", "rabies"), ItemOf("b", "rabies")
YEAR = 365
PAIRS = [("a", "b"), ("b", "c"), ("c", "a")]


def service(given: ItemOf, day: int, after: int | None = YEAR) -> Service:
    at = datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=day)
    return Service(at, day, at.date(), given, after)


def test_rs7_scooby_receives_dhpp_at_a_and_rabies_at_b_one_week_later() -> None:
    """The reminder for DHPP comes from Location A, the Rabies reminder from Location B."""
    assert reminders([service(RABIES_B, 7), service(DHPP, 0)], ()) == [
        Reminder("a", "dhpp", date(2027, 1, 1), False),
        Reminder("b", "rabies", date(2027, 1, 8), False),
    ]


def test_rs7_scoobys_rabies_of_b_is_updated_at_a_which_has_a_disable_reminder_action_for_it() -> None:
    given_at_both = [service(RABIES_B, 0), service(RABIES, 300)]
    without = reminders(given_at_both, ())
    assert [(each.clinic, each.done) for each in without] == [("b", False), ("a", False)], "reminded twice"
    for rule in ((RABIES, RABIES_B), (RABIES_B, RABIES)):
        ended = reminders(given_at_both, [rule])
        assert [(each.clinic, each.done) for each in ended] == [("b", True), ("a", False)]


ITEMS = st.sampled_from([ItemOf(clinic, item) for clinic in "abc" for item in ("dhpp", "rabies")])
PERIODS = st.dictionaries(ITEMS, st.none() | st.integers(1, 3000))


@given(
    st.lists(st.tuples(ITEMS, st.integers(0, 2000)), unique_by=lambda each: each[1]),
    PERIODS,
    st.sets(st.tuples(ITEMS, ITEMS)),
)
def test_no_two_clinics_remind_of_one_service_and_the_last_one_is_never_lost(
    given: list[tuple[ItemOf, int]], periods: dict[ItemOf, int | None], rules: set[tuple[ItemOf, ItemOf]]
) -> None:
    services = [service(item, day, periods.get(item)) for item, day in given]
    found = reminders(services, rules)
    assert reminders(services[::-1], rules) == found
    assert len(found) == sum(each.reminds_after_days is not None for each in services), "one for each service"
    due = [ItemOf(each.clinic, each.item) for each in found if not each.done]
    for number, one in enumerate(due):
        for other in due[number + 1 :]:
            assert one != other and (one, other) not in rules and (other, one) not in rules
    if services and (last := max(services)).reminds_after_days is not None:
        assert not found[-1].done and found[-1].clinic == last.given.clinic
    fewer = reminders(services, list(rules)[1:])
    assert all(now.done or not before.done for now, before in zip(found, fewer, strict=True)), (
        "a rule ends, never begins"
    )


def test_rs7_missing_rules_are_found_by_ids_and_by_names_and_are_gone_once_either_clinic_has_set_one() -> None:
    items = [
        Item("a", "rab1", "Rabies vaccine (1 year)", 365),
        Item("b", "r-3", "RABIES 3yr", 1095),
        Item("a", "exam", "Examination", None),
        Item("b", "exam", "Examination", None),
        Item("a", "dental", "Dental cleaning", 365),
        Item("b", "dental", "Prophylaxis", None),
        Item("a", "rabies-titer", "Rabies titer", 365),
    ]
    assert double_reminders(items, (), PAIRS) == [DoubleReminder("rab1", ("a", "b"))]
    missing = missing_rules(items, (), PAIRS)
    assert [(each.item.clinic, each.item.item, [other.item for other in each.alike]) for each in missing] == [
        ("a", "dental", ["dental"]),
        ("a", "rab1", ["r-3"]),
        ("b", "r-3", ["rab1"]),
    ]
    for rule in ((items[0].key, items[1].key), (items[1].key, items[0].key)):
        assert double_reminders(items, [rule], PAIRS) == []
        assert [each.item.item for each in missing_rules(items, [rule], PAIRS)] == ["dental"]


def test_three_clinics_that_remind_of_one_service_are_named_together() -> None:
    items = [Item(clinic, "dhpp", "DHPP", YEAR) for clinic in "cab"]
    assert double_reminders(items, (), PAIRS) == [DoubleReminder("dhpp", ("a", "b", "c"))]
    connected = [(ItemOf("a", "dhpp"), ItemOf(clinic, "dhpp")) for clinic in "bc"]
    assert double_reminders(items, connected, PAIRS) == [DoubleReminder("dhpp", ("b", "c"))]
    assert double_reminders(items, connected, PAIRS[:1]) == [], "b and c do not share"
