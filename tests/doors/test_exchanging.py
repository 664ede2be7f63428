"""The ways messages travel follow from the settings, and half of a way is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from akson.base.errors import Refused
from akson.doors import exchanging
from akson.doors.settings import Settings, from_environment
from akson.record.office import Office

EDI = {
    "AKSON_EDI_URL": "https://msh.example/",
    "AKSON_EDI_SCOPE": "nhn:msh/api",
    "AKSON_EDI_ISSUER": "https://helseid.example",
}
SECRET = {"AKSON_EXCHANGE_SECRET": "a secret of sixteen"}


def settings(folder: Path, given: dict[str, str]) -> Settings:
    return from_environment({"AKSON_ENV": "test", "AKSON_DATA": str(folder), **given})


@pytest.mark.parametrize(("given", "turns"), [
    ({}, set()), (SECRET, {"messages"}), (EDI, {"messages", "message server"}),
    (SECRET | EDI, {"messages", "message server"}),
])  # fmt: skip
async def test_the_worker_does_what_the_settings_switch_on(
    office: Office, tmp_path: Path, given: dict[str, str], turns: set[str]
) -> None:
    async with httpx.AsyncClient() as http:
        found = exchanging.turns(settings(tmp_path, given), office, http, lambda: datetime.now(UTC))
    assert found.keys() == turns


@pytest.mark.parametrize(("changed", "what"), [
    ({"AKSON_EDI_SCOPE": ""}, "AKSON_EDI_SCOPE"), ({"AKSON_EDI_ISSUER": ""}, "AKSON_EDI_ISSUER"),
    ({"AKSON_EDI_URL": "msh.example"}, "AKSON_EDI_URL"),
])  # fmt: skip
def test_half_a_message_server_is_refused(tmp_path: Path, changed: dict[str, str], what: str) -> None:
    with pytest.raises(Refused, match="AK-L011") as refused:
        settings(tmp_path, EDI | changed)
    assert what in refused.value.text


def test_our_client_and_the_issuer_of_the_staff_are_the_usual_ones(tmp_path: Path) -> None:
    given = EDI | {
        "AKSON_EDI_ISSUER": "",
        "AKSON_STAFF_ISSUER": "https://helseid.example",
        "AKSON_CLIENT_ID": "kommunen",
    }
    del given["AKSON_EDI_ISSUER"]
    made = exchanging.message_server(settings(tmp_path, given), httpx.AsyncClient(), lambda: datetime.now(UTC))
    assert made is not None and made.url == "https://msh.example"
    assert (made.machine.oidc.provider.issuer, made.machine.oidc.provider.client_id) == (
        "https://helseid.example",
        "kommunen",
    )
