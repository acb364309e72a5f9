"""How long a test waits for what has to come, however slow or busy the machine is."""

from __future__ import annotations

PATIENCE = 120.0
"""Seconds. It only ends a wait for what will never come, and measures nothing."""
