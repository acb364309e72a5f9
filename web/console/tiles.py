"""The figures of the board: whose turn it is at how many practices, and how many are in each stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from playbooks.engine.model import Playbook
from playbooks.registry import PLAYBOOKS
from store.journal.board import Group
from web.console.filters import Filters


@dataclass(frozen=True)
class Tile:
    """One figure and what a click on it shows; `on` if that is what is shown. `overdue` are among `count`."""

    title: str
    count: int
    overdue: int
    query: str
    on: bool


@dataclass(frozen=True)
class Tiles:
    """All figures above zero: by whose turn it is, and by stage, which come by playbook."""

    open: int
    on_hold: int
    parties: tuple[Tile, ...]
    stages: tuple[tuple[Playbook, tuple[Tile, ...]], ...]


def tiles(groups: Iterable[Group], wanted: Filters, me: str) -> Tiles:
    """The figures of the open onboardings that are wanted, in every stage; none where groups cannot tell them."""
    countable = wanted.countable and not wanted.closed
    counted = [group for group in groups if countable and wanted.counts(group, me)]
    playbooks = [book for name, book in PLAYBOOKS.items() if wanted.playbook in ("", name)]
    stages = [(book, tuple(_stages(counted, book, wanted))) for book in playbooks]
    return Tiles(
        open=_sum(counted),
        on_hold=_sum(group for group in counted if group.status == "on_hold"),
        parties=tuple(_parties(counted, playbooks, wanted)),
        stages=tuple((book, found) for book, found in stages if found),
    )


def _parties(counted: list[Group], playbooks: list[Playbook], wanted: Filters) -> Iterable[Tile]:
    titles = {party.name: party.title for book in playbooks for party in book.parties}
    for name, title in titles.items():
        theirs = [group for group in counted if group.waiting_on == name]
        on = wanted.waiting_on == name
        query = wanted.address(waiting_on="" if on else name, stage="")
        if theirs:
            yield Tile(title, _sum(theirs), _sum(_overdue(theirs)), query, on)


def _stages(counted: list[Group], book: Playbook, wanted: Filters) -> Iterable[Tile]:
    for stage in book.stages:
        if stage.waits_on is None:
            continue
        there = [group for group in counted if (group.playbook, group.stage) == (book.name, stage.name)]
        on = (wanted.stage, wanted.playbook) in ((stage.name, book.name), (stage.name, ""))
        query = wanted.address(playbook=book.name, stage="" if on else stage.name, waiting_on="")
        if there:
            yield Tile(stage.title, _sum(there), _sum(_overdue(there)), query, on)


def _overdue(groups: Iterable[Group]) -> Iterable[Group]:
    return (group for group in groups if group.sla == "breached")


def _sum(groups: Iterable[Group]) -> int:
    return sum(group.count for group in groups)
