"""Health checks and metrics for monitoring."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from temporalio.service import RPCError

from store.database import DatabaseProblem, at_once
from web.authorization import token_holder
from web.problem import Problem
from web.security import host_name
from web.services import Services, Web

router = APIRouter()

TIMEOUT = timedelta(seconds=3)
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@router.get("/healthz")
async def healthz() -> Response:
    """Whether the process is up; checks nothing else."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(web: Web) -> Response:
    """Whether database and Temporal answer; 503 and which of them does not otherwise."""
    database, temporal = await asyncio.gather(_database(web), _temporal(web))
    parts = {"database": "ok" if database else "no answer", "temporal": "ok" if temporal else "no answer"}
    ready = database and temporal
    return JSONResponse({"status": "ok" if ready else "not ready", **parts}, 200 if ready else 503)


@router.get("/metrics")
async def metrics(request: Request, web: Web) -> Response:
    """Metrics for Prometheus: for programs on this machine, and for holders of an API token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    person = await token_holder(web, token) if scheme.lower() == "bearer" and token else None
    if not (person.has_scope("read") if person else _is_local(request)):
        raise Problem(
            401,
            "A token is needed",
            "Send 'Authorization: Bearer' with an API token.",
            code="token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Response(web.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _database(web: Services) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT.total_seconds()), at_once(web.database) as connection:
            await connection.execute(text("SELECT 1"))
    except (DatabaseProblem, TimeoutError):
        return False
    return True


async def _temporal(web: Services) -> bool:
    try:
        return await web.desk.client.service_client.check_health(timeout=TIMEOUT)
    except (RPCError, RuntimeError):
        return False


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks: not through a proxy, and not a page by DNS rebinding."""
    proxied = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    try:
        loopback = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        loopback = False
    return loopback and not proxied and host_name(request.headers.get("host", "")) in LOCAL_HOSTS
