"""Runs Schemathesis against a served API: made-up requests by the OpenAPI document, whose answers it checks."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import httpx2

from machine.servers import with_project_path
from tests.patience import PATIENCE
from tests.web.programs import SECRET

CHECKS = "all"
EXAMPLES = 30
"""Requests made up at random for each operation, the same in every run, besides the thousands that cover its schema."""
EXCLUDED = "positive_data_acceptance"
"""The rules refuse much that has the right form: a time zone that does not exist, a fact that contradicts."""
Operations = set[tuple[str, str]]


async def run(served: str, token: str, folder: Path, *options: str, **known: str) -> str:
    """Returns what it reports, once it found no fault. `known` are values that its hooks put into requests."""
    async with httpx2.AsyncClient(base_url=served, timeout=PATIENCE) as client:
        # Schemathesis does not wait for the document as long as it may take to be made on a busy machine.
        await client.get("/api/openapi.json")
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", f"{served}/api/openapi.json", "--url", served, "--header", f"Authorization: Bearer {token}"),
        *("--checks", CHECKS, "--exclude-checks", EXCLUDED, "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure", "--no-color"),
        *("--suppress-health-check", "all", "--no-shrink", "--warnings", "off", *options),
        cwd=folder,
        env=with_project_path(os.environ)
        | {"SCHEMATHESIS_HOOKS": "tests.web.contract_hooks", "CONTRACT_SECRET": SECRET}
        | {f"CONTRACT_{name.upper()}": value for name, value in known.items()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout
    report = (await process.stdout.read()).decode()
    assert await process.wait() == 0, report[-20_000:]
    return report[-3_000:]


async def succeeded(served: str) -> Operations:
    """The operations that were done at least once, and not only refused: those under which a fault could hide."""
    async with httpx2.AsyncClient(base_url=served, timeout=PATIENCE) as client:
        figures = (await client.get("/metrics")).text
    counted = re.findall(r'^onboard_http_requests_total{method="(\w+)",route="([^"]+)",status="2\d\d"}', figures, re.M)
    return {(method, route) for method, route in counted}


async def operations(served: str, tag: str) -> tuple[Operations, Operations]:
    """All operations: those with the tag, and those without it."""
    async with httpx2.AsyncClient(base_url=served, timeout=PATIENCE) as client:
        paths = (await client.get("/api/openapi.json")).json()["paths"]
    every = {
        (method.upper(), path): operation for path, methods in paths.items() for method, operation in methods.items()
    }
    tagged = {each for each, operation in every.items() if tag in operation["tags"]}
    return tagged, every.keys() - tagged
