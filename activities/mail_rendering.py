"""Renders a mail order to a letter: its recipient, its content, and the Message-ID it keeps through every retry."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from configuration.settings import Settings
from partners.message import ascii_domain
from playbooks.engine.model import PHARMACY_ROLES, Role
from playbooks.engine.onboarding import MailOrder
from store.accounts import practice_links
from store.accounts.deputies import Reader
from store.mail.rows import Letter
from templates.render import RenderProblem, render

BY_HANDLE = (Role.ASSIGNEE, Role.TEAM_MEMBER)
"""The roles whose mail goes to the colleague with the order's handle, or to the deputy."""


def render_letter(
    order: MailOrder,
    settings: Settings,
    onboarding: str | None,
    run: str | None,
    readers: Mapping[str, Reader] | None = None,
) -> Letter:
    """The letter, rendered once. A letter that cannot be addressed or rendered has the state failed, and the reason.

    `onboarding` and `run` are None for a mail that is about several. `readers` gives, for each of `handles_in` that has
    an account, who reads its mail.
    """
    readers = readers or {}
    name, address, error = _recipient(order, settings, readers)
    context = _by_name(order.context, readers) | {"link": _link(order, settings)}
    subject = text = html = ""
    try:
        mail = render(order.kind, context, settings.brand)
        subject, text, html = mail.subject, mail.text, mail.html
    except RenderProblem as problem:
        error = str(problem)
    return Letter(
        key=order.key,
        onboarding=onboarding,
        run=run,
        kind=order.kind,
        role=order.to,
        stage=order.stage,
        to_name=name,
        to_email=address,
        subject=subject,
        text=text,
        html=html,
        message_id=message_id(order.key, settings),
        created_at=order.at,
        state="failed" if error else "held" if order.held else "queued",
        error=error,
    )


def handles_in(orders: Collection[MailOrder]) -> set[str]:
    """Returns the handles of the colleagues to whom these mails go, or whom they name."""
    given = [order.context for order in orders if order.to in PHARMACY_ROLES]
    named = {handle for context in given for handle in (context.get("assignee"), _author(context))}
    return {handle for handle in named | {order.handle for order in orders} if handle}


def _author(context: Mapping[str, Any]) -> Any:
    """Returns who wrote what is quoted, None if nothing is."""
    return (context.get("quote") or {}).get("by")


def _by_name(context: dict[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Returns the context with colleagues' names instead of their handles."""
    names = {handle: reader.instead_of or reader.name for handle, reader in readers.items()}
    if (assignee := context.get("assignee")) in names:
        context = context | {"assignee": names[assignee]}
    if (author := _author(context)) in names:
        context = context | {"quote": context["quote"] | {"by": names[author]}}
    return context


def with_link_token(letter: Letter, token: str) -> Letter:
    """The letter as it is sent, with the token in its link."""
    return replace(
        letter, text=practice_links.with_secret(letter.text, token), html=practice_links.with_secret(letter.html, token)
    )


def _link(order: MailOrder, settings: Settings) -> str | None:
    """The address of the practice's page, without its token; None if the mail has no such link."""
    if not order.link or order.to in PHARMACY_ROLES or settings.public_url is None or settings.secret_key is None:
        return None
    return practice_links.address(settings.public_url)


def message_id(key: str, settings: Settings) -> str:
    """The Message-ID: the same for every copy of a mail, and revealing nothing about it."""
    domain = ascii_domain(settings.mail_from).rpartition("@")[2]
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def _recipient(
    order: MailOrder, settings: Settings, readers: Mapping[str, Reader]
) -> tuple[str, str | None, str | None]:
    """The recipient's name and address, or else why there is none."""
    if order.email:
        return order.name or "", order.email, None
    if order.to in BY_HANDLE and (reader := readers.get(order.handle or "")):
        return reader.addressed, reader.email, None
    if order.to == Role.MANAGER:
        # Escalations go to the first of several managers; the digest goes to all.
        address, setting = settings.manager_address[0], "ONBOARD_MANAGER_ADDRESS"
    else:
        # An assignee without a known address is reached through the team.
        own = settings.people.get(order.handle or "") if order.to in BY_HANDLE else None
        address, setting = own or settings.team_address, "ONBOARD_TEAM_ADDRESS"
    if not address:
        return "", None, f"No address for the {order.to}: set {setting}"
    return order.handle or "", address, None
