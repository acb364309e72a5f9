"""RX: the team's page of a practice's ezyVet, against ezyVet's simulator over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from desk.service import Desk
from integrations.ezyvet import findings
from integrations.ezyvet.findings import Found
from integrations.ezyvet.sites import set_state
from tests.simulators.ezyvet.running import RunningEzyvet
from tests.system.harness import Mailbox, Practice, eventually
from tests.web.browser import Browser, next_number, text_of
from tests.web.ezyvet_patients import enter_patients


@pytest.fixture
async def practice(ezyvet_web: tuple[str, Desk], mailbox: tuple[Mailbox, int]) -> Practice:
    """A practice that has just asked to be connected."""
    one = Practice(ezyvet_web[1], mailbox[0], f"console-{next_number()}", playbook="ezyvet")
    await one.start()
    await one.record("access_granted")
    return one


@pytest.fixture
async def ana(ezyvet_web: tuple[str, Desk]) -> AsyncIterator[Browser]:
    """A specialist."""
    address, desk = ezyvet_web
    async with await Browser.of_new_person(address, desk.database, "specialist", f"ana-{next_number()}") as one:
        yield one


@pytest.fixture
async def site(ezyvet: RunningEzyvet, practice: Practice) -> dict[str, Any]:
    return await ezyvet.seed(practice.id)


async def enter_credentials(ana: Browser, page: str, site: dict[str, Any], **changed: str) -> str:
    given = {"client_id": site["client_id"], "client_secret": site["client_secret"], "site_uid": site["uid"], **changed}
    text = "\n".join(f"{name}: {value}" for name, value in given.items())
    answer = await ana.submit(page, {"text": text}, f"{page}/credentials")
    assert given["client_secret"] not in answer.text
    return text_of(answer.text)


async def test_rx_credentials_and_prescribers_are_entered_on_the_practices_page(
    practice: Practice, ana: Browser, site: dict[str, Any], ezyvet: RunningEzyvet
) -> None:
    page = f"/practices/{practice.id}/ezyvet"
    assert f'href="{page}"' in (await ana.get(f"/onboardings/ezyvet/{practice.id}")).text
    assert "There are no credentials yet." in text_of((await ana.get(page)).text)
    assert "refuses the credentials (401" in await enter_credentials(ana, page, site, client_secret="wr0ng-s3cret")
    assert "4 users, 2 with vet rights." in await enter_credentials(ana, page, site)

    async def save(**form: str) -> str:
        return text_of((await ana.submit(page, form, f"{page}/prescribers")).text)

    shown = (await ana.get(page)).text
    assert "Vera Okafor (10)" in shown and "Tom Nguyen" not in shown and "Reception" not in shown
    assert "Saved: who prescribes." in await save(new_vet="dr-okafor", new_user="10")
    assert "is dr-okafor already" in await save(**{"user-dr-okafor": "10"}, new_vet="dr-wim", new_user="10")
    assert "not a vet's handle" in await save(new_vet="dr wim", new_user="13")
    assert "is missing" in await save(new_vet="dr-wim", new_user="")
    await save(**{"user-dr-okafor": "13"}, new_vet="dr-wim", new_user="10")
    assert '<option value="13" selected>' in (await ana.get(page)).text
    await ezyvet.control("POST", f"/sites/{site['uid']}/user/13", {"active": False})
    assert "The ezyVet user 13 (Wim de Vries) is switched off" in text_of((await ana.get(page)).text)
    assert "All together" in (await ana.get(page)).text, "the limits"


async def test_rx_a_site_that_lets_us_in_no_more_is_shown_with_why_and_comes_back(
    practice: Practice, ana: Browser, site: dict[str, Any], ezyvet: RunningEzyvet
) -> None:
    page = f"/practices/{practice.id}/ezyvet"
    await enter_credentials(ana, page, site)
    await ezyvet.control("POST", f"/sites/{site['uid']}", {"state": "revoked"})
    seen = text_of((await ana.get(page)).text)
    assert "No access" in seen and "Prescriptions wait, and follow in order" in seen
    onboarding = text_of((await ana.get(f"/onboardings/ezyvet/{practice.id}")).text)
    assert "No access Ask the practice for access, or for new credentials." in onboarding
    await ezyvet.control("POST", f"/sites/{site['uid']}", {"state": "live"})
    assert "ezyVet gives us access: 4 users" in await enter_credentials(ana, page, site)
    assert "ezyVet answers." in text_of((await ana.get(page)).text)
    assert (await ana.get("/practices/unheard-of/ezyvet")).status_code == 404


async def test_rx_the_credentials_of_a_practice_that_leaves_are_deleted(
    practice: Practice, ana: Browser, site: dict[str, Any]
) -> None:
    page = f"/practices/{practice.id}/ezyvet"
    await enter_credentials(ana, page, site)
    await practice.record("prescribers_confirmed", confirmed_by="Dana Reyes")
    assert "The credentials are deleted for good" in text_of((await ana.get(page)).text)
    assert "Say why" in text_of((await ana.submit(page, {"why": " "}, f"{page}/disconnect")).text)
    done = text_of((await ana.submit(page, {"why": "The practice was sold"}, f"{page}/disconnect")).text)
    assert "What is to be sent waits." in done and "The credentials were deleted: The practice was sold (ana-" in done
    async with practice.desk.database.connect() as connection:
        kept = text("SELECT count(*) FROM ezyvet_sites WHERE practice = :p AND sealed IS NOT NULL")
        assert await connection.scalar(kept, {"p": practice.id}) == 0
    assert (await practice.show()).stage == "credentials", "on record in the onboarding, as it is open"
    assert f"{page}/disconnect" not in (await ana.get(page)).text, "there is nothing to delete any more"
    assert "4 users" in await enter_credentials(ana, page, site), "it can be connected again"


async def test_rx12_the_test_prescription_is_sent_once_and_seen(
    practice: Practice, ana: Browser, site: dict[str, Any], ezyvet: RunningEzyvet
) -> None:
    page = f"/practices/{practice.id}/ezyvet"
    await enter_patients(practice.desk.database, practice.id)
    await enter_credentials(ana, page, site)
    await ana.submit(page, {"new_vet": "dr-okafor", "new_user": "10"}, f"{page}/prescribers")
    assert f'action="{page}/test"' not in (await ana.get(page)).text, "not before the prescribers are confirmed"
    await practice.record("prescribers_confirmed", confirmed_by="Dana Reyes")

    async def subjects() -> str:
        return "\n".join(mail["Subject"] for mail in practice.mailbox.to(practice.contact))

    for user in ("13", "10"):
        await ana.submit(page, {"user-dr-okafor": user}, f"{page}/prescribers")
    await eventually(subjects, lambda found: found.count("Who prescribes at") == 2)

    async def send(patient: str) -> str:
        return text_of((await ana.submit(page, {"patient": patient, "vet": "dr-okafor"}, f"{page}/test")).text)

    async def held() -> list[dict[str, Any]]:
        found = await ezyvet.control("GET", f"/sites/{site['uid']}")
        return list(found["prescriptions"])

    assert "has no patient 404" in await send("404")
    assert "has died" in await send("9")
    assert "belongs to somebody else" in await send("8")
    assert await held() == []
    for _ in range(2):
        assert "in the record of animal 6" in await send("6")
    (sent,) = await held()
    assert (sent["animal_id"], sent["prescribing_vet_user_id"], sent["active"]) == ("6", "10", "1")
    await eventually(subjects, lambda found: "test prescription" in found)


async def test_rx_what_the_last_comparison_found_is_shown_until_it_is_settled(
    practice: Practice, ana: Browser, site: dict[str, Any]
) -> None:
    database, page = practice.desk.database, f"/practices/{practice.id}/ezyvet"
    await enter_credentials(ana, page, site)
    await set_state(database, practice.id, "live")
    assert "Not yet; it is compared every night." in text_of((await ana.get(page)).text)
    run = await findings.begin(database, practice.id)
    found = [
        Found("changed", "rx-1", "Rex (rx-1): Carprofen has quantity 9 there, and 3 here.", "Ask the practice."),
        Found("vet", "dr-lee", "dr-lee cannot prescribe: the user is switched off.", "Choose another user."),
        Found("repaired", "rx-2", "Juno (rx-2): It is disabled there."),
    ]
    await findings.record(database, run, found, ["rx-1", "rx-2", "rx-3"], 1)
    assert "3 compared so far" in text_of((await ana.get(page)).text)
    await findings.finish(database, run)
    shown = text_of((await ana.get(page)).text)
    assert "3 compared, 1 agreed, 1 repaired, 2 for a person." in shown
    assert "has quantity 9 there" in shown and "Repaired: Juno (rx-2)" in shown
    board = text_of((await ana.get(f"/onboardings/ezyvet/{practice.id}")).text)
    assert "Differs in ezyVet" in board and "Choose another user." in board
    left = text_of((await ana.submit(page, {"decision": "theirs"}, f"{page}/differences/rx-1")).text)
    assert "It is left as it is in ezyVet." in left and "has quantity 9 there" not in left
    await findings.fail(database, practice.id, "ezyVet does not answer.")
    assert "it could not be compared. ezyVet does not answer." in text_of((await ana.get(page)).text)
