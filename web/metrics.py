"""The metrics at `/metrics`: requests, their statuses and how long they took."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one application; others may be added to `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("onboard_http_requests", "Requests answered.", labels, registry=self.registry)
        text = "Seconds until a request was answered."
        self.seconds = Histogram(
            "onboard_http_request_seconds", text, ["route"], buckets=BUCKETS, registry=self.registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request; `route` is the pattern, never the path itself."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)
