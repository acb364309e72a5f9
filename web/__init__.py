"""What people and programs meet over HTTP: the team's console, the practice page, webhooks and the API.

`app.py` puts it together, `routes.py` lists what it answers to and what runs beside it. A request's way, from the
outside in: `connections.py` (slow clients), `observe.py` (log, figures), `security.py` (headers, hosts, sizes),
`sessions.py` (who visits), `csrf.py`, `people.py` (what they may), the route, `pages.py` (the words). What goes wrong
anywhere on the way is told by `problems.py`.

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

- Who may: `Viewer`, `Specialist`, `Manager`, `Admin` for pages, `ApiViewer` and so on below /api.
- Every POST of a browser carries `{{ csrf() }}`; htmx sends the header by itself. Nothing else has to be done.
- Let `DeskProblem`, `Refused`, `AccountProblem` and `DatabaseProblem` through: they are told in the right form, with
  the right status. For what they do not cover, `raise Problem(status, title, sentence, code=...)`.
- No `style=`, `onclick=` or inline script: the Content-Security-Policy forbids them. Parts are shown on /styleguide.
- Paths hold no personal data, and only a route's pattern is logged: a secret belongs into a path, not into a query.
"""
