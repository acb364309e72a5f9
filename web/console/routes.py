"""The pages of the team's console, beside those about people and their accounts; and what runs beside them."""

from __future__ import annotations

from fastapi import APIRouter

from web.console import acting, board, live, onboarding, start, start_many

PAGES: tuple[APIRouter, ...] = (
    board.router,
    live.router,
    onboarding.router,
    acting.router,
    start.router,
    start_many.router,
)

BESIDE = (start_many.starting,)
