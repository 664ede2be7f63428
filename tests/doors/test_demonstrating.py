"""The demo begins as people begin it: every program of its own stands there, and those of NHN let Akson in."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from akson.doors.demonstrating import PORTS
from akson.doors.national import registered
from akson.patient.population import merged
from akson.registers.persons import read
from peers.persons import Register
from peers.tokens import Door
from seeds.citizens.astrid import ASTRID
from tests.journeys.town import eventually
from tests.programs import HANG, cut, ports, tied

# What `akson demo` does, but for terminology and a PostgreSQL of its own.
BEGINS = """
import asyncio, os, time
from akson.doors import demonstrating, seeding
from akson.doors.settings import from_environment
settings = demonstrating.joined(from_environment(os.environ))
asyncio.run(seeding.fill(settings, 0, print))
asyncio.run(demonstrating.met(settings))
raise SystemExit(demonstrating.run(settings, os.environ, time.monotonic(), settings.data / "log"))
"""
NAMED = ("Vestfjell sykehus", "Helsepersonellregisteret", "Vestbyen legekontor", "NAV Fjordvik", "Barneverntjenesten",
         "Nordvik skole", "Adresseregisteret", "Folkeregisteret", "NHNs meldingstjener")  # fmt: skip
OUTSIDE = "SELECT count(*) FROM address WHERE NOT ours"
PEOPLE = "nhn/people.json"  # all who are in the record; the worker comes to know them one after the other
ASKED = """SELECT (SELECT count(*) FROM address_register WHERE asked IS NOT NULL AND signing <> ''),
                  (SELECT count(*) FROM population WHERE register <> '')"""
CHANGED = "SELECT count(*) FROM resource r JOIN population p ON p.patient = r.id WHERE r.version > 1"


@contextmanager
def begun(database_url: str, folder: Path) -> Iterator[int]:
    """Begin the demo and wait until it says that it is ready; yield its port."""
    port = ports(PORTS)[0]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AKSON_")} | {
        "AKSON_ENV": "demo", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(folder), "AKSON_PORT": str(port),
    }  # fmt: skip
    told = folder / "told"
    with told.open("wb") as out:
        program = tied([sys.executable, "-c", BEGINS], env=env, out=out)
    try:
        eventually(lambda: program.poll() is not None or "Akson er klar" in told.read_text("utf-8"), HANG)
        assert program.poll() is None, told.read_text("utf-8")
        yield port
    finally:
        cut(program)


def test_every_program_of_the_demo_answers_and_nhns_services_let_akson_in(database_url: str, tmp_path: Path) -> None:
    with begun(database_url, tmp_path) as port:
        pages = [httpx.get(f"http://127.0.0.1:{port + number}/") for number in range(1, PORTS)]
        headings = [re.findall(r"<h1>(.*?)</h1>", page.text)[0] for page in pages]
        assert [name for name, heading in zip(NAMED, headings, strict=True) if name not in heading] == []
        messages = pages[-1].url
        letter = {"to": "99000014", "fnr": ASTRID.fnr.value, "title": "Plass", "text": "Hun kan komme på mandag."}
        assert httpx.post(messages.join("/send"), data=letter).status_code == 303

        def answered() -> list[dict[str, Any]]:
            every: list[dict[str, Any]] = httpx.get(messages.join("/control/messages")).json()
            return [one for one in every if one["read"] and one["status"] == "1"]

        assert len(eventually(answered, HANG)) == 1  # fetched, filed, and its AppRec given
        (outside,), people = asyncio.run(_ask(database_url, OUTSIDE)), len(json.loads((tmp_path / PEOPLE).read_bytes()))
        assert outside > 10 and people > 20
        assert eventually(lambda: asyncio.run(_ask(database_url, ASKED)) == (outside, people), HANG)
        assert asyncio.run(_ask(database_url, CHANGED)) == (0,)  # each says what stands here


async def _ask(database_url: str, statement: str) -> tuple[int, ...]:
    connection = await asyncpg.connect(database_url)
    try:
        return tuple(await connection.fetchrow(statement))
    finally:
        await connection.close()


def test_folkeregisteret_of_the_demo_tells_of_everybody_what_stands_in_the_record() -> None:
    name, home = {"family": "Nes", "given": ["Olaug", "Marie"]}, {"use": "home", "line": ["Nordgata 44"], "city": "Vik"}
    number = [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": ASTRID.fnr.value}]
    one = {"resourceType": "Patient", "identifier": number, "name": [name]}
    for more in (
        {},
        {"address": [home | {"postalCode": "9996"}]},
        {"address": [home | {"line": ["Torget"], "postalCode": "9996"}]},
        {"deceasedDateTime": "2026-11-02T04:40:00+01:00"},
        *({"meta": {"security": [{"system": "https://akson.no/fhir/protection", "code": mark}]}}
          for mark in ("kode6", "kode7", "klientadresse")),
    ):  # fmt: skip
        known = registered(one | more)
        assert known is not None
        register = Register(Door("", "", "", httpx.AsyncClient()), {known["nin"]: known})
        parts = ["Name", "NorwegianIdentificationNumber", "Death", "ResidentialAddress", "AddressProtection", "Status"]
        answer = httpx.Response(200, json=register.told(known["nin"], parts))
        assert merged(one | more, read(answer.content), None) == one | more, more
    assert registered(one | {"identifier": []}) is None and registered(one | {"name": []}) is None
    assert registered(one | {"deceasedDateTime": "2026-11-02"}) == registered(one) | {"died": str(date(2026, 11, 2))}
