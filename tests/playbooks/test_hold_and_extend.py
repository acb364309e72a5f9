"""A hold pauses deadlines and reminders; an extension moves one deadline."""

from __future__ import annotations

from datetime import date

import pytest

from playbooks.engine.transition import Refused
from tests.playbooks.practice import CHICAGO, MONDAY, REGISTRATION, Practice, at, days, hours

WEDNESDAY = at(date(2026, 11, 25), 12)


def waiting() -> Practice:
    """In DataPoint's queue since Monday 10:00: invited by Wednesday 10:00."""
    return Practice().records("queued")


def test_a_hold_keeps_what_was_left_of_elapsed_hours() -> None:
    practice = waiting().sleep(hours(10))
    practice.order("hold", until=practice.now + days(4))
    assert (practice.view().status, practice.view().sla) == ("on_hold", "paused")
    assert practice.view().hold_until == practice.now + days(4)
    assert practice.live(days(4)) == []
    assert practice.view().status == "open"
    assert practice.view().due_at == practice.now + hours(38)
    assert [entry.name for entry in practice.journal[-2:]] == ["hold", "hold_ends"]


def test_resuming_early_gives_back_the_rest_of_the_hold() -> None:
    practice = waiting().sleep(hours(10))
    practice.order("hold", until=practice.now + days(30))
    practice.sleep(days(1)).order("resume")
    assert practice.view().due_at == practice.now + hours(38)
    assert practice.view().hold_until is None
    practice.live(days(31))
    practice.wake()
    assert "hold_ends" not in [entry.name for entry in practice.journal]


def test_a_hold_over_a_holiday_keeps_the_business_time_that_was_left() -> None:
    practice = Practice(now=WEDNESDAY)
    practice.sleep(hours(2)).order("hold", until=at(date(2026, 11, 27), 9))
    # Two of twenty-four hours are used; Friday from 9:00 has fifteen, Monday gives the other seven.
    assert practice.view().due_at == at(date(2026, 11, 30), 7)


def test_a_resume_outside_working_hours_counts_from_the_next_business_day() -> None:
    practice = Practice(now=WEDNESDAY)
    practice.order("hold", until=at(date(2026, 12, 31)))
    practice.sleep(at(date(2026, 11, 28), 22) - practice.now).order("resume")
    assert practice.view().due_at == at(date(2026, 12, 1), 0)


def test_a_hold_after_the_breach_stops_the_escalation_and_the_stage_stays_overdue() -> None:
    practice = waiting()
    practice.live(hours(49))
    practice.order("hold", until=practice.now + days(7))
    assert practice.view().sla == "paused"
    assert practice.live(days(6.9)) == []
    practice.live(hours(3))
    assert practice.view().sla == "breached"
    # The manager's business day had run for an hour before the hold.
    mails = practice.live(days(3))
    assert [(mail.to, mail.at) for mail in mails] == [("manager", at(date(2026, 11, 27)))]


def test_a_hold_that_ends_in_a_breach_sends_one_mail_each() -> None:
    practice = waiting().sleep(hours(47))
    practice.order("hold", until=practice.now + days(2))
    mails = practice.live(days(2) + hours(2))
    assert [(mail.kind, mail.at) for mail in mails] == [
        ("invitation_overdue", MONDAY + days(4)),
        ("escalation", MONDAY + days(4)),
    ]


def test_due_soon_before_a_hold_is_not_repeated_after_it() -> None:
    practice = waiting()
    practice.live(hours(40))
    practice.order("hold", until=practice.now + days(2))
    practice.live(days(2) + hours(1))
    assert [entry.name for entry in practice.journal].count("due_soon") == 1


def test_a_stage_that_begins_during_a_hold_has_all_its_time_afterwards() -> None:
    practice = waiting().sleep(hours(10))
    practice.order("hold", until=MONDAY + days(5))
    practice.sleep(days(1)).records("invitation_sent", *REGISTRATION)
    assert practice.view().stage == "installation_contact"
    assert practice.view().status == "on_hold"
    assert practice.view().due_at == MONDAY + days(6)


def test_no_reminder_while_on_hold_and_its_days_do_not_count() -> None:
    practice = waiting().records("invitation_sent").sleep(days(1))
    practice.order("hold", until=practice.now + days(14))
    assert practice.live(days(14)) == []
    mails = practice.live(days(7))
    # One day was used before the hold that ends on Tuesday 1 December; the third ends on Thursday, then the seventh.
    assert [mail.at for mail in mails] == [at(date(2026, 12, 3)), at(date(2026, 12, 7))]
    assert all(9 <= mail.at.astimezone(CHICAGO).hour < 17 for mail in mails)


def test_a_hold_that_replaces_another_counts_once() -> None:
    practice = waiting().sleep(hours(10))
    practice.order("hold", until=practice.now + days(10))
    practice.sleep(days(1)).order("hold", until=practice.now + days(1))
    assert practice.view().hold_until == practice.now + days(1)
    practice.live(days(1))
    assert practice.view().due_at == practice.now + hours(38)
    assert [entry.name for entry in practice.journal].count("hold_ends") == 1


def test_several_holds_add_up() -> None:
    practice = waiting()
    for _ in range(3):
        practice.sleep(hours(10)).order("hold", until=practice.now + hours(5))
        practice.live(hours(5))
    assert practice.view().due_at == MONDAY + hours(48 + 15)


def test_a_hold_then_withdrawn_is_over() -> None:
    practice = waiting()
    practice.order("hold", until=practice.now + days(10))
    practice.order("withdraw")
    view = practice.view()
    assert (view.status, view.sla, view.hold_until, view.next_wakeup) == ("withdrawn", "none", None, None)
    assert view.search_attributes["Stage"] == "withdrawn"
    assert practice.live(days(40)) == []


