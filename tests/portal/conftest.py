"""The citizens' pages are tested on the invented municipality, with the people who live there."""

from __future__ import annotations

from tests.seeded import peopled, town

__all__ = ["peopled", "town"]
