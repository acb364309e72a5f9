"""The application: everything that belongs to the web, put together in one place."""

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
from desk.service import Desk
from web import problem_responses, routes
from web.api import document
from web.csrf import check_csrf
from web.metrics import Metrics
from web.pages import STATIC
from web.request_log import Observe
from web.security import Bodies, Headers, Hosts, known_hosts
from web.services import Services
from web.sessions import Visits

TITLE = "Practice onboarding"
VERSION = "1.0"


def create_app(desk: Desk, settings: Settings) -> FastAPI:
    """The web application over a desk. Raises `SettingsProblem` if SECRET_KEY is not set."""
    paths = frozenset(str(getattr(route, "path", "")) for router in routes.PAGES for route in router.routes)
    services = Services(desk, settings, settings.required("secret_key"), Metrics(), paths)
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_beside,
        dependencies=[Depends(check_csrf)],
        # From the outside in: what is refused outside costs nothing inside, and is counted and has its headers.
        middleware=[
            Middleware(Observe, metrics=services.metrics),
            Middleware(Headers, https=services.https),
            Middleware(Hosts, hosts=known_hosts(settings.public_url)),
            Middleware(Visits),
            Middleware(problem_responses.Defects),
            Middleware(Bodies),
        ],
    )
    app.state.services = services
    problem_responses.install(app)
    document.install(app)
    # Looked through in this order, with every request: programs come by the thousand, people one by one.
    for router in routes.API:
        app.include_router(router)
    for router in routes.PAGES:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", Static(directory=STATIC), name="static")
    return app


class Static(StaticFiles):
    """Files of ours: kept for ever by browsers where the address carries the content's mark."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        marked = "v" in Request(scope).query_params
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if marked else "no-cache"
        return response


@asynccontextmanager
async def _beside(app: FastAPI) -> AsyncIterator[None]:
    """Runs what has to run beside the routes, for as long as the server does."""
    async with AsyncExitStack() as stack:
        for start in routes.BESIDE:
            await stack.enter_async_context(start(app.state.services))
        yield
