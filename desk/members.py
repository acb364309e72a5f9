"""Lets the people of practices in: membership, and the link by e-mail with which a person sets a password."""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime

from pydantic import ValidationError
from temporalio.service import RPCError

from desk.service import Desk
from desk.updates import PATIENCE
from playbooks.engine.validation import error_sentence
from store.accounts import accounts, members, one_time_links, throttle
from store.accounts.members import Member, Membership
from store.accounts.people import Account
from store.accounts.practice_links import secret_of
from store.accounts.problem import AccountProblem, TooManyTries
from store.accounts.throttle import Limit
from workflows.contracts import MemberMail

log = logging.getLogger("desk")

LINKS = Limit(free=3, longest=300)
"""New passwords by e-mail for each account."""


async def put_member(desk: Desk, clinic: str, email: str, given: Membership, by: str, *, rename: bool = True) -> Member:
    """Does what `store.accounts.members.put_member` does, and sends a mail to who is let in just now."""
    member, let_in = await members.put_member(desk.database, clinic, email, given, by, rename=rename)
    if let_in:
        await invite(desk, member, by)
    return member


async def invite(desk: Desk, member: Member, by: str) -> None:
    """Sends a member the mail by which they sign in; a link that they were sent before is void."""
    account = await accounts.find_account(desk.database, member.person)
    await _send(desk, account, member.clinic, by)


async def change(desk: Desk, member: Member, role: str, act: str, by: str) -> str:
    """Changes a role, or does one of `invite` (again), `let-in` and `shut-out`; returns what was done.

    Raises `AccountProblem`.
    """
    if act == "invite" and member.active:
        await invite(desk, member, by)
        return f"We have sent {member.name} another mail."
    active = act == "let-in" if act in ("let-in", "shut-out") else member.active
    try:
        given = Membership.model_validate({"name": member.name, "role": role or member.role, "active": active})
    except ValidationError as error:
        raise AccountProblem(f"{error_sentence(error)}.") from None
    await put_member(desk, member.clinic, member.email, given, by, rename=False)
    if not active:
        return f"{member.name} can no longer enter {member.clinic_name}."
    role = given.role if given.role == "staff" else f"{'a' if given.role == 'vet' else 'an'} {given.role}"
    return (
        f"{member.name} can enter {member.clinic_name} again, as {role}."
        if act == "let-in"
        else f"{member.name} is {role} now."
    )


async def send_new_password(desk: Desk, email: str) -> None:
    """Sends a link for a new password, if a person of practices has this address, and not too often."""
    account = await members.account_with(desk.database, email)
    if account is None:
        return
    try:
        await throttle.count(desk.database, f"new password {account.handle}", LINKS)
    except TooManyTries:
        return
    await _send(desk, account, None, account.handle)


async def _send(desk: Desk, account: Account, clinic: str | None, by: str) -> None:
    key = f"{account.handle}/{secrets.token_hex(8)}"
    if clinic is None or not account.has_password:
        secret = secret_of(desk.settings.required("secret_key"), key)
        await one_time_links.member_link(desk.database, account, secret, by)
    order = MemberMail(key=key, person=account.handle, clinic=clinic, at=datetime.now(UTC))
    try:
        await desk.client.start_workflow(
            "MemberMail",
            order,
            id=f"member-mail/{key.rpartition('/')[2]}",
            task_queue=desk.settings.task_queue,
            static_summary="Mail to a practice's person: the link to sign in",
            rpc_timeout=PATIENCE,
        )
    except RPCError as error:
        log.warning("the mail with the link of %s could not be ordered: %s", account.handle, error)
