"""All routers, and what runs in the background. A new part of the web is one line here."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter

from web import availability, brand, health, hooks
from web.api import (
    answers,
    calls,
    changes,
    clinics,
    ezyvet,
    feeds,
    onboardings,
    prescriptions,
    products,
    rules,
    sharing_emails,
)
from web.api.member import billing, contacts, inventory, reminders
from web.api.member import clients as member_clients
from web.api.member import me as member_me
from web.api.member import patients as member_patients
from web.api.member import reports as member_reports
from web.api.member import sharing as member_sharing
from web.api.member import taking as member_taking
from web.api.member import tasks as member_tasks
from web.clinic import account as clinic_account
from web.clinic import client as clinic_client
from web.clinic import client_edit as clinic_client_edit
from web.clinic import clients as clinic_clients
from web.clinic import contacts as clinic_contacts
from web.clinic import duplicates as clinic_duplicates
from web.clinic import giving as clinic_giving
from web.clinic import home as clinic_home
from web.clinic import items as clinic_items
from web.clinic import listing as clinic_listing
from web.clinic import live as clinic_live
from web.clinic import patient as clinic_patient
from web.clinic import people as clinic_people
from web.clinic import prescription as clinic_prescription
from web.clinic import records as clinic_records
from web.clinic import reports as clinic_reports
from web.clinic import sharing as clinic_sharing
from web.clinic import sign_in as clinic_sign_in
from web.clinic import task as clinic_task
from web.clinic import tasks as clinic_tasks
from web.clinic import write as clinic_write
from web.console import (
    account,
    actions,
    attention_page,
    board,
    bulk,
    conversation,
    data,
    data_clients,
    data_differences,
    data_everywhere,
    data_feed,
    data_health,
    hand_overs,
    live,
    mailbox,
    mails,
    notifications,
    onboarding,
    palette,
    people,
    reports,
    review,
    review_decisions,
    review_try,
    sign_in,
    start,
    start_many,
    styleguide,
    templates_preview,
    views,
)
from web.console import clinics as clinic_accounts
from web.console import ezyvet as console_ezyvet
from web.console import sharing as console_sharing
from web.console import sharing_request as console_sharing_request
from web.order import routes as order
from web.owner import paying as owner_paying
from web.owner import routes as owner
from web.practice import calendar as practice_calendar
from web.practice import ezyvet as practice_ezyvet
from web.practice import link_admin
from web.practice import returning as practice_returning
from web.practice import routes as practice
from web.services import Services

_BOARD = (
    board,
    bulk,
    hand_overs,
    live,
    onboarding,
    actions,
    attention_page,
    mails,
    mailbox,
    templates_preview,
    reports,
    views,
    palette,
    notifications,
)
_DATA = (conversation, review_try, review, review_decisions, start, start_many, data, data_clients, data_differences)
_FEEDS = (data_everywhere, data_feed, data_health, console_ezyvet)
_CLINIC = (
    clinic_sign_in,
    clinic_home,
    clinic_live,
    clinic_listing,
    clinic_prescription,
    clinic_write,
    clinic_records,
    *(clinic_clients, clinic_duplicates, clinic_giving, clinic_client, clinic_client_edit),
    *(clinic_patient, clinic_items, clinic_contacts),
    *(clinic_task, clinic_tasks, clinic_reports),
    clinic_account,
    clinic_people,
    clinic_sharing,
    *(console_sharing, console_sharing_request),
)
_PEOPLE = (sign_in, account, people, clinic_accounts, styleguide)
_BESIDES = (
    brand,
    health,
    answers,
    practice_calendar,
    practice_ezyvet,
    practice_returning,
    practice,
    owner,
    owner_paying,
    order,
    link_admin,
)
PAGES: tuple[APIRouter, ...] = (
    data.uploads,
    *(each.router for each in (*_BOARD, *_DATA, *_FEEDS, *_CLINIC, *_PEOPLE, *_BESIDES)),
)
"""Pages, and what machines use besides the API; not in the OpenAPI document."""

# Taking first: its paths have a word where others have a client's ID.
MEMBER = (
    *(member_taking, member_clients, member_patients, member_tasks, member_me, member_reports),
    member_sharing,
    *(billing, inventory, reminders, contacts),
)
"""For programs that act as a member of clinics, with that person's token; these operations have the tag `members`."""

API: tuple[APIRouter, ...] = tuple(
    each.router
    for each in (
        onboardings,
        changes,
        calls,
        feeds,
        prescriptions,
        products,
        clinics,
        ezyvet,
        rules,
        sharing_emails,
        hooks,
    )
)
"""For programs, below /api and /hooks; described, as those above, by the OpenAPI document at /api/openapi.json."""

BACKGROUND: tuple[Callable[[Services], Coroutine[Any, Any, None]], ...] = (
    lambda web: web.starter.work(),
    availability.heartbeats,
)
"""Runs while the server runs."""
