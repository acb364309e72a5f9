"""A prescription for a patient whom a sister clinic sees too stays with the clinic that wrote it (RS6, RX2)."""

from __future__ import annotations

from sqlalchemy import func, select

from pharmacy.records.clinic import clinic_transaction
from tests.web.browser import text_of
from tests.web.clinic.conftest import Enter
from tests.web.clinic.surgery import Surgery
from tests.web.clinic.test_sister_clinics_looks import sister


async def test_a_shared_patients_prescription_is_written_at_its_origin_and_seen_there_alone(
    surgery: Surgery, enter: Enter
) -> None:
    other = await sister(surgery)
    async with clinic_transaction(surgery.desk.database, other.id) as connection:
        assert await connection.scalar(select(func.share_client(surgery.clinic.id, "5", other.id)))
    there = await enter(other, await other.member("vet"))
    shared = f"{surgery.clinic.id}~6"
    page = text_of((await there.get(f"{other.at}/patients/{shared}")).text)
    assert "Biscuit" in page and "Write a prescription" not in page
    assert f"Prescriptions for Biscuit are written and seen at Clinic {surgery.clinic.id}." in page

    page = f"{surgery.at}/write/6"
    fields = {"product-0": "carprofen-75", "qty-0": "2", "prescriber": "dr-ames"}
    written = await surgery.browser.submit(page, fields, action=page)
    assert "Written and approved for " in text_of(written.text)
    id = str(written.url).rpartition("/")[2]
    view = await surgery.show(id)
    assert (view.prescription.practice, view.prescription.patient) == (surgery.clinic.id, "6")
    asked = await surgery.request()
    assert "Biscuit" in (await surgery.browser.get(surgery.at)).text

    for path in (other.at, f"{other.at}/prescriptions", f"{other.at}/write?q=biscuit", f"{other.at}/tasks"):
        assert "Biscuit" not in (await there.get(path)).text, path
    for path in (f"prescriptions/{id}", f"prescriptions/{asked}", f"write/{shared}", "write/6"):
        assert (await there.get(f"{other.at}/{path}")).status_code == 404, path
    both = f"{other.at}/tasks?clinics={other.id}&clinics={surgery.clinic.id}"
    assert "Biscuit" in (await surgery.browser.get(both)).text, "whoever belongs to both decides from there"
