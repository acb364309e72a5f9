"""Feeds that are laid into a folder are taken in, and what is none is put aside with the reason."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk import feed_folder
from desk.feed_imports import hand_in as take_in
from desk.service import Desk
from pharmacy.records import feed_progress
from tests.records.clinics import client, ndjson, patient
from tests.system.feeds import seen
from tests.system.harness import Practice


@pytest.fixture
def desk_with_folder(desk: Desk, tmp_path: Path) -> Desk:
    return replace(desk, settings=desk.settings.model_copy(update={"feeds_folder": tmp_path}))


def laid(folder: Path, practice: str, name: str, content: bytes, age: float = 60) -> Path:
    place = folder / practice
    place.mkdir(exist_ok=True)
    path = place / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    return path


async def test_a_feed_in_the_folder_comes_in_once(practice: Practice, desk_with_folder: Desk, tmp_path: Path) -> None:
    await practice.start()
    path = laid(tmp_path, practice.id, "monday.ndjson", ndjson([client(1), patient(1, 1)]))
    (taken,) = await feed_folder.look(desk_with_folder)
    assert taken.parent.name == "taken" and not path.exists()
    feed = await seen(practice, 1, "done")
    assert (feed.new_clients, feed.name, feed.by) == (1, "monday.ndjson", "the feeds folder")
    assert await feed_folder.look(desk_with_folder) == []


async def test_what_is_still_written_or_no_feed_waits(
    practice: Practice, desk_with_folder: Desk, tmp_path: Path
) -> None:
    laid(tmp_path, practice.id, "now.ndjson", ndjson([client(1)]), age=0)
    laid(tmp_path, practice.id, "half.part", ndjson([client(1)]))
    laid(tmp_path, practice.id, ".hidden", ndjson([client(1)]))
    laid(tmp_path, "Not A Practice", "feed.ndjson", ndjson([client(1)]))
    assert await feed_folder.look(desk_with_folder) == []


async def test_what_cannot_be_taken_is_put_aside_with_the_reason(desk_with_folder: Desk, tmp_path: Path) -> None:
    laid(tmp_path, "nobody-here", "feed.ndjson", ndjson([client(1)]))
    (refused,) = await feed_folder.look(desk_with_folder)
    assert refused.parent.name == "refused"
    reason = refused.with_name(f"{refused.name}.reason.txt").read_text()
    assert reason == "There is no practice nobody-here: start its onboarding, or correct the ID.\n"


async def test_older_files_come_first(practice: Practice, desk_with_folder: Desk, tmp_path: Path) -> None:
    await practice.start()
    laid(tmp_path, practice.id, "a-later.ndjson", ndjson([client(1, email="new@mail.example")]), age=100)
    laid(tmp_path, practice.id, "b-earlier.ndjson", ndjson([client(1)]), age=200)
    assert [path.name.split("-", 1)[1] for path in await feed_folder.look(desk_with_folder)] == [
        "b-earlier.ndjson",
        "a-later.ndjson",
    ]
    assert (await seen(practice, 2, "done", "refused")).updated_clients == 1


async def test_one_files_surprise_keeps_no_other_waiting(
    practice: Practice, desk_with_folder: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await practice.start()
    laid(tmp_path, practice.id, "odd.ndjson", ndjson([client(1)]), age=200)
    good = laid(tmp_path, practice.id, "good.ndjson", ndjson([client(2)]), age=100)

    async def hand_in(desk: Desk, practice: str, path: Path, *more: Any) -> Any:
        if path.name == "odd.ndjson":
            raise RuntimeError("Nobody thought of this.")
        return await take_in(desk, practice, path, *more)

    monkeypatch.setattr(feed_folder, "hand_in", hand_in)
    (taken,) = await feed_folder.look(desk_with_folder)
    assert taken.name.endswith("-good.ndjson") and not good.exists()


async def test_a_folder_that_is_not_there_holds_nothing(desk: Desk, tmp_path: Path) -> None:
    nowhere = replace(desk, settings=desk.settings.model_copy(update={"feeds_folder": tmp_path / "none"}))
    assert await feed_folder.look(nowhere) == []


@pytest.mark.parametrize("kind", ["symbolic", "hard", "folder"])
async def test_a_link_is_never_followed(practice: Practice, desk_with_folder: Desk, tmp_path: Path, kind: str) -> None:
    await practice.start()
    outside = tmp_path.parent / f"{tmp_path.name}-secret"
    outside.mkdir()
    secret = outside / "feed.ndjson"
    secret.write_bytes(ndjson([client(1)]))
    os.utime(secret, (time.time() - 60,) * 2)
    place = tmp_path / practice.id
    if kind == "folder":
        place.symlink_to(outside)
        assert await feed_folder.look(desk_with_folder) == []
    else:
        place.mkdir()
        link = place / "feed.ndjson"
        if kind == "hard":
            link.hardlink_to(secret)
        else:
            link.symlink_to(secret)
            os.utime(link, (time.time() - 60,) * 2, follow_symlinks=False)
        (refused,) = await feed_folder.look(desk_with_folder)
        assert "is a link" in refused.with_name(f"{refused.name}.reason.txt").read_text()
    assert secret.exists()
    assert await feed_progress.list_feeds(desk_with_folder.database, practice.id, 10) == []
