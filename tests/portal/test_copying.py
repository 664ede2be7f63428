"""Taking the record along: a document that people read, a file that machines read, nothing that is withheld, all logged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.responses import Response

from akson.base.errors import Refused
from akson.base.web import printing
from akson.base.work import Actor, Purpose
from akson.fhir import checks
from akson.portal import copying, paper
from akson.portal.opening import opened
from akson.portal.rights import SCREENS
from tests.portal.pages import Visit, add, citizen, show
from tests.seeded import Town

PAGE = "/min/journal/kopi"
SECRET = "Dette er holdt tilbake fra innbyggeren"


async def taken(town: Town, who: Actor, kind: str, **form: str) -> bytes:
    """Press one of the buttons; return the file."""
    handler: Any = next(one.handler for one in SCREENS.found if one.path == PAGE)
    sent = {"form": kind, **form}
    async with town.office.work(who, Purpose.OWN, screen="portal:copy") as work:
        answer = await handler(work, Visit(method="POST", path=PAGE, query={}, form=sent, pairs=tuple(sent.items())))
    assert isinstance(answer, Response) and answer.headers["content-disposition"].startswith("attachment")
    return bytes(answer.body)


async def withheld(town: Town, who: Actor) -> None:
    await add(town, {
        "resourceType": "Condition", "subject": {"reference": who.id}, "code": {"text": SECRET},
        "meta": {"security": [{"system": "https://akson.no/fhir/mark", "code": "withheld"}]},
    })  # fmt: skip


async def test_the_document_holds_the_whole_record_in_words_and_nothing_that_is_withheld(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await withheld(town, astrid)
    async with town.office.work(astrid, Purpose.OWN) as work:
        visit = Visit(method="GET", path=PAGE, query={}, form={}, pairs=())
        found = await copying.gathered(work, await opened(work, visit, {}, page="journal/kopi"))
    told = paper.paper([one.resource for one in found], name="Astrid Nordli", born=None, now=town.office.clock())
    parts = {part.head: part.lines for part in told.parts}
    notes = {line.title: line for line in parts["Notater og brev"]}
    assert "Smerter i hofte ved gange" in notes["Journalnotat"].text and "Jonas Eikeland" in notes["Journalnotat"].about
    assert "Samtale" in notes  # she has closed it to others, not to herself
    assert any("Hjertesvikt" in line.title for line in parts["Helseproblemer"])
    assert any(line.title.startswith("Vekt: ") for line in parts["Prøvesvar og målinger"])
    assert all(line.text for line in parts["Medisiner"])
    assert SECRET not in str(told)


async def test_the_pdf_is_tagged_norwegian_and_has_a_title(town: Town) -> None:
    made = await taken(town, await citizen(town, "astrid"), "pdf")
    assert made.startswith(b"%PDF-") and b"/StructTreeRoot" in made and b"/Lang(nb)" in made and b"/Outlines" in made


@pytest.mark.parametrize("text", ["#panic() *fet* $x$ <a> \\n @b // c", "日本 🙂 שלום", "a\nb\n\n- c"])
def test_what_people_have_written_is_never_read_as_markup(text: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    told = paper.paper([{"resourceType": "Condition", "code": {"text": text}}], name=text, born=None, now=now)
    assert printing.printed(told, now).startswith(b"%PDF-")


async def test_the_file_is_a_valid_bundle_of_all_that_the_citizen_sees(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await withheld(town, astrid)
    bundle = json.loads(made := await taken(town, astrid, "data"))
    checks.check(made)
    held = [f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]]
    assert bundle["type"] == "collection" and len(held) == len(set(held)) and astrid.id in held
    assert town.names["DocumentReference/astrid-kontroll"] in held
    assert SECRET not in made.decode()
    others = [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"]
    assert [one["id"] for one in others] == [astrid.id.partition("/")[2]]


async def test_that_it_was_taken_out_stands_in_the_log_with_each_thing(town: Town) -> None:
    ola = await citizen(town, "ola")
    await taken(town, ola, "data", person=town.id("Patient/emil"))
    (row,) = await town.office.database.fetch(
        "SELECT seen::text AS seen FROM access_log WHERE actor_key = $1 AND seen::text LIKE '%page kopi%'", ola.key
    )
    assert "Patient/" in row["seen"] and "forelder" in row["seen"] and "/_history/" in row["seen"]


async def test_the_page_says_what_one_gets_in_few_statements(town: Town) -> None:
    page = await show(town, await citizen(town, "astrid"), PAGE)
    assert "Last ned som PDF" in page.text and page.statements <= 5
    before = town.office.database.statements
    await taken(town, await citizen(town, "astrid"), "data")
    assert town.office.database.statements - before <= 14


@pytest.mark.parametrize(("who", "person"), [("kari", "astrid"), ("ola", "henrik")])
async def test_a_proxy_takes_nothing_along(town: Town, who: str, person: str) -> None:
    for kind in ("pdf", "data"):
        with pytest.raises(Refused) as refused:
            await taken(town, await citizen(town, who), kind, person=town.id(f"Patient/{person}"))
        assert refused.value.code == "AK-A001"
