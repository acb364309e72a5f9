"""The pages of the team's console, beside those about people and their accounts; and what runs beside them."""

from __future__ import annotations

from fastapi import APIRouter

from web.console import (
    actions,
    attention_page,
    board,
    bulk,
    data,
    data_clients,
    data_differences,
    data_everywhere,
    data_feed,
    data_health,
    live,
    mailbox,
    mails,
    onboarding,
    partner_request,
    reports,
    review,
    review_decisions,
    review_try,
    start,
    start_many,
    templates_preview,
)

PAGES: tuple[APIRouter, ...] = (
    board.router,
    bulk.router,
    live.router,
    onboarding.router,
    actions.router,
    partner_request.router,
    attention_page.router,
    mails.router,
    mailbox.router,
    templates_preview.router,
    reports.router,
    review_try.router,
    review.router,
    review_decisions.router,
    start.router,
    start_many.router,
    data.router,
    data.uploads,
    data_clients.router,
    data_differences.router,
    data_everywhere.router,
    data_feed.router,
    data_health.router,
)

BACKGROUND = (start_many.starting,)
