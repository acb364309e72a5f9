"""What comparing a practice with its ezyVet gave, in words and in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.output import echo

if TYPE_CHECKING:
    from desk.ezyvet_reconciliation import Report
    from integrations.ezyvet.findings import Finding

TO_DECIDE = ("missing", "changed")


def echo_comparison(report: Report) -> None:
    """Says what agreed, what was repaired, and what needs a person, with what to do."""
    run = report.run
    if run is None or run.problem:
        reason = run.problem if run else "nothing is known about it."
        echo(f"{report.practice} could not be compared: {reason}")
        return
    many = "prescription" if run.compared == 1 else "prescriptions"
    repaired, open_ones = len(report.repaired), len(report.for_a_person)
    echo(
        f"{report.practice}: {run.compared:,} {many} compared, {run.agreed:,} agree,"
        f" {repaired:,} repaired, {open_ones:,} for a person."
    )
    for each in report.repaired:
        echo(f"  Repaired: {each.text}{f' {each.todo}' if each.todo else ''}")
    for each in report.for_a_person:
        echo(f"  {each.text}")
        echo(f"    {each.todo}")
        if each.kind in TO_DECIDE:
            echo(f"    onboard ezyvet settle {report.practice} {each.subject} ours|theirs")


def comparison_json(report: Report) -> dict[str, Any]:
    run = report.run
    return {
        "practice": report.practice,
        "compared_at": run.finished_at.isoformat() if run and run.finished_at else None,
        "compared": run.compared if run else 0,
        "agreed": run.agreed if run else 0,
        "problem": run.problem if run else None,
        "repaired": [_finding(each) for each in report.repaired],
        "for_a_person": [_finding(each) for each in report.for_a_person],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "subject": finding.subject,
        "text": finding.text,
        "todo": finding.todo,
        "since": finding.since.isoformat() if finding.since else None,
    }
