"""The colleagues whom a note names, as `@kim`."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.colleagues import colleagues
from playbooks.engine.transition import Refused
from store.database import DatabaseDown

# Not within an e-mail address.
_MENTION = re.compile(r"(?<![\w.@+-])@(\w[\w.-]*)")


async def mentioned(engine: AsyncEngine, settings: Settings, text: str) -> tuple[str, ...]:
    """Returns the handles that a note names, each once. Raises `Refused` for one whom nobody has.

    While there is nobody to look up, or the database is away, nobody is named.
    """
    given = [found.rstrip(".-") for found in _MENTION.findall(text)]
    if not given:
        return ()
    try:
        known = await colleagues(engine, settings)
    except DatabaseDown:
        return ()
    if not (known.names or known.gone):
        return ()
    try:
        return tuple(dict.fromkeys(known.handle_of(each) for each in given))
    except Refused as refused:
        raise Refused(f"{refused} A name behind an @ tells that colleague; leave out the @ to tell nobody.") from None
