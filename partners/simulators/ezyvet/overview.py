"""What `/control` and the index page show of a site: what it holds, and how often it was called."""

from __future__ import annotations

from typing import Any

from partners.simulators.ezyvet.simulator import Simulator
from partners.simulators.ezyvet.store import Site


def one_site(simulator: Simulator, site: Site) -> dict[str, Any]:
    """The site's settings and counts of calls, its prescriptions with their items, and its products."""
    store = simulator.store
    items: dict[str, list[dict[str, str]]] = {}
    for item in store.all(site.uid, "prescriptionitem"):
        items.setdefault(item["prescription_id"], []).append(item)
    prescriptions = store.all(site.uid, "prescription")
    return {
        "site": site.model_dump(mode="json", exclude={"token"}),
        "calls": store.call_counts(site.uid),
        "prescriptions": [each | {"items": items.get(each["id"], [])} for each in prescriptions],
        "products": store.all(site.uid, "product"),
    }
