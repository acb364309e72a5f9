"""The web application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from configuration.settings import Settings
from desk.background import beside
from desk.service import Desk
from web import problem_responses, routes
from web.api import document
from web.csrf import check_csrf
from web.metrics import Metrics
from web.pages import STATIC
from web.request_log import RequestLog
from web.security import Bodies, Headers, Hosts, allowed_hosts
from web.services import Services
from web.sessions import VisitMiddleware

TITLE = "Practice onboarding"
VERSION = "1.0"


def create_app(desk: Desk, settings: Settings) -> FastAPI:
    """Returns the web application. Raises `SettingsProblem` if SECRET_KEY is not set."""
    paths = frozenset(str(getattr(route, "path", "")) for router in routes.PAGES for route in router.routes)
    services = Services(desk, settings, settings.required("secret_key"), Metrics(), paths)
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(check_csrf)],
        # Outermost first: requests refused early cost little, but are still counted and get the security headers.
        middleware=[
            Middleware(RequestLog, metrics=services.metrics),
            Middleware(Headers, https=services.https),
            Middleware(Hosts, hosts=allowed_hosts(settings.public_url)),
            Middleware(VisitMiddleware),
            Middleware(problem_responses.DefectResponses),
            Middleware(Bodies),
        ],
    )
    app.state.services = services
    problem_responses.install(app)
    document.install(app)
    # Routes are matched in this order, and most requests come from programs.
    for router in routes.API:
        app.include_router(router)
    for each in routes.MEMBER:
        app.include_router(each.router, tags=["members"])
    for router in routes.PAGES:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", Static(directory=STATIC), name="static")
    return app


class Static(StaticFiles):
    """Static files, cached for a year where the address carries a digest of the content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        has_digest = "v" in Request(scope).query_params
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if has_digest else "no-cache"
        return response


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Runs the background tasks for as long as the server runs."""
    async with AsyncExitStack() as stack:
        for start in routes.BACKGROUND:
            await stack.enter_async_context(beside(start(app.state.services)))
        yield
