"""The rule about what is written and not released to the citizen yet: so that who wrote it can tell it first.

The mark on the entry says from when the citizen sees it, and why not before:
"release-2026-11-30T10:00:00Z-tell". From that instant on it closes nothing. What it is held to when it is written:
akson/record/releasing.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from akson.access.asking import CITIZEN, RULES, Ask, rule
from akson.access.facts import Facts
from akson.access.rights import is_case

__all__ = ["PREFIX", "REASONS", "RULES", "USUAL", "held", "mark", "release_in", "released_at", "releases",
           "unreleased"]  # fmt: skip

PREFIX: Final = "release-"
# tell: who wrote it wants to tell it; talk: an appointment is made; complete: an answer it belongs to is awaited;
# usual: the data controller has decided so for this kind of entry
USUAL: Final = "usual"
REASONS: Final = ("tell", "talk", "complete", USUAL)
NEVER: Final = datetime.max.replace(tzinfo=UTC)
_MARK: Final = re.compile(rf"release-(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ)-({'|'.join(REASONS)})")


def mark(at: datetime, reason: str) -> str:
    """Return the mark that keeps an entry from the citizen until an instant, to the second."""
    return f"{PREFIX}{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}-{reason}"


@lru_cache(maxsize=10_000)
def released_at(code: str) -> tuple[datetime, str]:
    """Return when a mark lets the entry out, and why not before; NEVER for one that nobody understands."""
    read = _MARK.fullmatch(code)
    try:
        return (datetime.fromisoformat(read[1]), read[2]) if read else (NEVER, "")
    except ValueError:  # 30 February
        return NEVER, ""


def release_in(security: Iterable[str], now: datetime) -> str:
    """Return the mark among these that keeps an entry from the citizen now, the last to end; "" when none does."""
    standing = [code for code in security if code.startswith(PREFIX) and released_at(code)[0] > now]
    return max(standing, key=released_at, default="")


def held(security: Iterable[str], now: datetime) -> bool:
    """Say whether any of these marks keeps an entry from the citizen now."""
    return bool(release_in(security, now))


def unreleased(facts: Facts, now: datetime) -> frozenset[str]:
    """Return the entries, "Type/id", that the citizen does not see yet."""
    return frozenset(releases(facts, now))


def releases(facts: Facts, now: datetime) -> dict[str, datetime]:
    """Return the entries, "Type/id", that the citizen does not see yet, each with when they will."""
    marked = ((f"{one.type}/{one.id}", release_in(one.security, now)) for one in facts.labelled)
    return {item: released_at(code)[0] for item, code in marked if code}


@rule(129, refusal="AK-J001", to=CITIZEN)
def not_released_yet(ask: Ask) -> bool:
    """Refuse citizens, as if unknown, what is to be told them first, until the instant that its mark says.

    What corrects such an entry comes with it.

    Source: pbrl §§ 3-2, 3-5, 5-1 (information is given with care; insight is not refused, it comes); domain rule C1
    """
    labels = ask.labels
    if labels is None or not labels.security:
        return False
    return held(labels.security, ask.now) or (not is_case(labels) and _corrects_held(ask, labels.security))


def _corrects_held(ask: Ask, security: frozenset[str]) -> bool:
    items = {code for code in security if "/" in code}
    found = (one for one in ask.facts.labelled if items and f"{one.type}/{one.id}" in items)
    return any(held(one.security, ask.now) for one in found)
