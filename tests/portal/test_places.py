"""Where somebody with a hidden address is helped is told on no page to who acts for them: no name, unit or number of it.

Source: domain rules R17, R29 and R30
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go, Visit
from akson.base.work import Actor, Purpose
from akson.patient import cases
from akson.patient.openings import open_in_emergency
from akson.portal import bereaved, closing, copying, paper, rights
from akson.portal.insight import SEE_AS
from akson.portal.opening import opened
from akson.portal.record import COPY
from akson.portal.screens import SCREENS
from akson.record import journal
from akson.record.facts import PROTECTION
from seeds import fjordvik, staff
from tests.offices import JOB
from tests.portal.pages import add, citizen, send, show
from tests.portal.test_insight import insight, later, reads
from tests.seeded import Town

CHILD, TODAY, ASK = "emil", "2026-11-23", "/min/innsyn/forklaring"
AT_HOME = sorted({one.path for found in (SCREENS, bereaved.SCREENS, rights.SCREENS) for one in found.found})
REASON = "Ligger bevisstløs utenfor skolen"


def told_of(town: Town) -> set[str]:
    """Return what leads to a place: what staff and units are called, and the ids of both; not the municipality itself."""
    units = {one.name for one in vars(fjordvik).values() if isinstance(one, fjordvik.Unit)} - {
        fjordvik.MUNICIPALITY.name
    }
    kinds = ("Practitioner/", "PractitionerRole/", "Organization/", "Location/", "HealthcareService/")
    ids = {town.id(key) for key in town.names if key.startswith(kinds)}
    return {one.name for one in staff.STAFF} | units | ids | {REASON}


async def protect(town: Town, person: str) -> None:
    """Let the register say that the address is confidential."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        found = await journal.read(work, "Patient", town.id(f"Patient/{person}"))
        made = {**found.resource, "meta": {"security": [{"system": PROTECTION, "code": "kode7"}]}}
        await journal.update(work, made, id_=found.id)


async def lived(town: Town) -> None:
    """Let staff look, try to, and open in an emergency; ask another house; close the record to a nurse and to a unit."""
    anne, knut = await town.at_work("anne"), await town.at_work("knut")
    await reads(town, anne, CHILD)
    async with town.office.work(anne, Purpose.TREATMENT) as work:
        await journal.chart(work, town.id(f"Patient/{CHILD}"), {})
        work.saw(
            work.office.ids.open(town.id(f"Patient/{CHILD}")) or 0,
            "asked list/1 Vestfjell sykehus",
            rule="r",
            basis="b",
        )
    with pytest.raises(Refused):
        await reads(town, await town.at_work("mariam"), CHILD)
    async with town.office.work(knut, Purpose.EMERGENCY) as work:
        await open_in_emergency(work, town.id(f"Patient/{CHILD}"), reason=REASON, danger=True)
    for actor in ({"reference": town.names["Practitioner/mariam"], "display": "Mariam Yusuf"},
                  {"reference": town.names["Organization/nordre"], "display": "Nordre legesenter"}):  # fmt: skip
        await add(town, block(town, actor))
    later(town)


def block(town: Town, actor: dict[str, str]) -> dict[str, Any]:
    """Return a block of the child's record, as staff write it down for a parent."""
    return {"resourceType": "Consent", "status": "active", "patient": {"reference": town.names[f"Patient/{CHILD}"]},
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"coding": [{"code": "59284-0"}]}],
            "policyRule": {"coding": [{"code": "OPTOUT"}]}, "dateTime": "2026-11-23T10:00:00Z",
            "provision": {"type": "deny", "actor": [{"role": {"text": "IRCP"}, "reference": actor}]}}  # fmt: skip


async def drawn(town: Town, actor: Actor, path: str, **query: str) -> str:
    try:
        return (await show(town, actor, path, person=CHILD, **query)).html
    except Refused as refused:
        return refused.code


