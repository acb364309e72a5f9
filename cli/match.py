"""`onboard match`: a dry run of merging two files (DP9). Needs no server."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Json
from cli.output import echo, echo_json, echo_rich, escape, make_table, progress_bar
from cli.problem import CliProblem

if TYPE_CHECKING:
    from pharmacy.merge.match import MatchCounts
    from pharmacy.merge.people import Person
    from pharmacy.merge.proposal import Proposal

Existing = Annotated[Path, typer.Argument(metavar="EXISTING.csv", help="The existing clients.")]
Imported = Annotated[Path, typer.Argument(metavar="IMPORTED.csv", help="The imported clients.")]
Out = Annotated[Path, typer.Option("--out", metavar="PAIRS.csv", help="Where the pairs are written.")]
Strict = Annotated[bool, typer.Option("--strict", help="Never treat a different given name as a typing error.")]
COLUMNS = ("existing_id", "imported_id", "decision", "score", "reasons")


def match(existing: Existing, imported: Imported, out: Out, strict: Strict = False, as_json: Json = False) -> None:
    """Try out merging on two CSV files: who is the same client."""
    from pharmacy.feeds.errors import InvalidFeed
    from pharmacy.feeds.people import PeopleFile
    from pharmacy.merge.match import MatchCounts, match

    for source in (existing, imported):
        if source.exists() and out.exists() and source.samefile(out):
            raise CliProblem(f"--out would overwrite {source}; name another file for the pairs.")
    files = PeopleFile(existing), PeopleFile(imported)
    counts = MatchCounts()
    start = perf_counter()
    try:
        with _progress(imported) as counted:
            proposals = match(files[0], counted(files[1]), strict=strict, counts=counts)
    except InvalidFeed as problem:
        raise CliProblem(str(problem)) from None
    _write(out, proposals)
    summary = _summary(counts, proposals, perf_counter() - start)
    report = [sentence for file in files for sentence in file.report]
    if as_json:
        echo_json({**summary, "out": str(out), "report": report})
    else:
        _echo_summary(summary, proposals, out)
        for sentence in report:
            echo(sentence)


def _write(out: Path, proposals: list[Proposal]) -> None:
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for pair in sorted(proposals, key=lambda pair: (pair.decision, -pair.score)):
                reasons = " ".join(pair.reasons)
                rows.writerow((pair.existing, pair.imported, pair.decision, f"{pair.score:.4f}", reasons))
    except OSError as error:
        raise CliProblem(
            f"{out} cannot be written ({error.strerror}); name a file in a folder you may write to."
        ) from None


def _summary(counts: MatchCounts, proposals: list[Proposal], seconds: float) -> dict[str, Any]:
    merged = sum(pair.decision == "merge" for pair in proposals)
    reviewed = {pair.imported for pair in proposals if pair.decision == "review"}
    return {
        "existing": counts.existing,
        "imported": counts.imported,
        "merge": merged,
        "review": len(proposals) - merged,
        "new": counts.imported - merged - len(reviewed),
        "one_client_a_household": counts.exceptions.one_per_household,
        "own_patients": counts.exceptions.own_patients,
        "compared_per_client": round(counts.compared / max(1, counts.imported), 2),
        "seconds": round(seconds, 2),
    }


def _echo_summary(summary: dict[str, Any], proposals: list[Proposal], out: Path) -> None:
    table = make_table("", "Clients", right=(1,))
    for name, label in (
        ("existing", "there already"),
        ("imported", "imported"),
        ("merge", "merged"),
        ("review", "pairs to review"),
        ("new", "new"),
    ):
        table.add_row(label, f"{summary[name]:,}")
    echo_rich(table)
    reasons: dict[str, int] = {}
    for pair in proposals:
        if pair.decision == "review":
            reasons[pair.reasons[0]] = reasons.get(pair.reasons[0], 0) + 1
    if reasons:
        why = make_table("Why to review it", "Pairs", right=(1,), whole=(1,))
        for reason, count in sorted(reasons.items(), key=lambda each: -each[1]):
            why.add_row(escape(reason), f"{count:,}")
        echo_rich(why)
    if summary["one_client_a_household"]:
        echo("Neither file has two clients in one household, so a different given name counts as a typing error.")
    if summary["own_patients"]:
        echo("In these files clients of one household have their own patients, so those with the same are one client.")
    echo(f"The pairs with their reasons are in {out}; nothing else was changed. It took {summary['seconds']:.1f} s.")


@contextmanager
def _progress(imported: Path) -> Iterator[Callable[[Iterable[Person]], Iterator[Person]]]:
    """Yields a function that passes clients on and, on a terminal, shows their number."""
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.description}: {task.completed:,}")
    with progress_bar(SpinnerColumn(), text, TimeElapsedColumn()) as progress:
        task = progress.add_task(f"Clients of {imported.name} compared", total=None)

        def counted(people: Iterable[Person]) -> Iterator[Person]:
            for number, person in enumerate(people, start=1):
                yield person
                if not number % 500:
                    progress.update(task, completed=number)

        yield counted
