"""Hent fra andre: a hospital's own record, asked over HTTP with our attestation; shown, kept nowhere, and in both logs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from akson.access.roles import OUTSIDE
from akson.audit.view import looked_at
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.doors.opening import clock
from akson.doors.settings import Settings, from_environment
from akson.doors.sources import sources, written
from akson.record import journal
from peers import records
from peers.records import Records
from seeds.citizens.astrid import ASTRID
from seeds.fjordvik import SYKEHUS, address
from seeds.staff import JONAS
from tests.offices import JOB
from tests.record.test_contention import block
from tests.seeded import Town
from tests.signin.conftest import served
from tests.workplace.browsing import Shown, browsing

NUMBER = address(SYKEHUS).orgnr.value
OTHERS = "14834142059"


@dataclass
class Asking:
    """Fjordvik, and the hospital's program. mood: of the hospital."""

    town: Town
    hospital: Records
    mood: str = "vanlig"

    @property
    def page(self) -> str:
        return f"/p/{self.town.id('Patient/astrid')}/andre"

    async def asks(self, who: str = "jonas", **form: str) -> Shown:
        """Let somebody ask; without more for the list."""
        async with browsing(self.town.office, await self.town.at_work(who)) as browser:
            return await browser.send(self.page, **{"kilde": NUMBER, **form})

    async def told(self) -> list[str]:
        """Return what the citizen's log has of Jonas."""
        office = self.town.office
        owner = office.ids.open(self.town.id("Patient/astrid")) or 0
        looks = await looked_at(office.database, owner, office.clock() + timedelta(minutes=1))
        return [did for one in looks.visits if one.who == JONAS.name for did in one.did]


@pytest.fixture
async def asking(town: Town, tmp_path: Path) -> AsyncIterator[Asking]:
    """The hospital runs, and is the one whom Fjordvik asks."""
    made: list[Asking] = []

    def app(url: str) -> Starlette:
        kept = Records(keys=tmp_path / "elsewhere" / "client.json", url=url)
        made.append(Asking(town, kept))
        return Starlette(routes=records.routes(kept, lambda: made[0].mood))

    async with served(app) as url, httpx.AsyncClient() as http:
        town.office.sources = sources(configured(tmp_path, url), http, clock)
        yield made[0]


def configured(folder: Path, url: str) -> Settings:
    env = {"AKSON_ENV": "test", "AKSON_DATA": str(folder), "AKSON_DATABASE_URL": "postgresql://x"}
    settings = from_environment(env)
    return replace(settings, elsewhere=written(settings, name=SYKEHUS.name, number=NUMBER, url=url))


async def test_the_gp_reads_the_list_and_a_document_and_both_logs_tell_of_it(asking: Asking) -> None:
    listed = await asking.asks()
    assert listed.status == 200, listed.text
    for text in ("Jodholdig kontrastmiddel, utslett", "Kronisk nyresvikt, stadium 3b", "Epikrise, hjerteavdelingen",
                 "Hos Vestfjell sykehus", "Vist nå, ikke lagret", "Ingen registrert hos Vestfjell sykehus."):  # fmt: skip
        assert text in listed.text
    opened = await asking.asks(dokument="v-d1")
    assert "Furosemid intravenøst i tre døgn" in opened.text and "Marit Lie" in opened.text
    assert {one["who"] for one in asking.hospital.looks} == {f"{JONAS.name}, HPR {JONAS.hpr.value}"} if JONAS.hpr else 0
    assert {(one["from"], one["why"], one["patient"]) for one in asking.hospital.looks} == {
        ("Fjordvik kommune", "TREAT", ASTRID.fnr.value)
    }
    assert "DocumentReference/v-d1" in [one["what"] for one in asking.hospital.looks]
    told = await asking.told()
    assert {"spurte Vestfjell sykehus hva de har i sin journal", "leste et dokument hos Vestfjell sykehus"} <= {*told}
    decisions = {one["decision"] for one in asking.hospital.looks}
    rows = await asking.town.office.database.fetch("SELECT seen::text FROM access_log WHERE seen::text LIKE '%asked%'")
    assert len(decisions) == 2 and all(any(one in row["seen"] for row in rows) for one in decisions)


async def test_nothing_of_what_is_shown_is_kept_here(asking: Asking) -> None:
    counted = "SELECT (SELECT count(*) FROM resource_version) + (SELECT count(*) FROM news)"
    before = await asking.town.office.database.fetchval(counted)
    await asking.asks()
    await asking.asks(dokument="v-d1")
    assert await asking.town.office.database.fetchval(counted) == before


async def test_a_file_that_is_no_text_is_handed_over_to_be_saved(asking: Asking) -> None:
    assert "Last ned" in (await asking.asks(dokument="v-d2")).text
    file = await asking.asks(dokument="v-d2", fil="0")
    assert file.answer.content.startswith(b"%PDF-") and file.answer.headers["content-type"] == "application/pdf"
    assert file.answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Ekkokardiografi"
    for none in ("1", "9" * 5000):
        assert (await asking.asks(dokument="v-d2", fil=none)).status == 422


@pytest.mark.parametrize("against", ["", "Organization/vestfjell", OUTSIDE])
async def test_what_the_citizen_has_closed_stops_it_before_anything_leaves(asking: Asking, against: str) -> None:
    named = {"reference": asking.town.names[against]} if "/" in against else {"display": "alle utenfor"}
    actors = [{"role": {"coding": [{"code": against}], "text": "leser"}, "reference": named}] if against else []
    async with asking.town.office.work(JOB, Purpose.SYSTEM) as work:
        person = await journal.read(work, "Patient", asking.town.id("Patient/astrid"))
        await journal.create(work, block(person, **({"actor": actors} if actors else {})))
    for form in ({}, {"dokument": "v-d1"}):
        shown = await asking.asks(**form)
        assert shown.status in (403, 422) and "sperret" in shown.text and "Jodholdig" not in shown.text
    assert asking.hospital.looks == [] and not asking.hospital.tokens
    assert "spurte Vestfjell sykehus hva de har i sin journal" not in await asking.told()


