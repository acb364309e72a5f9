"""A contact reports any fact that the playbook has their role report, unless something else reports it."""

from __future__ import annotations

import asyncio

import pytest

from integrations.model import Integration
from integrations.registry import INTEGRATIONS
from playbooks.datapoint import DATAPOINT
from playbooks.registry import PLAYBOOKS
from tests.playbooks.trials.vault import VAULT
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, ask, confirm, do, technical

INFORMATION, EULA = "report-practice_information_given", "report-eula_accepted"


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """An integration of which nothing is known but its playbook."""
    monkeypatch.setitem(INTEGRATIONS, "datapoint", Integration(playbook=DATAPOINT))


async def test_what_the_partner_reports_itself_is_not_offered(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert "/report-" not in (await phone.get(path)).text
    for name in (EULA, "report-queued", "report-unheard_of"):
        assert (await phone.get(f"{path}/{name}")).status_code == 404


@pytest.mark.usefixtures("plain")
async def test_only_what_their_role_reports_is_offered(registering: Clinic, phone: Browser) -> None:
    path, lees = await registering.link(registering.contact), await technical(registering)
    danas_page, lees_page = (await phone.get(path)).text, (await phone.get(lees)).text
    assert all(f'href="{path}/{name}"' in danas_page for name in (INFORMATION, EULA))
    assert "report-agent_installed" not in danas_page
    assert f'href="{lees}/report-agent_installed"' in lees_page and EULA not in lees_page
    assert (await phone.get(f"{lees}/{EULA}")).status_code == 404
    question = await ask(phone, path, EULA, d_version="2026-01", d_accepted_by="Dana Reyes")
    stolen = {"csrf": await phone.token(f"{lees}/help"), "once": "1", "d_version": "2026-01", "d_accepted_by": "Lee"}
    assert (await phone.client.post(f"{lees}/{EULA}/confirm", data=stolen)).status_code == 404
    assert "eula_accepted" in (await registering.show()).missing
    assert "It is on record: EULA accepted." in text_of((await confirm(phone, question)).text)


@pytest.mark.usefixtures("plain")
async def test_looking_and_asking_records_nothing_and_two_clicks_record_it_once(
    registering: Clinic, phone: Browser
) -> None:
    path = await registering.link(registering.contact)
    await phone.get(f"{path}/{EULA}")
    assert (await phone.get(f"{path}/{EULA}/confirm")).status_code == 405
    question = await ask(phone, path, EULA, d_version="2026-01", d_accepted_by="Dana Reyes")
    assert "eula_accepted" in (await registering.show()).missing
    await asyncio.gather(confirm(phone, question), confirm(phone, question))
    (fact,) = [fact for fact in (await registering.show()).facts if fact.name == "eula_accepted"]
    assert (fact.by, fact.data) == ("contact:dana", {"version": "2026-01", "accepted_by": "Dana Reyes"})
    gone = await phone.get(f"{path}/{EULA}")
    assert (gone.status_code, "Your page shows where it stands now." in text_of(gone.text)) == (409, True)


@pytest.mark.usefixtures("plain")
async def test_what_is_wrong_is_said_by_the_fields_label_and_what_was_typed_stays(
    registering: Clinic, phone: Browser
) -> None:
    path = await registering.link(registering.contact)
    wrong = await ask(phone, path, INFORMATION, d_client_count="many", d_comments="Ring twice")
    assert (wrong.status_code, "Number of clients must be a whole number." in text_of(wrong.text)) == (422, True)
    assert "Ring twice" in wrong.text
    missing = await ask(phone, path, EULA, d_version="2026-01", d_accepted_by=" ")
    assert "Accepted by is missing." in text_of(missing.text)


@pytest.mark.usefixtures("plain")
async def test_what_may_be_revised_is_offered_again_with_what_is_on_record(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await do(phone, path, INFORMATION, d_client_count="1200", d_address="1 Main St\r\nAustin")
    form = (await phone.get(f"{path}/{INFORMATION}")).text
    assert 'value="1200"' in form and "1 Main St\nAustin" in form
    told = await do(phone, path, INFORMATION, d_client_count="1300", d_address="1 Main St\r\nAustin")
    assert "Has something else happened?" in told
    data = [fact.data for fact in (await registering.show()).facts if fact.name == "practice_information_given"]
    assert [each["client_count"] for each in data] == [1200, 1300]


async def test_a_fact_with_a_secret_is_not_offered(
    clinic: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PLAYBOOKS, "vault", VAULT)
    clinic.playbook = "vault"
    await clinic.start()
    await clinic.record("key_given", client_id="abc", client_secret="hush-0123456789-hush")
    path = await clinic.link(clinic.contact)
    assert "hush-" not in (await phone.get(path)).text
    assert (await phone.get(f"{path}/report-key_given")).status_code == 404
