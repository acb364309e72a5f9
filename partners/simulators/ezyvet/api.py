"""ezyVet's own API, under `/v1/`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from partners.simulators.ezyvet.resources import EXTERNAL
from partners.simulators.ezyvet.simulator import Call, Simulator

METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]

router = APIRouter(include_in_schema=False)


@router.api_route("/v1/{path:path}", methods=METHODS)
async def answer(path: str, request: Request) -> Response:
    simulator: Simulator = request.app.state.simulator
    endpoint, _, uid = path.partition("/") if path.startswith(f"{EXTERNAL}/") else (path, "", "")
    call = Call(
        method=request.method,
        endpoint=endpoint,
        uid=uid,
        query=tuple(request.query_params.multi_items()),
        authorization=request.headers.get("authorization", ""),
        content=await request.body(),
    )
    return await simulator.handle(call)
