"""`onboard fast-forward`: one onboarding's clock moved, on a system that was started with time travel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli.office import addresses, at_desk, check_identity, run
from cli.options import Home, Identity, Json
from cli.output import moment, say, say_json
from cli.problem import CliProblem

if TYPE_CHECKING:
    from datetime import datetime

    from desk.shown import Shown


def fast_forward(
    identity: Identity,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="How far, such as 48h, 7d or 1d12h.")],
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long to wait for it, in real time.")
    ] = 60,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Move one onboarding's clock (with time travel only)."""
    check_identity(identity)
    from desk.time_travel import fast_forward, parse_duration

    length = parse_duration(duration)
    if not addresses(home).get("time_travel"):
        raise CliProblem("Clocks cannot be moved here; start the system with 'onboard up --time-travel' for that.")

    async def work() -> tuple[datetime, Shown]:
        async with at_desk(home) as desk:
            now = await fast_forward(desk.client, identity, length, timedelta(seconds=timeout))
            return now, await desk.show(identity)

    now, seen = run(work())
    if as_json:
        say_json({"id": identity, "now": now, "stage": seen.stage, "status": seen.status, "sla": seen.sla})
    else:
        say(f"For {identity} it is now {moment(now, ZoneInfo(seen.time_zone))}. {seen.headline}")
