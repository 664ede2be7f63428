"""`akson token`: whom or what the token speaks for, and what it was given for."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.doors import people
from akson.doors.settings import from_environment

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def claims(folder: Path, name: str, *scopes: str, environment: str = "demo") -> dict[str, Any]:
    settings = from_environment({"AKSON_ENV": environment, "AKSON_DATA": str(folder)})
    middle = (await people.token(settings, name, frozenset(scopes), NOW)).split(".")[1]
    return dict(json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4))))


@pytest.mark.parametrize(("name", "scopes", "subject", "scope"), [
    ("", (), "leverandor", "system/*.cruds"),
    ("", ("system/Patient.rs",), "leverandor", "system/Patient.rs"),
    ("Jonas", (), "jonas", "user/*.cruds"),
    ("Camilla", (), "innlasting", "akson/load system/*.cruds"),  # administrators open no records: a program loads
    ("Camilla", ("user/*.rs",), "camilla", "user/*.rs"),
])  # fmt: skip
async def test_a_token_speaks_for_a_person_or_a_program(
    tmp_path: Path, name: str, scopes: tuple[str, ...], subject: str, scope: str
) -> None:
    told = await claims(tmp_path, name, *scopes)
    assert (told["sub"], told["scope"]) == (subject, scope)


async def test_production_gives_no_token_to_anybody(tmp_path: Path) -> None:
    for name in ("", "Jonas", "Camilla"):
        with pytest.raises(Refused, match="AK-L009"):
            await claims(tmp_path, name, environment="production")