def found_in(text: str, words: set[str]) -> list[str]:
    return sorted(one for one in words if one in text)


@pytest.fixture
async def ida(town: Town) -> Actor:
    """The mother; much has happened in the child's record."""
    await lived(town)
    return await citizen(town, "ida")


async def test_a_parent_of_a_child_with_a_hidden_address_is_told_no_place_on_any_page(town: Town, ida: Actor) -> None:
    words = told_of(town)
    openly = {path: await drawn(town, ida, path) for path in AT_HOME}
    telling = {path for path, told in openly.items() if found_in(told, words)}
    assert telling >= {"/min", "/min/journal", "/min/innsyn", "/min/innsyn/sperr", SEE_AS}
    await protect(town, CHILD)
    later(town)
    hidden = {path: await drawn(town, ida, path) for path in AT_HOME}
    assert {path: found for path, told in hidden.items() if (found := found_in(told, words))} == {}
    assert {path for path in telling if "<html" not in hidden[path]} == {"/min/innsyn/sperr"}


async def test_what_comes_after_the_first_page_tells_none_either(town: Town, ida: Actor) -> None:
    await protect(town, CHILD)
    words, mariam = told_of(town), town.id("Practitioner/mariam")
    blocks = (await insight(town, ida, person=CHILD)).blocks
    pages = [(closing.PATH, {"sperr": what, "for": whom}) for what in closing.WHATS for whom in closing.WHOMS]
    pages += [("/min/innsyn/sperring", {"sperre": one.href.rpartition("=")[2]}) for one in blocks]
    pages += [("/min/innsyn/sperr", {"hvem": mariam}), (ASK, {"hvem": mariam, "dag": TODAY})]
    for path, query in pages:
        told = await drawn(town, ida, path, **query)
        assert not found_in(told, words - set(query.values())), (path, query)
    assert {one.title for one in blocks} == {"en ansatt", "en enhet"}


async def test_who_looked_is_told_by_when_what_and_on_what_basis(town: Town, ida: Actor) -> None:
    await protect(town, CHILD)
    told = (await insight(town, ida, person=CHILD)).looks
    looks = {one.kind: one for one in told if one.who != "Et datasystem"}
    assert {one.who for one in looks.values()} == {"En ansatt"}
    assert "I dag klokken" in looks["emergency"].shown and looks["emergency"].basis == "fare for liv eller helse"
    assert looks[""].what and not looks[""].unit and not looks["emergency"].why


async def test_a_parent_sees_that_the_record_is_closed_and_closes_it_to_everybody(town: Town, ida: Actor) -> None:
    await protect(town, CHILD)
    shown = (await show(town, ida, "/min/innsyn", person=CHILD)).text
    assert "Det som er sperret" in shown and "en enhet" in shown and "Sperr journalen" in shown
    done = await send(town, ida, closing.PATH, person=CHILD, **{"sperr": "all", "for": "everyone"})
    assert isinstance(done, Go) and done.said == "insight.closed"


async def test_what_a_parent_is_not_shown_of_a_block_stands_when_they_end_it(town: Town, ida: Actor) -> None:
    await protect(town, CHILD)
    given = {"identifier": [{"value": "1", "assigner": {"display": "Kirkegata legesenter"}}],
             "contained": [{"resourceType": "Location", "id": "her", "name": "Kirkegata 1"}],
             "extension": [{"url": "https://e.example/w", "valueReference": {"reference": "#her"}}]}  # fmt: skip
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, block(town, {"reference": town.names["Practitioner/anne"]}) | given)
    done = await send(town, ida, "/min/innsyn/sperring", person=CHILD, sperre=made.id)
    assert isinstance(done, Go)
    for reader, tells in ((ida, False), (JOB, True)):
        async with town.office.work(reader, Purpose.SYSTEM if reader is JOB else Purpose.OWN) as work:
            read = await journal.read(work, "Consent", made.id)
        assert read.resource["status"] == "inactive" and ("Kirkegata" in (read.body or b"").decode()) is tells


