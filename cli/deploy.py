"""`onboard migrate` and `onboard admin`: prepares servers of your own, which `onboard up` does on one machine."""

from __future__ import annotations

import asyncio

from cli.connect import load_settings, open_database, run
from cli.options import Home, Json
from cli.output import echo, echo_either
from cli.problem import CliProblem


def migrate(home: Home = None) -> None:
    """Create or update the tables of a database of your own."""
    from store import database

    url = load_settings(home).required("database_url")
    before = database.version(url)
    database.migrate(url)
    after = database.head()
    text = "The tables are up to date." if before == after else f"The tables now have version {after}."
    echo(text)


def admin(home: Home = None, as_json: Json = False) -> None:
    """Print a link that creates the first admin of the console."""
    from store.accounts.one_time_links import first_admin_link
    from store.database import require_current

    async def work() -> str:
        async with open_database(home) as (database, settings):
            await asyncio.to_thread(require_current, settings.required("database_url"))
            if settings.public_url is None:
                raise CliProblem("ONBOARD_PUBLIC_URL is not set: set it to the public address of the web.")
            if (secret := await first_admin_link(database)) is None:
                raise CliProblem(
                    "There is an admin already: they can invite others and create new links in the console."
                )
            return f"{settings.public_url}/welcome/{secret}"

    link = run(work())
    echo_either(as_json, {"link": link}, f"This link creates the first admin. It works once, within a week:\n{link}")
