"""`pytest --hypothesis-profile=thorough` looks much longer for a way to break the engine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("thorough", max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
