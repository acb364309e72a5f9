"""Writes the mail by which a person of practices signs in for the first time, or sets a new password."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import render_letter
from configuration.settings import Settings
from playbooks.engine.onboarding import MailOrder
from store.accounts import accounts, members, practice_links
from store.accounts.one_time_links import MEMBER_PATH
from store.mail import ledger
from workflows.contracts import MailsWritten, MemberMail

ROLE = "member"


@dataclass(frozen=True)
class MemberMails:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_member_mail")
    async def write(self, order: MemberMail) -> MailsWritten:
        """Stores the mail and returns its key. Idempotent. The ledger never has the secret of its link."""
        account = await accounts.find_account(self.database, order.person)
        clinics = await members.memberships_of(self.database, order.person)
        clinic = next((each for each in clinics if each.clinic == order.clinic), None)
        if not clinics or (order.clinic and clinic is None):
            return MailsWritten()
        known = account.has_password and clinic is not None
        path = "/clinic" if known else f"{MEMBER_PATH}{practice_links.PLACEHOLDER}"
        mail = MailOrder(
            key=order.key,
            kind="member_link",
            to=ROLE,
            name=account.name,
            email=account.email,
            link=False,
            at=order.at,
            context={
                "zone": clinics[0].time_zone,
                "now": order.at.isoformat(),
                "name": account.name,
                "email": account.email,
                "practice": clinic.clinic_name if clinic else None,
                "known": known,
                "first": not account.has_password,
                "address": f"{self.settings.public_url}{path}",
            },
        )
        await ledger.store(self.database, [render_letter(mail, self.settings, None, None)])
        return MailsWritten(keys=(order.key,))
