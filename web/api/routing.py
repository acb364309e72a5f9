"""How the API's routes answer: with what the asker may still ask, whether it went well or not."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class ApiRoute(APIRoute):
    """A route whose every answer carries the RateLimit headers, and that knows the others at its address."""

    offered: ClassVar[dict[str, set[str]]] = {}

    def __init__(self, path: str, *given: Any, **more: Any) -> None:
        super().__init__(path, *given, **more)
        self.offered.setdefault(path, set()).update(self.methods or ())

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.offered[self.path]))})
        await super().handle(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                response = await inner(request)
            except Exception as error:
                response = await _problem_response(request, error)
            if quota := getattr(request.state, "quota", None):
                response.headers.update(quota.headers)
            return response

        return handler


async def _problem_response(request: Request, error: Exception) -> Response:
    """The application's own answer to a problem; a defect goes on."""
    handlers = request.app.exception_handlers
    handler = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
    if handler is None:
        raise error
    response: Response = await handler(request, error)
    return response
