"""A playbook as a diagram, in the words of Mermaid: what the docs and `onboard playbook --diagram` show."""

from __future__ import annotations

from collections.abc import Iterator

from desk.playbook_summary import in_words, target_in_words
from playbooks.engine.model import CLOCK, Playbook, Stage

SIDES = {
    "us": "fill:#dcfce7,stroke:#14532d,color:#14532d",
    "partner": "fill:#dbeafe,stroke:#1e3a8a,color:#1e3a8a",
    "practice": "fill:#fef3c7,stroke:#78350f,color:#78350f",
    "over": "fill:#f3f4f6,stroke:#374151,color:#111827",
}
"""A color for whose turn it is; each pair of colors is readable by contrast alone."""


def diagram(playbook: Playbook) -> str:
    """The stages from top to bottom, on each way out the facts that end it; Mermaid's `flowchart`."""
    return "\n".join(["flowchart TD", *(f"    {line}" for line in _lines(playbook))])


def _lines(playbook: Playbook) -> Iterator[str]:
    for stage in playbook.stages:
        side = playbook.party(stage.waits_on).side.value if stage.waits_on and stage.waits_on != CLOCK else "over"
        yield f'{stage.name}["{_box(playbook, stage)}"]:::{side}'
    for stage, following in zip(playbook.stages, playbook.stages[1:], strict=False):
        yield f'{stage.name} -->|"{"<br/>".join(stage.until)}"| {following.name}'
    for stage in playbook.stages:
        for rule in stage.clock_facts:
            if ending := playbook.fact(rule.fact).ends:
                yield f'{stage.name} -.->|"{rule.fact}"| {stage.name}_{ending}["{ending.capitalize()}"]:::over'
    for name, style in SIDES.items():
        yield f"classDef {name} {style}"


def _box(playbook: Playbook, stage: Stage) -> str:
    lines = [f"<b>{_text(stage.title)}</b>"]
    if stage.waits_on:
        lines.append(f"waits on {_text(playbook.party(stage.waits_on).title)}")
    if stage.target:
        lines.append(_text(target_in_words(stage.target)))
    lines += [_text(f"by the clock: {rule.fact} after {in_words(rule.after)}") for rule in stage.clock_facts]
    return "<br/>".join(lines)


def _text(words: str) -> str:
    return words.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
