"""What the page says of DataPoint: where its e-mail went, and that it contacts only whom it knows from its own form."""

from __future__ import annotations

from tests.mailing import bodies
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, ask, confirm, do, now

OWN_FORM = "DataPoint contacts only people named on its own form"


async def test_dp5_naming_says_that_datapoint_is_not_told(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert "Name the same person on DataPoint's own form, too" in await now(phone, path)
    form = text_of((await phone.get(f"{path}/technical-contact")).text)
    assert "This tells us, not DataPoint." in form and OWN_FORM in form
    question = await ask(phone, path, "technical-contact", name="Lee Park", email=registering.lee)
    assert "DataPoint does not learn of this: please name Lee Park on DataPoint's own form, too." in text_of(
        question.text
    )
    said = text_of((await confirm(phone, question)).text)
    assert "also name them on DataPoint's own form" in said
    told = await now(phone, path)
    assert told.startswith("Your turn Answer DataPoint's e-mail")
    assert f"Name Lee Park on DataPoint's form, too. {OWN_FORM}" in told
    lees = await now(phone, await registering.link(registering.lee))
    assert "still has to register with DataPoint and to name you on DataPoint's own form." in lees


async def test_dp5_who_is_known_to_us_alone_is_no_reason_to_have_nothing_to_do(
    registering: Clinic, phone: Browser
) -> None:
    path = await registering.link(registering.contact)
    await do(phone, path, "technical-contact", name="Lee Park", email=registering.lee)
    await registering.record("practice_information_given")
    await registering.record("eula_accepted", version="3.1", accepted_by="Dana Reyes")
    told = await now(phone, path)
    assert "Once it has the name, DataPoint has 24 hours to make contact." in told
    assert told.startswith(f"DataPoint's turn Is Lee Park on DataPoint's form, too? {OWN_FORM}")
    assert "Nothing to do for you now" not in told and "24 hours from" not in told
    lees = await registering.link(registering.lee)
    told = await now(phone, lees)
    assert "once Dana Reyes has named you, as you are on record here, on DataPoint's own form, too." in told
    assert f"DataPoint contacts you at {registering.lee}" not in told
    # DataPoint's own report of the same person: it knows.
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee, phone="312 5550")
    told = await now(phone, path)
    assert told.startswith("DataPoint's turn Nothing to do for you now DataPoint contacts Lee Park")
    assert OWN_FORM not in told
    assert f"DataPoint contacts you at {registering.lee}" in await now(phone, lees)


async def test_dp5_whom_datapoint_has_reached_it_knows(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await do(phone, path, "technical-contact", name="Lee Park", email=registering.lee)
    await registering.record("practice_information_given")
    await registering.record("eula_accepted", version="3.1", accepted_by="Dana Reyes")
    await registering.record("technical_contact_reached")
    assert "on DataPoint's form" not in await now(phone, path)
    await do(phone, path, "technical-contact", name="Uma Cho", email=f"uma@{registering.id}.test")
    told = await now(phone, path)
    assert "Is Uma Cho on DataPoint's form, too?" in told and "Name Uma Cho on DataPoint's form, too." in told
    umas = await registering.link(f"uma@{registering.id}.test")
    unknown = "DataPoint does not know you yet: Dana Reyes has to name you on DataPoint's own form."
    assert unknown in await now(phone, umas)
    page = text_of((await phone.get(umas)).text)
    assert "DataPoint contacted the technical contact of that time Done" in page
    await do(phone, umas, "ready")
    told = await now(phone, umas)
    assert told.startswith("Your turn Name times that suit you") and unknown in told
    assert "Answer DataPoint's message" not in told
    await do(phone, umas, "ready", times="Mondays")
    told = await now(phone, umas)
    assert unknown in told and "answer it directly" not in told


async def test_dp3_where_datapoints_mail_went_is_told_as_far_as_it_is_known(
    registering: Clinic, phone: Browser
) -> None:
    path, new = await registering.link(registering.contact), f"dana.reyes@{registering.id}.test"
    assert f"in its e-mail to {registering.contact}" in await now(phone, path)
    question = await ask(phone, path, "address", email=new)
    truth = f"DataPoint may still write to {registering.contact}. Our team asks it to write to {new} instead."
    assert truth in text_of(question.text)
    await confirm(phone, question)
    told = await now(phone, await registering.link(new))
    assert f"in its e-mail to {registering.contact}" in told and f"e-mail to {new}" not in told
    assert f"DataPoint may still write to {registering.contact}: please look there, too." in told
    assert f"We ask it to write to {new} instead." in told
    alert = bodies(await registering.told("has another e-mail address"))[0]
    assert f"Please ask DataPoint to write to {new} instead." in " ".join(alert.split())


async def test_dp3_an_address_that_was_corrected_before_datapoint_had_any_is_the_one(
    clinic: Clinic, phone: Browser
) -> None:
    new = f"dana.reyes@{clinic.id}.test"
    await clinic.start()
    await clinic.command("correct_contact", contact={"email": new})
    await clinic.record("queued")
    told = await now(phone, await clinic.link(new))
    assert f"It goes to {new} and comes from" in told and "the address that you had" not in told


async def test_dp3_while_the_invitation_is_awaited_it_goes_where_datapoint_was_told(
    clinic: Clinic, phone: Browser
) -> None:
    new = f"dana.reyes@{clinic.id}.test"
    await clinic.start()
    await clinic.record("queued")
    await do(phone, await clinic.link(clinic.contact), "address", email=new)
    told = await now(phone, await clinic.link(new))
    assert f"It goes to {clinic.contact} and comes from" in told and f"We ask it to write to {new} instead." in told


async def test_what_this_is_and_what_it_gains_is_told_in_two_sentences(registering: Clinic, phone: Browser) -> None:
    for to in (registering.contact, registering.lee):
        if to == registering.lee:
            await registering.record("technical_contact_designated", name="Lee Park", email=to)
        page = text_of((await phone.get(await registering.link(to))).text)
        assert "What is this? DataPoint is a service of IDEXX that copies" in page
        assert "Your staff need not type them in a second time" in page


async def test_dp8_clients_are_copied_only_once_the_first_copy_is_complete(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await registering.record("data_received", clients=800)
    page = text_of((await phone.get(path)).text)
    assert "Your data begins to arrive Done" in page and "Your clients and patients are copied" not in page
    await registering.record("import_completed", clients=800)
    assert "Your clients and patients are copied Done" in text_of((await phone.get(path)).text)
