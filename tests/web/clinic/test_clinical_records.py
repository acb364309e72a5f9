"""RX4: a patient's clinical records are picked by date and description, as the practice's ezyVet has them."""

from __future__ import annotations

from tests.web.browser import text_of
from tests.web.clinic.surgery import Surgery


async def test_rx4_the_vet_picks_a_clinical_record_and_sees_the_last_visit(connected: Surgery) -> None:
    at, headers = f"{connected.at}/patients/6/records", {"HX-Request": "true"}
    last = text_of((await connected.browser.get(f"{at}?part=last", headers=headers)).text)
    assert "Sun 7 Jul 2024" in last and "Itchy ears" in last
    choice = (await connected.browser.get(f"{at}?part=choice&chosen=15", headers=headers)).text
    assert '<option value="15" selected>Sun 7 Jul 2024: Itchy ears</option>' in choice and "Vaccination" not in choice
    fields = {"product-0": "carprofen-75", "qty-0": "1", "prescriber": "dr-ames", "clinical_record": "15"}
    page = f"{connected.at}/write/6"
    answer = await connected.browser.submit(page, fields, action=page)
    view = await connected.show(str(answer.url).rpartition("/")[2])
    assert view.position.clinical_record == 15


async def test_what_ezyvet_does_not_know_is_said_and_a_number_can_be_typed(connected: Surgery) -> None:
    headers = {"HX-Request": "true"}
    answer = await connected.browser.get(f"{connected.at}/patients/7/records?part=choice", headers=headers)
    assert "Number of the clinical record" in text_of(answer.text) and "no animal 7" in text_of(answer.text)
    whole = text_of((await connected.browser.get(f"{connected.at}/patients/6/records")).text)
    assert "Clinical records of Biscuit in ezyVet" in whole and "Itchy ears" in whole
    patient = (await connected.browser.get(f"{connected.at}/patients/6")).text
    assert f'href="{connected.at}/patients/6/records">Clinical records of Biscuit in ezyVet</a>' in patient
