"""The ways messages travel follow from the settings, and half of a way is refused."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from akson.base.errors import Refused
from akson.doors import exchanging
from akson.doors.settings import Settings, from_environment
from akson.exchange import inbox
from akson.record.office import Office
from tests.exchange.letters import written
from tests.exchange.test_calls import Receiver, outside, write
from tests.offices import opened_office

EDI = {
    "AKSON_EDI_URL": "https://msh.example/",
    "AKSON_EDI_SCOPE": "nhn:msh/api",
    "AKSON_EDI_ISSUER": "https://helseid.example",
}
AMQP = {"AKSON_AMQP_URL": "amqps://broker.example:5671/amq/queue/", "AKSON_AMQP_USER": "us", "AKSON_AMQP_PASSWORD": "x"}
needs_queues = pytest.mark.skipif(
    not (find_spec("proton") and find_spec("signxml")), reason="needs python-qpid-proton and signxml (make queues)"
)
SECRET = {"AKSON_EXCHANGE_SECRET": "a secret of sixteen"}
MESSAGES = {"messages in", "messages out", "messages underway", "messages overdue"}


def settings(folder: Path, given: dict[str, str]) -> Settings:
    return from_environment({"AKSON_ENV": "test", "AKSON_DATA": str(folder), **given})


@pytest.mark.parametrize(("given", "turns"), [
    ({}, MESSAGES), (SECRET, MESSAGES), (EDI, MESSAGES | {"message server"}),
    (SECRET | EDI, MESSAGES | {"message server"}),
    pytest.param(AMQP, MESSAGES | {"queues"}, marks=needs_queues),
])  # fmt: skip
async def test_the_worker_does_what_the_settings_switch_on(
    office: Office, tmp_path: Path, given: dict[str, str], turns: set[str]
) -> None:
    async with httpx.AsyncClient() as http:
        found = exchanging.turns(settings(tmp_path, given), office, http, lambda: datetime.now(UTC))
    assert found.keys() == turns


async def test_while_a_receiver_is_waited_for_what_comes_is_filed_with_one_connection_for_all(
    database_url: str, tmp_path: Path
) -> None:
    filed = asyncio.Event()

    async def answers(_: int) -> int:
        async with asyncio.timeout(10):
            await filed.wait()
        return 202

    async with opened_office(database_url, size=1) as office, outside(office, Receiver(answers)) as (places, _):
        await write(places, 1)
        await inbox.keep(office.database, written(), now=office.clock())
        async with httpx.AsyncClient() as http:
            turns = exchanging.turns(settings(tmp_path, SECRET), office, http, office.clock)

            async def take(name: str) -> int:
                touched = await turns[name]()
                if await places.found("Task"):
                    filed.set()
                return touched

            done = await asyncio.gather(*map(take, turns))
        assert dict(zip(turns, done, strict=True)) == dict.fromkeys(turns, 0) | {"messages in": 1, "messages out": 1}
        assert await places.rows("SELECT DISTINCT state FROM message_out WHERE type <> 'APPREC'") == [
            {"state": "delivered"}
        ]


@pytest.mark.parametrize(("changed", "what"), [
    ({"AKSON_EDI_SCOPE": ""}, "AKSON_EDI_SCOPE"), ({"AKSON_EDI_ISSUER": ""}, "AKSON_EDI_ISSUER"),
    ({"AKSON_EDI_URL": "msh.example"}, "AKSON_EDI_URL"),
])  # fmt: skip
def test_half_a_message_server_is_refused(tmp_path: Path, changed: dict[str, str], what: str) -> None:
    with pytest.raises(Refused, match="AK-L011") as refused:
        settings(tmp_path, EDI | changed)
    assert what in refused.value.text


@pytest.mark.parametrize(("changed", "what"), [
    ({"AKSON_AMQP_URL": "broker.example:5671"}, "AKSON_AMQP_URL"),
    ({"AKSON_AMQP_URL": "https://broker.example:5671"}, "AKSON_AMQP_URL"),
    ({"AKSON_AMQP_URL": "amqps://broker.example"}, "AKSON_AMQP_URL"),
    ({"AKSON_AMQP_URL": "amqps://broker.example:five"}, "AKSON_AMQP_URL"),
    ({"AKSON_AMQP_URL": "amqps://us:secret@broker.example:5671"}, "AKSON_AMQP_URL"),
    ({"AKSON_AMQP_PASSWORD": ""}, "AKSON_AMQP_USER"), ({"AKSON_AMQP_URL": ""}, "AKSON_AMQP_USER"),
])  # fmt: skip
def test_half_a_broker_is_refused(tmp_path: Path, changed: dict[str, str], what: str) -> None:
    with pytest.raises(Refused, match="AK-L011") as refused:
        settings(tmp_path, AMQP | changed)
    assert what in refused.value.text and "secret" not in refused.value.text


def test_a_broker_is_reached_in_the_open_only_where_no_real_persons_are(tmp_path: Path) -> None:
    given = {"AKSON_AMQP_URL": "amqp://127.0.0.1:5672"}
    assert settings(tmp_path, given).amqp_url
    with pytest.raises(Refused, match="AK-L011"):
        settings(tmp_path, given | {"AKSON_ENV": "production"})


@needs_queues
@pytest.mark.parametrize(("url", "prefix"), [
    ("amqps://broker.example:5671", ""), ("amqps://broker.example:5671/", ""),
    ("amqps://broker.example:5671/amq/queue", "/amq/queue/"),
])  # fmt: skip
def test_the_path_of_a_broker_stands_before_the_names_of_its_queues(tmp_path: Path, url: str, prefix: str) -> None:
    made = exchanging.broker(settings(tmp_path, AMQP | {"AKSON_AMQP_URL": url}), None, lambda: datetime.now(UTC))
    assert made is not None and (made.broker.host, made.broker.port, made.broker.prefix) == (
        "broker.example",
        5671,
        prefix,
    )
    assert (
        made.broker.tls is not None
        and made.broker.tls.check_hostname
        and "x" not in repr(made.broker).split("password")
    )


def test_queues_without_the_library_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("proton", "akson.exchange.transports.amqp", "akson.exchange.transports.line"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Refused, match="AK-L026") as refused:
        exchanging.broker(settings(tmp_path, AMQP), None, lambda: datetime.now(UTC))
    assert "bin/setup amqp" in refused.value.text


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