@pytest.mark.parametrize("who", ["elin", "siri", "camilla"])
async def test_who_may_not_read_the_record_here_asks_nobody(asking: Asking, who: str) -> None:
    shown = await asking.asks(who)
    assert shown.status in (403, 404) and "Jodholdig" not in shown.text
    assert asking.hospital.looks == [] and not asking.hospital.tokens


async def test_whom_nobody_can_vouch_for_is_told_what_it_takes(asking: Asking) -> None:
    async with asking.town.office.work(JOB, Purpose.SYSTEM) as work:
        jonas = await journal.read(work, "Practitioner", asking.town.id("Practitioner/jonas"))
        without = {name: value for name, value in jonas.resource.items() if name != "qualification"}
        await journal.update(work, without, id_=jonas.id)
    shown = await asking.asks()
    assert shown.status == 422 and "kan ikke gå god for deg" in shown.text and not asking.hospital.tokens


@pytest.mark.parametrize(("mood", "says"), [
    ("taus", "Vestfjell sykehus svarer ikke nå. Ingenting er hentet."),
    ("feilkode", "Vestfjell sykehus sa nei til å gi innsyn i journalen der."),
])  # fmt: skip
async def test_a_hospital_that_is_away_or_refuses_is_told_of_in_a_sentence(
    asking: Asking, mood: str, says: str
) -> None:
    asking.mood = mood
    for form in ({}, {"dokument": "v-d1"}):
        shown = await asking.asks(**form)
        assert shown.status == 422 and says in shown.text
    asking.town.office.sources = [replace(one, base="http://127.0.0.1:9") for one in asking.town.office.sources]
    assert "svarer ikke nå" in (await asking.asks()).text


def _others(held: list[dict[str, Any]], change: str) -> list[dict[str, Any]]:
    """Return the same as another hospital might answer, that has taken somebody for somebody else, or goes wrong."""
    person, *rest = json.loads(json.dumps(held))
    if change == "another number":
        person["identifier"][0]["value"] = "02873812345"
    if change == "two of them":
        rest.append({**person, "id": "v-1002"})
    if change == "about another":
        rest[1]["subject"]["reference"] = "Patient/v-1002"
    if change == "no FHIR":
        rest[0]["code"] = "Jod"
    return [person, *rest]


@pytest.mark.parametrize("change", ["another number", "two of them", "about another", "no FHIR"])
async def test_an_answer_about_somebody_else_or_no_answer_at_all_is_not_shown(
    asking: Asking, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = records.held
    monkeypatch.setattr(records, "held", lambda fnr: _others(told(fnr), change))
    shown = await asking.asks()
    assert shown.status == 422 and "kan ikke brukes" in shown.text and "Epikrise" not in shown.text


async def test_what_it_does_not_give_is_told_apart_from_what_it_has_none_of(asking: Asking) -> None:
    (one,) = asking.town.office.sources

    @dataclass(frozen=True)
    class Sparing:
        name: str = one.name
        number: str = one.number
        base: str = one.base

        async def get(self, vouched: Any, path: str) -> httpx.Response:
            return httpx.Response(403) if path.startswith("Allergy") else await one.get(vouched, path)

    asking.town.office.sources = [Sparing()]
    shown = await asking.asks()
    assert "gir ikke dette. Det kan finnes noe der." in shown.text and "Kronisk nyresvikt" in shown.text


async def test_of_whom_and_what_is_not_there_nothing_is_asked(asking: Asking) -> None:
    assert (await asking.asks(kilde="999999999")).status == 404
    for id_ in ("../Patient/v-1001", "v-d1?x=1", "v d"):
        assert (await asking.asks(dokument=id_)).status == 422
    assert asking.hospital.looks == []
    assert (await asking.asks(dokument="v-d9")).status == 422


WRONG = {
    "no such file": "", "no TOML": "[[source", "nothing": "x = 1",
    "no number": '[[source]]\nname = "A"\nurl = "http://a.no/fhir"\nissuer = "http://i.no"',
    "no right number": f'[[source]]\nname = "A"\nnumber = "{int(NUMBER) + 1}"\nurl = "http://a.no/f"\nissuer = "http://i.no"',
    "nobody who lets in": f'[[source]]\nname = "A"\nnumber = "{NUMBER}"\nurl = "http://a.no/fhir"',
    "a misspelt word": f'[[source]]\nname = "A"\nnumber = "{NUMBER}"\nurl = "http://a.no/f"\nisuer = "http://i.no"',
    "no address": f'[[source]]\nname = "A"\nnumber = "{NUMBER}"\nurl = "ftp://a.no/fhir"\nissuer = "http://i.no"',
}  # fmt: skip


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG.keys())
async def test_a_file_of_sources_that_makes_no_sense_stops_the_start(tmp_path: Path, told: str) -> None:
    file, settings = tmp_path / "sources.toml", configured(tmp_path, "http://127.0.0.1:1")
    if told:
        file.write_text(told, "utf-8")
    async with httpx.AsyncClient() as http:
        with pytest.raises(Refused, match="AK-L011"):
            sources(replace(settings, elsewhere=file), http, clock)
