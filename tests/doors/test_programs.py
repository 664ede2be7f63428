"""Programs that other issuers vouch for."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from akson.doors.launching import device
from akson.signin.model import TokenClaims


def claims(issuer: str, subject: str = "fagsystem") -> TokenClaims:
    return TokenClaims(issuer=issuer, subject=subject, client=subject, scopes=frozenset(), jti="1",
                       expires=datetime(2026, 11, 22, tzinfo=UTC), key="", claims={})  # fmt: skip


def test_two_issuers_never_give_one_name_to_two_programs() -> None:
    one, other = device(claims("https://helseid.example")), device(claims("https://annen.example"))
    assert one != other
    assert one == device(claims("https://helseid.example"))
    assert "Device/fagsystem" not in (one, other)  # nor the name of an app that is registered here
    assert re.fullmatch(r"Device/[A-Za-z0-9.-]{1,64}", one)