async def test_a_parent_asks_why_all_the_same_and_never_learns_of_whom(town: Town, ida: Actor) -> None:
    await protect(town, CHILD)
    words, looks = told_of(town), (await insight(town, ida, person=CHILD)).looks
    link = next(one.ask_href for one in looks if not one.kind and one.ask_href)
    asked = {name: value for name, value in parse_qsl(link.partition("?")[2]) if name != "person"}
    assert "En ansatt" in await drawn(town, ida, ASK, **asked)
    done = await send(town, ida, ASK, person=CHILD, onske="explanation", ord="Vi kjenner ingen der", **asked)
    assert done == Go(f"/min/innsyn?person={town.id(f'Patient/{CHILD}')}", said="cases.sent")
    later(town)
    assert not found_in(await drawn(town, ida, "/min/innsyn"), words)
    page = await insight(town, ida, person=CHILD)
    (look,) = [one for one in page.looks if one.asked == "Det er spurt om dette"]
    assert look.who == "En ansatt" and not look.ask_href and look.asked_href == f"#{page.asked[0].id}"
    assert [one.about for one in page.asked if one.title == "Spørsmål om et oppslag"] == ["En ansatt, 23.11.2026"]
    case, body = await the_case(town, ida)
    assert not found_in(body, words) and case.words == "Vi kjenner ingen der"
    case, body = await the_case(town, JOB)
    assert case.who == town.names["Practitioner/anne"] and found_in(body, words)


async def test_nor_does_the_copy_that_a_parent_takes_along(town: Town, ida: Actor) -> None:
    blocked = ("Practitioner/mariam", "Organization/nordre")  # whom it is closed to stands in the Consents themselves
    words = told_of(town) - {"Mariam Yusuf", "Nordre legesenter", *map(town.id, blocked)}
    assert found_in(await copied(town, ida), words)
    await protect(town, CHILD)
    later(town)
    assert not found_in(await copied(town, ida), words)


async def copied(town: Town, actor: Actor) -> str:
    """Return the copy of the child's record, as data and as it is printed."""
    query = {"person": town.id(f"Patient/{CHILD}")}
    async with town.office.work(actor, Purpose.OWN) as work:
        visit = Visit(method="GET", path=COPY, query=query, form={}, pairs=())
        found = await copying.gathered(work, await opened(work, visit, {}, page="journal/kopi"))
        told = paper.paper([one.resource for one in found], name="E", born=None, now=work.now)
    return "".join((one.body or b"").decode() for one in found) + str(told)


async def the_case(town: Town, reader: Actor) -> tuple[cases.Case, str]:
    """Return what was asked for of the child's record, as somebody reads it, and its bytes."""
    async with town.office.work(reader, Purpose.SYSTEM if reader is JOB else Purpose.OWN) as work:
        tasks = (await journal.chart(work, town.id(f"Patient/{CHILD}"), {"Task": 50}))["Task"]
    found = [(case, (one.body or b"").decode()) for one in tasks if (case := cases.case_of(one))]
    return next(pair for pair in found if pair[0].sort == "explanation")


async def test_whether_one_by_name_has_looked_cannot_be_found_out_by_asking(town: Town, ida: Actor) -> None:
    await protect(town, CHILD)
    about = {"reference": f"Patient/{town.id(f'Patient/{CHILD}')}"}
    for who in ("anne", "elin"):
        form = {"onske": "explanation", "ord": "", "hvem": town.id(f"Practitioner/{who}"), "dag": TODAY}
        with pytest.raises(Refused, match="AK-J001"):
            await send(town, ida, ASK, person=CHILD, **form)
        async with town.office.work(ida, Purpose.OWN) as work:
            period = (work.now - timedelta(hours=3), work.now)
            with pytest.raises(Refused, match="AK-B001"):
                await cases.ask(work, about, "explanation", who=f"Practitioner/{form['hvem']}", period=period, words="")