def test_holding_needs_an_end_in_the_future_and_resuming_a_hold() -> None:
    practice = waiting()
    with pytest.raises(Refused, match=r"Say until when the hold lasts \('until'\)"):
        practice.order("hold")
    with pytest.raises(Refused, match="Mon 16 Nov 2026, 09:00 EST has passed; the hold must end in the future"):
        practice.order("hold", until=MONDAY - hours(1))
    with pytest.raises(Refused, match="is not on hold, so there is nothing to resume"):
        practice.order("resume")


def test_an_extension_moves_the_deadline_and_its_timers() -> None:
    practice = waiting().sleep(hours(10))
    practice.order("extend", until=MONDAY + days(7))
    assert practice.view().due_at == MONDAY + days(7)
    assert practice.live(days(6)) == []
    assert [mail.kind for mail in practice.live(days(1))] == ["invitation_overdue", "escalation"]


def test_a_deadline_extended_after_the_breach_can_be_missed_again() -> None:
    practice = waiting()
    practice.live(hours(50))
    practice.order("extend", until=practice.now + days(5))
    assert practice.view().sla == "on_track"
    practice.live(days(6))
    assert practice.kinds.count("invitation_overdue") == 2
    assert practice.kinds.count("escalation") == 3
    assert len({mail.key for mail in practice.mails}) == len(practice.mails)


def test_a_hold_moves_an_extension_given_before() -> None:
    practice = waiting()
    practice.order("extend", until=MONDAY + days(4))
    practice.sleep(days(1)).order("hold", until=MONDAY + days(3))
    assert practice.view().due_at == MONDAY + days(6)


def test_an_extension_during_a_hold_ends_at_the_given_time() -> None:
    practice = waiting()
    practice.order("hold", until=MONDAY + days(4))
    practice.sleep(days(1)).order("extend", until=MONDAY + days(10))
    assert practice.view().due_at == MONDAY + days(10)
    practice.sleep(days(1)).order("resume")
    # Six days were left after the hold; they run from the resumption.
    assert practice.view().due_at == MONDAY + days(8)


def test_an_extension_of_an_overdue_stage_on_hold_must_end_after_the_hold() -> None:
    practice = waiting()
    practice.live(hours(49))
    practice.order("hold", until=MONDAY + days(10))
    with pytest.raises(Refused, match="extend to a later time, or resume first"):
        practice.order("extend", until=MONDAY + days(9))
    practice.order("extend", until=MONDAY + days(11))
    assert practice.view().due_at == MONDAY + days(11)


def test_an_extension_never_shortens() -> None:
    practice = waiting()
    with pytest.raises(Refused, match="is due Wed 18 Nov 2026, 10:00 EST already; an extension must end later"):
        practice.order("extend", until=MONDAY + hours(47))


def test_a_deadline_is_moved_back_but_never_before_its_own() -> None:
    practice = waiting()
    own = practice.view().due_at
    assert own == MONDAY + hours(48)
    for until in (days(4), days(40)):
        practice.order("extend", until=MONDAY + until)
    practice.order("extend", until=MONDAY + days(10))
    assert practice.view().due_at == MONDAY + days(10)
    practice.order("extend", until=MONDAY + days(4))
    assert practice.view().due_at == MONDAY + days(4)
    assert practice.journal[-1].text.endswith("deadline moved back to Fri 20 Nov 2026, 10:00 EST")
    with pytest.raises(Refused, match="is due Wed 18 Nov 2026, 10:00 EST already; an extension must end later"):
        practice.order("extend", until=MONDAY + hours(47))
    practice.order("extend", until=own)
    assert practice.view().due_at == own
    with pytest.raises(Refused, match="an extension must end later"):
        practice.order("extend", until=own)


def test_an_overdue_stage_whose_deadline_is_moved_back_is_overdue_again_without_another_mail() -> None:
    practice = waiting()
    practice.live(days(3))
    overdue, sent = practice.view().due_at, list(practice.kinds)
    practice.order("extend", until=practice.now + days(20))
    assert practice.view().sla == "on_track"
    practice.order("extend", until=overdue)
    assert (practice.view().due_at, practice.view().sla) == (overdue, "breached")
    practice.live(hours(1))
    assert practice.kinds == sent
    with pytest.raises(Refused, match="has passed; the extension must end in the future"):
        practice.order("extend", until=practice.now - hours(1))


def test_an_extension_needs_a_deadline() -> None:
    practice = waiting().records("invitation_sent")
    with pytest.raises(Refused, match="has no deadline at the stage 'registration'"):
        practice.order("extend", until=MONDAY + days(9))


def test_an_old_extension_does_not_cut_a_stage_that_begins_again() -> None:
    practice = Practice().through("initial_import")
    practice.order("extend", until=MONDAY + days(8))
    practice.sleep(days(20)).order("retract", fact="agent_installed")
    practice.records("agent_installed")
    assert practice.view().due_at == MONDAY + days(27)
    assert practice.view().sla == "on_track"


def test_due_soon_of_an_extension_is_three_quarters_of_the_time_given() -> None:
    practice = waiting()
    practice.live(hours(40))
    practice.order("extend", until=practice.now + days(4))
    practice.live(days(3) + hours(1))
    soon = [entry.at for entry in practice.journal if entry.name == "due_soon"]
    assert soon == [MONDAY + hours(36), MONDAY + hours(40) + days(3)]
