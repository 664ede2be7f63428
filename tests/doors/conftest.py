"""The doors are tested on the invented municipality, and on databases where nobody lives."""

from __future__ import annotations

from tests.seeded import peopled, town

__all__ = ["peopled", "town"]
