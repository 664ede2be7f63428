"""Programs that other issuers vouch for."""

from __future__ import annotations

import re

from akson.doors.launching import device


def test_two_issuers_never_give_one_name_to_two_programs() -> None:
    one, other = device("fagsystem", "https://helseid.example"), device("fagsystem", "https://annen.example")
    assert one != other
    assert one == device("fagsystem", "https://helseid.example")
    assert "Device/fagsystem" not in (one, other)  # nor the name of an app that is registered here
    assert re.fullmatch(r"Device/[A-Za-z0-9.-]{1,64}", one)
