"""No generic file names an integration or one of its facts: what there is to know of it is asked of the registry."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from integrations.registry import INTEGRATIONS
from pharmacy.sharing.tables import ShareState
from playbooks.engine.states import STATUSES, MailState
from tests.documents import ROOT

FOLDERS = (
    *("activities", "cli", "configuration", "desk", "integrations", "machine", "migrations", "partners", "pharmacy"),
    *("playbooks", "practice_page", "store", "templates", "web", "workflows", "worker.py"),
)
OWN = (
    *("integrations/datapoint/", "machine/datapoint_simulator.py", "partners/datapoint", "partners/simulators/"),
    *("playbooks/datapoint", "templates/pages/practice/texts/datapoint", "templates/email/partials/datapoint"),
    *("activities/ezyvet", "cli/ezyvet", "desk/ezyvet", "integrations/ezyvet/", "machine/ezyvet", "partners/ezyvet"),
    *("playbooks/ezyvet", "templates/pages/practice/texts/ezyvet", "templates/email/partials/ezyvet", "web/api/ezyvet"),
    *("desk/sharing", "integrations/record_sharing/", "playbooks/record_sharing", "templates/email/partials/sharing"),
    *("templates/pages/console/sharing", "templates/pages/clinic/sharing", "web/api/member/sharing", "cli/sharing"),
    *("practice_page/actions/ezyvet", "templates/pages/console/ezyvet", "web/console/ezyvet", "web/practice/ezyvet"),
)
"""What belongs to the integration, by how the paths begin."""
DEMO = "cli/demo/"
"""The demo tells the story of one integration."""
GENERIC_MAILS = frozenset({"address_changed", "digest", "escalation", "mentioned", "practice_said", "reminder"})
"""Mails that fit every playbook; the others belong to the playbook that sends them."""
ALLOWED = {
    "cli/commands.py": "the help of `onboard queue`",
    "cli/queue.py": "the same",
    "configuration/settings.py": "the names of settings are a contract",
    "integrations/registry.py": "its lines in the registry",
    "machine/ports.py": "the port of its simulator",
    "machine/simulators.py": "its line among the simulators",
    "playbooks/registry.py": "its lines in the registry",
}
"""Generic files that name the integration all the same, and why."""
AMBIGUOUS = frozenset((*get_args(MailState), *get_args(ShareState), *STATUSES))
"""A fact with such a name cannot be told apart from another state."""


def generic_files() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().rstrip("\0").split("\0"):
        path = Path(name)
        mail = path.parts[:2] == ("templates", "email") and path.suffix == ".mjml" and len(path.parts) == 3
        if name.startswith((*OWN, DEMO)) or (mail and path.stem not in GENERIC_MAILS):
            continue
        if path.suffix in (".py", ".html", ".mjml", ".txt", ".css", ".js") and (ROOT / path).is_file():
            yield path


def facts() -> set[str]:
    return {fact.name for each in INTEGRATIONS.values() for fact in each.playbook.facts} - AMBIGUOUS


def literals(path: Path, text: str) -> set[str]:
    """What stands between quotes."""
    if path.suffix == ".py":
        constants = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        return {value for value in constants if isinstance(value, str)}
    return set(re.findall(r"""["']([a-z_0-9]+)["']""", text))


def named_in(path: Path) -> list[str]:
    """The lines that name the integration, and the facts that stand between quotes."""
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if "datapoint" in line.lower()]
    return [*lines, *sorted(literals(path, text) & facts())]


def test_no_generic_file_names_an_integration_or_a_fact() -> None:
    files = list(generic_files())
    assert {"web/app.py", "desk/service.py", "templates/pages/practice/page.html"} <= {str(path) for path in files}
    assert {"eula_accepted", "connection_lost"} <= facts()
    found = {str(path): lines for path in files if (lines := named_in(path))}
    assert {path: lines for path, lines in found.items() if path not in ALLOWED} == {}
    assert found.keys() == ALLOWED.keys(), "what names none any more is taken off the list"
