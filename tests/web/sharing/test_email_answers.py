"""RS2: a refused request by e-mail is answered where that is safe, and a person decides about a doubtful one."""

from __future__ import annotations

from tests.mailing import assert_mail_contains
from tests.signing import mail, signed
from tests.system.harness import Mailbox
from tests.web.browser import Browser, next_number, text_of
from tests.web.clinic.conftest import Linked
from tests.web.sharing.group import Group
from tests.web.sharing.mailroom import Mailroom

UNCLEAR = "Please share our records."


async def test_rs2_a_refusal_is_answered_once_and_only_to_who_is_shown_or_on_record(
    group: Group, mailroom: Mailroom, mailbox: tuple[Mailbox, int]
) -> None:
    await mailroom.let_ask("north")
    boss, domain = mailroom.boss(), f"{group.id('north')}.test"
    raw = mailroom.letter(text=UNCLEAR)
    status, found = await mailroom.hand_in(raw)
    assert (status, found["answered"]) == (422, True)
    (answer,) = await mailbox[0].wait_for(boss)
    assert_mail_contains(answer, "The reason: It does not say clearly with which clinics", "nothing is shared by it")
    assert UNCLEAR not in str(answer), "nothing of the request is repeated"
    status, found = await mailroom.hand_in(raw)
    assert (status, found["answered"]) == (422, False), "the same message again"

    forged = mail(boss, f"Share with {group.id('south')}", number=next_number())
    status, found = await mailroom.hand_in(forged)
    assert (status, found["answered"]) == (422, True), "the clinic learns that its address is used"
    assert_mail_contains((await mailbox[0].wait_for(boss, 2))[1], "somebody has used your address", "no signature")

    other = f"somebody-{next_number()}@{domain}"
    status, found = await mailroom.hand_in(signed(mail(other, UNCLEAR, number=next_number()), domain))
    assert (status, found["answered"]) == (422, True), "its domain signed it"
    assert_mail_contains((await mailbox[0].wait_for(other))[0], "not the address on a clinic's account")

    strangers = (mail(f"you-{next_number()}@stranger.test", UNCLEAR), mail(f"boss@mail.{domain}", UNCLEAR))
    away = mail(boss, "I am back on Monday.", number=next_number()).replace(
        b"To:", b"Auto-Submitted: auto-replied\r\nTo:"
    )
    daemon = signed(mail(f"MAILER-DAEMON@{domain}", "550 no such user", number=next_number()), domain)
    for raw in (*strangers, signed(away, domain), daemon):
        status, found = await mailroom.hand_in(raw)
        assert (status, found["answered"]) == (422, False), raw


async def test_rs2_many_mails_in_a_clinics_name_do_not_bring_it_as_many_answers(mailroom: Mailroom) -> None:
    await mailroom.let_ask("north")
    answered = [(await mailroom.hand_in(mail(mailroom.boss(), UNCLEAR, number=n)))[1]["answered"] for n in range(9)]
    assert answered.count(True) < 9


async def test_rs2_a_person_decides_on_the_console_about_what_cannot_be_checked(
    group: Group, mailroom: Mailroom, mailbox: tuple[Mailbox, int], linked_web: Linked
) -> None:
    await mailroom.let_ask("south")
    here, boss = group.id("south"), mailroom.boss("south")
    _, found = await mailroom.hand_in(mailroom.letter("south", f"Share with {group.id('north')}, please <b>now</b>."))
    page = f"/practices/{here}/sharing/requests/{found['id']}"
    ana = await Browser.of_new_person(*(linked_web[0], group.desk.database), "specialist", f"ana-{next_number()}")
    viewer = await Browser.of_new_person(*(linked_web[0], group.desk.database), "viewer", f"vi-{next_number()}")
    async with ana, viewer:
        for listed in ("/needs", "/"):
            needs = (await ana.get(listed)).text
            assert "waits for a decision" in text_of(needs) or "accept or refuse the request" in text_of(needs)
        assert page in (await ana.get("/needs")).text
        assert page in (await ana.get(f"/practices/{here}/sharing")).text
        shown = (await ana.get(page)).text
        for part in ("please &lt;b&gt;now&lt;/b&gt;", "cannot be checked:", "its key is no longer in DNS", boss):
            assert part in shown
        assert "Refuse it" not in (await viewer.get(page)).text
        order = {"act": "refuse", "why": "No", "csrf": await viewer.token()}
        assert (await viewer.client.post(page, data=order)).status_code == 403
        assert (await ana.get(f"/practices/{group.id('north')}/sharing/requests/{found['id']}")).status_code == 404

        wrong = await ana.submit(page, {"act": "refuse", "why": " "}, page)
        assert (wrong.status_code, "Say why" in text_of(wrong.text)) == (422, True)
        done = await ana.submit(page, {"act": "refuse", "why": "Dr. Lund did not write it."}, page)
        assert "A mail says why." in text_of(done.text)
        assert_mail_contains((await mailbox[0].wait_for(boss))[0], "The reason: Dr. Lund did not write it.")
        assert "Refuse it" not in done.text
        again = await ana.client.post(page, data={"act": "accept", "why": "Yes", "csrf": await ana.token()})
        assert (again.status_code, "in the meantime" in text_of(again.text)) == (422, True)

        _, found = await mailroom.hand_in(mailroom.letter("south", f"Share with {group.id('north')}."))
        page = f"/practices/{here}/sharing/requests/{found['id']}"
        done = await ana.submit(page, {"act": "accept", "why": "Dr. Lund was called."}, page)
        assert "Each clinic is asked" in text_of(done.text)
    assert await group.states("north") == {"south": "requested"}
