"""What a PractitionerRole says of when: whether it is over, goes on, or is to come. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from akson.fhir.dates import interval

Resource = Mapping[str, Any]


def codes_of(role: Resource) -> list[str]:
    """Return what somebody works as, by the codes of akson/access/roles.py."""
    return [coding["code"] for code in role.get("code", ()) for coding in code.get("coding", ()) if coding.get("code")]


def over(role: Resource, now: datetime) -> bool:
    """Say whether somebody had a role and has it no more."""
    until = bounds(role)[1]
    return role.get("active") is False or (until is not None and until <= now)


def bounds(role: Resource) -> tuple[datetime | None, datetime | None]:
    """Return when a role begins, and the instant after it ends: the last day counts whole."""
    period = role.get("period") or {}
    start, end = period.get("start"), period.get("end")
    return interval(start)[0] if start else None, interval(end)[1] if end else None


def coming(role: Resource, now: datetime) -> bool:
    """Say whether a role has not begun."""
    since = bounds(role)[0]
    return not over(role, now) and since is not None and since > now
