"""An onboarding may take years (DP14): its history is renewed, its holidays are looked up again, it never closes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.system.harness import Practice, begin


@pytest.mark.outcome("renewed")
async def test_dp14_a_registration_that_takes_a_year(practice: Practice) -> None:
    await begin(practice, history_limit=60)
    await practice.record("queued")
    await practice.record("invitation_sent", key="first")
    opened = await practice.show()
    await practice.mailbox.wait_for(practice.contact)

    # A renewal may cut a fast-forward short, so the clock itself says when it is enough.
    late = opened
    while late.now < opened.now + timedelta(days=365):
        await practice.forward(timedelta(days=90))
        late = await practice.shown_when(lambda seen: all(mail.state == "sent" for mail in seen.mails))

    assert (late.status, late.stage, late.run) == ("open", "registration", opened.run)
    assert (await practice.handle.describe()).run_id != opened.run, "the history was renewed"
    reminders = [mail.ordered_at for mail in late.mails if mail.kind == "registration_reminder"]
    days = [round((at - opened.entered_at) / timedelta(days=1)) for at in reminders]
    # Moving the clock may skip over the moment in which a history is renewed, so that a late one comes later still;
    # none is lost or comes twice.
    wanted = [3, 7, 14, 21, *range(51, days[-1] + 1, 30)]
    assert len(days) == len(wanted)
    assert [day for day, ideal in zip(days[:5], wanted[:5], strict=True) if not 0 <= day - ideal <= 4] == []
    assert sorted(set(days)) == days
    assert days[-1] >= 340
    again = await practice.record("invitation_sent", key="first")
    assert again.outcome == "already_known", "keys outlive the renewal"
    await practice.register()
    assert (await practice.show()).stage == "installation_contact"


async def test_holidays_are_looked_up_again_before_they_run_out(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    first = (await practice.desk.state(practice.identity)).onboarding.team_calendar.known_until
    await practice.forward(timedelta(days=690))
    later = (await practice.desk.state(practice.identity)).onboarding.team_calendar
    assert later.known_until > first
    assert "Christmas Day" in later.holidays.values()
