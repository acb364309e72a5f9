"""The API's routes, whose answers all have the RateLimit headers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from web.api.bodies import BODIES


class ApiRoute(APIRoute):
    """A route whose every answer has the RateLimit headers, and whose 405 lists the methods of its path.

    `bodies` are the models of what routes take as JSON, by path and method, for the OpenAPI document.
    """

    methods_of: ClassVar[dict[str, set[str]]] = {}
    bodies: ClassVar[dict[tuple[str, str], type[BaseModel]]] = {}

    def __init__(self, path: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(path, *args, **kwargs)
        self.methods_of.setdefault(path, set()).update(self.methods or ())
        models = [BODIES[each.call] for each in self.dependant.dependencies if each.call in BODIES]
        self.bodies.update(
            {(self.path_format, method.lower()): each for each in models for method in self.methods or ()}
        )

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.methods_of[self.path]))})
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
    """Returns the application's answer to a problem; raises an unexpected error again."""
    handlers = request.app.exception_handlers
    handler = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
    if handler is None:
        raise error
    response: Response = await handler(request, error)
    return response
