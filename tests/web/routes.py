"""The routes of the web: which there are, whom they are for, and their paths filled in."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route."""
    return sorted(
        (method, str(route.path)) for route in iter_route_contexts(app.routes) for method in route.methods or ()
    )


OWN = ("/account/", "/views", "/sign-in", "/sign-out", "/welcome/{token}")
"""For whoever has an account, or is about to have one: about nobody else."""

PRACTICES = ("/clinic/{practice}", "/members/")
"""For practices' people: tests/web/clinic/test_walls.py."""

BY_LINK = ("/p/{token}", "/o/{token}")

PROGRAMS = ("/api/", "/hooks/")


def filled(path: str) -> str:
    return path.replace("{", "").replace("}", "").replace(":path", "")
