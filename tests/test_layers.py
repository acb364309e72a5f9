"""Each layer of the tests is run by a target of its own, and told in the contributor's guide."""

from __future__ import annotations

import re

from tests.documents import ROOT
from tests.layers import FIXTURES, FOLDERS, LAYERS


def test_each_layer_is_told_and_has_its_target() -> None:
    makefile, guide = ((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "CONTRIBUTING.md"))
    [targets] = re.findall(r"^(test-[a-z -]+): install$", makefile, re.MULTILINE)
    assert targets.split() == [f"test-{name}" for name in LAYERS]
    assert re.findall(r"^\| `([a-z]+)` \| .* \| .* \|$", guide, re.MULTILINE) == list(LAYERS)


def test_what_tells_a_layer_is_there() -> None:
    assert {*FOLDERS.values(), *FIXTURES.values()} == LAYERS.keys() - {"unit"}
    for folder in FOLDERS:
        assert (ROOT / "tests" / folder).is_dir()
