"""A practice of the cluster whose ezyVet is live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from pydantic import SecretStr

from tests.faults.cluster import Cluster
from tests.system.harness import Practice
from tests.system.prescribing import EzyvetPractice, ezyvet_practice


@asynccontextmanager
async def live_practice(cluster: Cluster, practice: Practice) -> AsyncIterator[EzyvetPractice]:
    given = {"secret_key": SecretStr(cluster.home.secret("secret_key")), "prescription_undo": timedelta(0)}
    settings = cluster.desk.settings.model_copy(update=given)
    practice.desk = replace(cluster.desk, settings=settings)
    async with ezyvet_practice(practice, cluster.ezyvet, settings) as live:
        yield live
