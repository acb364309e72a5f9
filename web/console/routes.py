"""The pages of the team's console, beside those about people and their accounts."""

from __future__ import annotations

from fastapi import APIRouter

from web.console import acting, board, live, onboarding

PAGES: tuple[APIRouter, ...] = (board.router, live.router, onboarding.router, acting.router)
