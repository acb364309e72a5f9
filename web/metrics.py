"""The metrics at `/metrics`: requests, their statuses and how long they took."""

from __future__ import annotations

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True)
class Metrics:
    """The metrics of one application; others may be added to `registry`."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Counter = field(init=False)
    seconds: Histogram = field(init=False)

    def __post_init__(self) -> None:
        requests = Counter(
            "onboard_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        seconds = Histogram(
            "onboard_http_request_seconds",
            "Seconds until a request was answered.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        object.__setattr__(self, "requests", requests)
        object.__setattr__(self, "seconds", seconds)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request; `route` is the pattern, never the path itself."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)
