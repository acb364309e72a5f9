"""Explains a deadline, one line a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from playbooks.calendar.clocks import DAY, Clock, clock, length
from playbooks.calendar.values import BusinessDays, Calendar, Duration, Pause, aware
from playbooks.calendar.wall_clock import Stretch, instant, midnight, wall_clock, within_all_years

NOTHING = timedelta()


@within_all_years
def explain(calendar: Calendar, start: datetime, duration: Duration, pauses: Sequence[Pause] = ()) -> list[str]:
    """Returns a line for each day from `start` to the due day: whether the clock ran, and why not.

    Times are local times of the calendar's zone, to the second. Raises what `due` raises.
    """
    aware(start, "The start")
    whole = [Pause(start=_second(pause.start), end=_second(pause.end)) for pause in pauses]
    running = clock(calendar, _second(start), duration, whole)
    return list(_lines(calendar, running, duration))


def _lines(calendar: Calendar, running: Clock, duration: Duration) -> Iterator[str]:
    needed, used = length(duration), NOTHING
    end = running.after(needed)
    last = running.moment(end)
    day = wall_clock(running.moment(running.start), running.zone).date()
    final = end.date() if isinstance(duration, BusinessDays) else last.date()
    while day <= final:
        text, ran = _day(running, day, end)
        used += ran
        if ran:
            text += f" ({_amount(ran)}; {_of(used, needed)} used)"
        notes = [text, *_clock_change(running, day, ran, isinstance(duration, BusinessDays))]
        if isinstance(duration, BusinessDays) and day > calendar.known_until and not running.day_off(day):
            notes.append(f"holidays are known only until {calendar.known_until}: counted as a working day")
        if day == final:
            notes.append(_due(running, end, last))
        yield f"{day:%a} {day}  " + " - ".join(note for note in notes if note)
        day += DAY


def _day(running: Clock, day: date, end: datetime) -> tuple[str, timedelta]:
    """Returns what the clock did on one day, and how long it ran."""
    begins, ends = running.reading(midnight(day)), running.reading(midnight(day + DAY))
    parts, ran = [], NOTHING
    if running.start > begins:
        parts.append(f"before the start until {_time(running, running.start)}")
        begins = running.start
    if reason := running.day_off(day):
        return ", then ".join([*parts, f"stands still: {reason}"]), NOTHING
    if not parts and any(pause[0] <= begins and ends <= pause[1] for pause in running.pauses):
        return "stands still: paused all day", NOTHING
    for state, (since, until) in _parts(running, (begins, min(ends, end))):
        end_time = "24:00" if until == ends else _time(running, until)
        parts.append(f"{state} {_time(running, since)}-{end_time}")
        if state == "runs":
            ran += until - since
    return ", ".join(parts), ran


def _parts(running: Clock, stretch: Stretch) -> Iterator[tuple[str, Stretch]]:
    """Cuts a stretch where pauses begin and end."""
    now, until = stretch
    for begin, end in running.pauses:
        if now < (stop := min(begin, until)):
            yield "runs", (now, stop)
            now = stop
        if begin <= now < (stop := min(end, until)):
            yield "paused", (now, stop)
            now = stop
    if now < until:
        yield "runs", (now, until)


def _clock_change(running: Clock, day: date, ran: timedelta, business: bool) -> list[str]:
    """Notes how long a day is on which the clocks change."""
    begin, end = (instant(midnight(each), running.zone).astimezone(UTC) for each in (day, day + DAY))
    lasts = end - begin
    if lasts == DAY or not ran:
        return []
    direction = "forward" if lasts < DAY else "back"
    counted = f" but counts as {_amount(DAY)}, by the wall clock" if business else ""
    return [f"clocks go {direction} {_amount(abs(DAY - lasts))}: the day has {_amount(lasts)}{counted}"]


def _due(running: Clock, end: datetime, moment: datetime) -> str:
    wall = wall_clock(moment, running.zone)
    if end.tzinfo is None and wall != end:
        return f"due {wall:%H:%M}, as the clocks skip {end:%H:%M}"
    return f"due {_time(running, end)}"


def _time(running: Clock, reading: datetime) -> str:
    """Formats the time of day, with its offset if it occurs twice that day."""
    moment = running.moment(reading)
    text = f"{reading if reading.tzinfo is None else moment:%H:%M:%S}".removesuffix(":00")
    if moment.replace(fold=0).utcoffset() == moment.replace(fold=1).utcoffset():
        return text
    return f"{text} (UTC{_second(moment).isoformat()[19:]})"


def _of(used: timedelta, needed: timedelta) -> str:
    if used % timedelta(hours=1) or needed % timedelta(hours=1):
        return f"{_amount(used)} of {_amount(needed)}"
    return f"{used // timedelta(hours=1)} of {_amount(needed)}"


def _amount(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    units = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in units if number) or "0 s"


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
