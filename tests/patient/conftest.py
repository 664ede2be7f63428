"""What is about persons is tried on the invented municipality."""

from __future__ import annotations

from tests.seeded import peopled, town

__all__ = ["peopled", "town"]
