"""`pytest --hypothesis-profile=thorough --timeout=0` searches for minutes for a way to break the engine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("thorough", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
