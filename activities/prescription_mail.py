"""Writes the mails by which vets and owners learn what became of a prescription, or what waits for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import render_letter
from configuration.settings import Settings
from pharmacy.prescriptions.life.letters import concerns_owner, decision_told, items_to_pay
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.texts import decline_text, products_of
from pharmacy.prescriptions.life.timers import lapses_at
from pharmacy.prescriptions.life.values import Notice, Prescription
from pharmacy.prescriptions.listed import items_text
from pharmacy.records.clients import load_owner
from playbooks.engine.onboarding import MailOrder
from store.accounts import members
from store.mail import ledger
from workflows.contracts import MailsWritten
from workflows.prescription_contracts import PrescriptionNews


@dataclass(frozen=True)
class PrescriptionMails:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_prescription_mails")
    async def write(self, news: PrescriptionNews) -> MailsWritten:
        """Stores a mail for each notice to a vet or an owner whose address is known and whom it concerns; returns their
        keys. Idempotent.

        The team has no mail: what concerns it is on its needs list.
        """
        orders = [order for notice in news.notices if (order := await self._order(news.prescription, notice))]
        await ledger.store(self.database, [render_letter(order, self.settings, None, None) for order in orders])
        return MailsWritten(keys=tuple(order.key for order in orders))

    async def _order(self, prescription: Prescription, notice: Notice) -> MailOrder | None:
        owner = await load_owner(self.database, prescription.practice, prescription.owner)
        vet, vet_email = await self._vet(prescription)
        name, email = (vet, vet_email) if notice.to == "vet" else (owner.name, owner.email)
        if email is None or notice.to == "team":
            return None
        if notice.to == "owner" and not concerns_owner(prescription, notice):
            return None
        practice, unpaid = owner.practice_name, items_to_pay(prescription, notice)
        decided, text = _told(prescription, notice, f"{vet} of {practice}" if vet_email else practice)
        about = f"{prescription.id} {notice.kind} {notice.to} {notice.at.isoformat()} {notice.text}"
        return MailOrder(
            key=hashlib.sha256(about.encode()).hexdigest()[:32],
            kind="prescription_notice",
            to=notice.to,
            name=name,
            email=email,
            link=False,
            at=notice.at,
            context={
                "zone": prescription.time_zone,
                "now": notice.at.isoformat(),
                "name": name,
                "practice": practice,
                "patient": prescription.patient_name,
                "notice": notice.kind,
                "text": text,
                "decided": decided,
                "unpaid": items_text(unpaid),
                "price": f"${sum(item.price_cents for item in unpaid) / 100:,.2f}",
                "pay_by": lapses_at(prescription).isoformat(),
                "reader": notice.to,
                "address": f"{self.settings.public_url}/clinic/{prescription.practice}",
            },
        )

    async def _vet(self, prescription: Prescription) -> tuple[str, str | None]:
        vet = position_of(prescription).prescriber
        everybody = await members.members_of(self.database, prescription.practice)
        found = next((each for each in everybody if each.handle == vet and each.active), None)
        return (found.name, found.email) if found else (vet, None)


def _told(prescription: Prescription, notice: Notice, who: str) -> tuple[str, str]:
    """Returns the decision for which a notice gives the vet's own words, in a sentence, and those words; of any other
    notice an empty text, and what it says.
    """
    if (decision := decision_told(prescription, notice)) is None:
        return "", notice.text
    products = products_of(prescription, decision)
    items = [each.item for each in position_of(prescription).items if each.item.product in products]
    verb = "stopped" if decision.event.name == "cancel" else "declined"
    asked = "what you asked for" if prescription.origin == "owner" else "the prescription for"
    said = f"{who} {verb} {asked} {prescription.patient_name}: {items_text(items)}."
    return ("", said) if notice.text == decline_text(prescription, decision) else (said, notice.text)
