"""What `/control` and the index page show of the sites: what they hold, and how often they were called."""

from __future__ import annotations

from collections import deque
from typing import Any

from partners.simulators.ezyvet.simulator import Simulator
from partners.simulators.ezyvet.store import Site


def overview(simulator: Simulator) -> dict[str, Any]:
    """The settings, and each site with counts of its prescriptions and calls."""
    prescriptions = simulator.store.counts("prescription")
    return {
        "speed": simulator.limits.speed,
        "faults": [fault.model_dump(mode="json") for fault in simulator.faults.all()],
        "sites": [
            site_settings(site)
            | {"prescriptions": prescriptions.get(site.uid, 0), "calls": simulator.store.call_counts(site.uid)}
            for site in simulator.store.sites.values()
        ],
    }


def one_site(simulator: Simulator, site: Site) -> dict[str, Any]:
    """The site's settings, its prescriptions with their items, its products, and counts of its calls.

    `most` says how many calls of an endpoint, and in all, took a place within one window of the limits.
    """
    store = simulator.store
    items: dict[str, list[dict[str, str]]] = {}
    for item in store.all(site.uid, "prescriptionitem"):
        items.setdefault(item["prescription_id"], []).append(item)
    prescriptions = store.all(site.uid, "prescription")
    return {
        "site": site_settings(site),
        "calls": store.call_counts(site.uid),
        "most": _most(simulator, site),
        "prescriptions": [each | {"items": items.get(each["id"], [])} for each in prescriptions],
        "products": store.all(site.uid, "product"),
    }


def site_settings(site: Site) -> dict[str, Any]:
    """With the credentials, which are made up."""
    return site.model_dump(mode="json", exclude={"token"})


def _most(simulator: Simulator, site: Site) -> dict[str, int]:
    most: dict[str, int] = {}
    recent: dict[str, deque[float]] = {}
    counted = (call for call in simulator.store.calls(site.uid, 0) if call["counted_at"] is not None)
    for call in sorted(counted, key=lambda call: float(call["counted_at"])):
        for name in (call["endpoint"], "all"):
            times = recent.setdefault(name, deque())
            times.append(call["counted_at"])
            while times[0] <= call["counted_at"] - simulator.limits.window:
                times.popleft()
            most[name] = max(most.get(name, 0), len(times))
    return most
