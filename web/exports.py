"""Tables for spreadsheets (CSV). What came from outside can be no formula there: such a value begins with a quote."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import StreamingResponse

from desk.spreadsheets import guarded


def csv_line(values: Iterable[object], zone: ZoneInfo | None = None, delimiter: str = ",") -> str:
    """One line; times as a spreadsheet reads them, in `zone`."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerow([_cell(value, zone) for value in values])
    return text.getvalue()


def csv_response(name: str, lines: AsyncIterator[str]) -> StreamingResponse:
    """The lines as a file to be kept. `name` is ours, never a visitor's."""

    async def with_mark() -> AsyncIterator[str]:
        # By this mark spreadsheets know the text as UTF-8.
        yield "\ufeff"
        async for line in lines:
            yield line

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(with_mark(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object, zone: ZoneInfo | None) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    return guarded(value) if isinstance(value, str) else str(value)
