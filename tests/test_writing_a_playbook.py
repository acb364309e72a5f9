"""The example of docs/writing-a-playbook.md: as a reader would add it, run through the engine as it is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from configuration.settings import Settings
from desk.diagram import diagram
from desk.rehearsal import Scene, rehearse
from partners.holidays import calendar_for
from playbooks.engine.checks import PlaybookError, check_templates, checked
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Request
from templates import render
from tests.documents import ROOT, blocks

TEXT = (ROOT / "docs" / "writing-a-playbook.md").read_text(encoding="utf-8")
REQUEST = {
    "practice": {"id": "cedar-creek", "name": "Cedar Creek", "time_zone": "America/Denver"},
    "primary_contact": {"name": "Jo Bell", "email": "jo@cedar-creek.example"},
}


@pytest.fixture
def storefront(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Playbook:
    """The playbook, from the file that the document says to write."""
    path = tmp_path / "storefront.py"
    path.write_text(next(block.text for block in blocks(TEXT) if block.language == "python"), encoding="utf-8")
    spec = spec_from_file_location("playbooks.storefront", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    found = module.STOREFRONT
    assert isinstance(found, Playbook)
    return checked(found)[found.name]


@pytest.fixture
def with_its_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The templates, and beside them the one that the document says to write."""
    folder = tmp_path / "email"
    shutil.copytree(render.EMAIL, folder)
    mail = next(block.text for block in blocks(TEXT) if block.language == "jinja")
    (folder / "preview_ready.mjml").write_text(mail, encoding="utf-8")
    monkeypatch.setattr(render, "EMAIL", folder)
    caches = (render.kinds, render._templates, render._environments)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()


def story(playbook: Playbook, *, late: bool) -> list[Scene]:
    place = calendar_for("America/Denver", "US", "CO", first_day=date(2026, 3, 1))
    start = datetime(2026, 3, 3, 16, tzinfo=UTC)
    return rehearse(playbook, Request.model_validate(REQUEST), place, place, start, late=late)


def test_the_example_runs_to_its_end(storefront: Playbook) -> None:
    in_time = story(storefront, late=False)
    assert [scene.mail.kind for scene in in_time if scene.mail] == ["preview_ready"]
    assert in_time[-1].text == "Live: the end"
    kinds = [scene.mail.kind for scene in story(storefront, late=True) if scene.mail]
    assert kinds[:5] == ["reminder"] * 5, "days 3, 7, 14 and 21, and one more"
    assert kinds[5:8] == ["escalation", "escalation", "preview_ready"]
    assert set(kinds[8:]) == {"reminder"}


def test_all_its_mails_can_be_written(storefront: Playbook, with_its_mail: None) -> None:
    check_templates(storefront, render.kinds())
    for scene in story(storefront, late=True):
        if scene.mail:
            letter = render.render(scene.mail.kind, scene.mail.context, Settings().brand)
            assert "Cedar Creek" in letter.subject


def test_without_its_mail_the_worker_would_not_start(storefront: Playbook) -> None:
    with pytest.raises(
        PlaybookError, match=r"no template for 'preview_ready'; add templates/email/preview_ready\.mjml"
    ):
        check_templates(storefront, render.kinds())


def test_it_can_be_drawn(storefront: Playbook) -> None:
    assert 'preview -->|"preview_ready"| approval' in diagram(storefront)


def test_the_line_in_the_registry_is_the_one_there_is_with_the_new_name() -> None:
    line = [block.text.strip() for block in blocks(TEXT) if block.language == "python"][1].splitlines()[-1]
    assert line.replace(", STOREFRONT)", ")") in (ROOT / "playbooks/registry.py").read_text()
