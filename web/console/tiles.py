"""The figures above the board: how many practices there are in each stage, and how many are overdue, by whose turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pharmacy.board import Group
from playbooks.model import Playbook
from playbooks.registry import PLAYBOOKS
from web.console.filters import Filters


@dataclass(frozen=True)
class Tile:
    """One figure and what a click on it shows; `on` if that is what is shown. `overdue` are among `count`."""

    title: str
    count: int
    overdue: int
    query: str
    on: bool
    about: str = ""


@dataclass(frozen=True)
class Tiles:
    """All figures. `total` of `open` are overdue; `stages` comes by playbook."""

    open: int
    overdue: int
    due_soon: int
    on_hold: int
    parties: tuple[Tile, ...]
    stages: tuple[tuple[Playbook, tuple[Tile, ...]], ...]


def tiles(groups: Iterable[Group], wanted: Filters, me: str) -> Tiles:
    """The figures of all open onboardings of the playbook and the assignee that are wanted."""
    counted = [group for group in groups if wanted.counts(group, me)]
    playbooks = [book for name, book in PLAYBOOKS.items() if wanted.playbook in ("", name)]
    return Tiles(
        open=_sum(counted),
        overdue=_sum(_overdue(counted)),
        due_soon=_sum(group for group in counted if group.sla == "due_soon"),
        on_hold=_sum(group for group in counted if group.status == "on_hold"),
        parties=tuple(_parties(counted, playbooks, wanted)),
        stages=tuple((book, tuple(_stages(counted, book, wanted))) for book in _in_use(counted, playbooks)),
    )


def _parties(counted: list[Group], playbooks: list[Playbook], wanted: Filters) -> Iterable[Tile]:
    titles = {party.name: party.title for book in playbooks for party in book.parties}
    for name, title in titles.items():
        theirs = [group for group in counted if group.waiting_on == name]
        on = wanted.waiting_on == name and wanted.sla == "breached"
        query = wanted.address(waiting_on="" if on else name, sla="" if on else "breached", stage="", status="")
        yield Tile(title, _sum(theirs), _sum(_overdue(theirs)), query, on)


def _in_use(counted: list[Group], playbooks: list[Playbook]) -> list[Playbook]:
    """Those by which an onboarding is open; the first one on an empty board."""
    names = {group.playbook for group in counted}
    return [book for book in playbooks if book.name in names] or playbooks[:1]


def _stages(counted: list[Group], book: Playbook, wanted: Filters) -> Iterable[Tile]:
    for stage in book.stages:
        if stage.waits_on is None:
            continue
        there = [group for group in counted if (group.playbook, group.stage) == (book.name, stage.name)]
        on = (wanted.stage, wanted.playbook) in ((stage.name, book.name), (stage.name, ""))
        query = wanted.address(playbook=book.name, stage="" if on else stage.name, waiting_on="", sla="", status="")
        yield Tile(stage.title, _sum(there), _sum(_overdue(there)), query, on, book.party(stage.waits_on).title)


def _overdue(groups: Iterable[Group]) -> Iterable[Group]:
    return (group for group in groups if group.sla == "breached")


def _sum(groups: Iterable[Group]) -> int:
    return sum(group.count for group in groups)
