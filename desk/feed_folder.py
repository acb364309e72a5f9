"""Imports feeds from a folder (FEEDS_FOLDER/PRACTICE-ID/FILE), by the first worker that finds them.

A file is taken once it has not changed for a while, and then moved: to `taken`, or to `refused` with the reason beside
it. A file that two workers take at the same moment is one feed.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import shutil
import stat
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from desk.feed_imports import hand_in
from desk.problem import DeskProblem, NoAnswer
from desk.service import Desk
from playbooks.engine.fields import PRACTICE_ID
from store.database import DatabaseProblem

log = logging.getLogger("feeds")

LOOK_EVERY = 10.0
"""Seconds between two scans of the folder."""
STILL = 10.0
"""Seconds for which a file must not have changed, so that it is complete."""
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
LINK = "This is a link, not a file of its own: put the file itself here."
TAKEN, REFUSED = "taken", "refused"
BY = "the feeds folder"


async def watch(desk: Desk) -> None:
    """Scans the folder again and again."""
    while True:
        try:
            await look(desk)
        except (DatabaseProblem, NoAnswer) as problem:
            log.info("feeds in the folder wait: %s", problem)
        except Exception:
            # An unexpected error must not end the scans.
            log.exception("the feeds folder could not be looked into")
        await asyncio.sleep(LOOK_EVERY)


async def look(desk: Desk, still: float = STILL) -> list[Path]:
    """Imports the files that are there. Returns where each was moved; none if there is no folder."""
    moved, folder = [], desk.settings.feeds_folder or desk.settings.home / "feeds"
    for path in await asyncio.to_thread(_waiting, folder, still):
        try:
            with contextlib.suppress(FileNotFoundError):
                moved.append(await _take(desk, path))
        except OSError as error:
            log.error("%s cannot be imported (%s): look who may read and move it.", path, error.strerror)
        except (NoAnswer, DatabaseProblem):
            raise
        except Exception:
            # An unexpected error in one file must not stop those of other practices.
            log.exception("%s could not be imported", path)
    return moved


async def _take(desk: Desk, path: Path) -> Path:
    try:
        with tempfile.TemporaryDirectory(prefix="feed-") as place:
            copy, made_at = await asyncio.to_thread(_copied, path, Path(place))
            arrival = await hand_in(desk, path.parent.name, copy, path.name, BY, made_at)
            if arrival.waits_for:
                log.warning(
                    "feed %s of %s waits until a person has decided about feed %s",
                    arrival.number,
                    arrival.practice,
                    arrival.waits_for,
                )
    except (NoAnswer, DatabaseProblem):
        raise
    except DeskProblem as problem:
        log.warning("feed %s was refused: %s", path, problem)
        return await asyncio.to_thread(_moved, path, REFUSED, str(problem))
    return await asyncio.to_thread(_moved, path, TAKEN, None)


def _copied(path: Path, place: Path) -> tuple[Path, datetime]:
    """Copies a file, and returns when it was changed. Raises `DeskProblem` for a link, which may lead anywhere."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            source = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DeskProblem(LINK) from None
        raise
    with os.fdopen(source, "rb") as file:
        found = os.fstat(source)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise DeskProblem(LINK)
        copy = place / path.name
        with copy.open("wb") as target:
            shutil.copyfileobj(file, target)
    return copy, datetime.fromtimestamp(found.st_mtime, UTC)


def _waiting(folder: Path, still: float) -> list[Path]:
    """The oldest first: feeds come in in the order in which they were made."""
    found = []
    for place in folder.iterdir() if folder.is_dir() else ():
        if not (PRACTICE_ID.fullmatch(place.name) and place.is_dir() and not place.is_symlink()):
            continue
        for path in place.iterdir():
            if (
                (path.is_file() or path.is_symlink())
                and not path.name.startswith(".")
                and path.suffix.lower() not in UNFINISHED
            ):
                # Another worker may just have taken it.
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - (changed := path.lstat().st_mtime) >= still:
                        found.append((changed, path))
    return [path for _, path in sorted(found)]


def _moved(path: Path, where: str, why: str | None) -> Path:
    place = path.parent / where
    place.mkdir(exist_ok=True)
    if place.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "it is a link", str(place))
    target = place / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{path.name}"
    path.rename(target)
    if why is not None:
        target.with_name(f"{target.name}.reason.txt").write_text(f"{why}\n", encoding="utf-8")
    return target
