"""Everything over HTTP: the team's console, the practice's and the owner's page, webhooks and the API.

`app.py` assembles it, `routes.py` lists the routers and background tasks. A request passes `connections.py` (slow
clients), `request_log.py` (log, metrics), `security.py` (headers, hosts, sizes), `sessions.py` (cookies), `csrf.py`,
`authorization.py` (roles), the route, and `pages.py` (templates). `problem_responses.py` answers errors.

A new page is a file with a router, a template, and a line in `routes.py`:

    router = APIRouter()

    @router.get("/mails")
    async def mails(request: Request, web: Web, person: Viewer) -> Response:
        found = await outbox.mails_of(web.database, ...)
        return await page(request, "mails.html", part="rows", mails=found)      # for htmx only the block "rows"

    @router.post("/mails/pause")
    async def pause(request: Request, web: Web, person: Manager, why: Annotated[str, Form()] = "") -> Response:
        await outbox.pause(web.database, person.handle, why)                    # `by` is always person.handle
        return go(request, "/mails", "Mail is paused.")                         # 303 and a notice, also for htmx

    {% extends "base.html" %}
    {% block title %}Mails · {{ brand.name }}{% endblock %}
    {% block content %}<form method="post" action="/mails/pause">{{ csrf() }} ... </form>{% endblock %}

- Roles: `Viewer`, `Specialist`, `Manager`, `Admin` for pages; `Reader`, `Recorder`, `Steerer` below /api.
- Every form with POST contains `{{ csrf() }}`; htmx sends the header by itself.
- Do not catch `DeskProblem`, `Refused`, `AccountProblem` and `DatabaseProblem`: they are answered with the right status
  and format. For other errors, `raise Problem(status, title, sentence, code=...)`.
- No `style=`, `onclick=` or inline script: the Content-Security-Policy forbids them. /styleguide shows the macros.
- Paths contain no personal data. Only a route's pattern is logged, so a secret belongs in the path, not the query.
"""
