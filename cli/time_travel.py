"""`onboard fast-forward`: advances the clock of one onboarding or watched feed (with time travel only)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, cast
from zoneinfo import ZoneInfo

import typer

from cli.connect import addresses, check_identity, open_desk, run
from cli.options import Home, Identity, Json
from cli.output import echo_either, format_time
from cli.problem import CliProblem

if TYPE_CHECKING:
    from datetime import datetime

    from desk.feed_status import FeedDetail
    from desk.onboarding_detail import OnboardingDetail


def fast_forward(
    identity: Identity,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="How far, for example 48h, 7d or 1d12h.")],
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long to wait for it, in real time.")
    ] = 60,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Move one onboarding's clock (with time travel only)."""
    from desk.time_travel import fast_forward, parse_duration
    from integrations.registry import FEED

    prefix, _, practice = identity.partition("/")
    # Watched feeds have clocks of their own.
    watched = practice if prefix == FEED.prefix else None
    if watched is None:
        check_identity(identity)

    length = parse_duration(duration)
    if not addresses(home).get("time_travel"):
        raise CliProblem("Clocks cannot be moved here; start the system with 'onboard up --time-travel' for that.")

    async def work() -> tuple[datetime, OnboardingDetail | FeedDetail, str]:
        from desk.feed_status import load_feed

        async with open_desk(home) as desk:
            now = await fast_forward(desk.client, identity, length, timedelta(seconds=timeout))
            detail = await desk.show(identity) if watched is None else await load_feed(desk, watched)
            return now, detail, desk.settings.team_time_zone

    now, detail, zone = run(work())
    if watched is not None:
        state = cast("FeedDetail", detail).feed.state
        text = f"For {identity} it is now {format_time(now, ZoneInfo(zone))}. The feed is {state}."
        return echo_either(as_json, {"id": identity, "now": now, "state": state}, text)
    shown = cast("OnboardingDetail", detail)
    text = f"For {identity} it is now {format_time(now, ZoneInfo(shown.time_zone))}. {shown.headline}"
    value = {"id": identity, "now": now, "stage": shown.stage, "status": shown.status, "sla": shown.sla}
    return echo_either(as_json, value, text)
