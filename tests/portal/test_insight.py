"""Innsyn: who looked and why, and closing the record to a named person, at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from akson.access.asking import RULES
from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.screens import Go
from akson.base.work import Actor, Kind, Purpose
from akson.patient.openings import open_in_emergency, open_with_reason
from akson.portal.opening import DECIDES
from akson.record import journal
from tests.offices import JOB, let_pass
from tests.portal.pages import FNR, add, citizen, send, show
from tests.seeded import Town


async def reads(town: Town, actor: Actor, person: str, purpose: Purpose = Purpose.TREATMENT) -> None:
    """Open a chart as staff do."""
    async with town.office.work(actor, purpose) as work:
        await journal.chart(work, town.id(f"Patient/{person}"), {"Condition": 5})


def later(town: Town, minutes: int = 1) -> None:
    let_pass(town.office, timedelta(minutes=minutes))


async def insight(town: Town, actor: Actor, **query: str) -> Any:
    later(town)
    return (await show(town, actor, "/min/innsyn", **query)).page.values["insight"]


async def test_every_look_is_told_with_who_what_and_on_what_basis(town: Town) -> None:
    await reads(town, await town.at_work("jonas"), "astrid")
    look = (await insight(town, await citizen(town, "astrid"))).looks[0]
    assert (look.who, look.unit, look.kind) == ("Jonas Eikeland, fastlege", "Nordre legesenter", "")
    assert look.what == "Åpnet journalen. Leste problemer og diagnoser."
    assert look.basis == "står på listen til fastlegen"


def test_there_are_words_for_every_basis_the_rules_know() -> None:
    known = [rule for rule in RULES if rule.persons and rule.decision.permit]
    assert [one.decision.basis for one in known if f"insight.bases.{one.decision.basis}" not in texts()] == []
    own = [rule.decision.basis for rule in known if Kind.CITIZEN in rule.kinds]
    assert [basis for basis in own if f"my.as.{basis}" not in texts()] == []
    assert {rule.name for rule in known} >= DECIDES


async def test_an_opening_is_told_with_the_reason_that_was_written(town: Town) -> None:
    sara, patient = await town.at_work("sara"), town.id("Patient/astrid")
    async with town.office.work(sara, Purpose.TREATMENT) as work:
        await open_with_reason(work, patient, template="B2", reason="Datteren ringer om tung pust")
    await reads(town, sara, "astrid")
    look = (await insight(town, await citizen(town, "astrid"))).looks[0]
    assert (look.kind, look.why) == ("opened", "Begrunnelse: «Datteren ringer om tung pust»")


async def test_an_emergency_and_a_refused_attempt_stand_out(town: Town) -> None:
    knut, elin = await town.at_work("knut"), await town.at_work("elin")
    with pytest.raises(Refused):
        await reads(town, elin, "astrid")
    async with town.office.work(knut, Purpose.EMERGENCY) as work:
        await open_in_emergency(work, town.id("Patient/astrid"), reason="Bevisstløs på gaten", danger=True)
    found = {look.who: look for look in (await insight(town, await citizen(town, "astrid"))).looks}
    assert found["Elin Haugen, sykepleier"].kind == "refused"
    assert found["Knut Aas, sykepleier"].kind == "emergency"
    assert found["Knut Aas, sykepleier"].why == "Begrunnelse: «Bevisstløs på gaten»"


async def test_min_side_names_who_looked_but_not_the_citizens_own_visits(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await show(town, astrid, "/min")
    later(town)
    await reads(town, await town.at_work("mariam"), "astrid")
    later(town)
    home: Any = (await show(town, astrid, "/min")).page.values["home"]
    assert [look.who for look in home.looks] == ["Mariam Yusuf, sykepleier"]
    assert (await insight(town, astrid)).own == 1


async def test_news_is_what_came_since_the_last_visit(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    first: Any = (await show(town, astrid, "/min")).page.values["home"]
    later(town, 90)
    second: Any = (await show(town, astrid, "/min")).page.values["home"]
    assert first.new and not second.new
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        await journal.create(work, {
            "resourceType": "DocumentReference", "status": "current", "date": work.now.isoformat(),
            "subject": {"reference": town.names["Patient/astrid"]}, "description": "Ny vurdering",
            "author": [{"display": "Jonas Eikeland"}], "content": [{"attachment": {"title": "x"}}]})  # fmt: skip
    later(town)
    third: Any = (await show(town, astrid, "/min")).page.values["home"]
    assert [entry.title for entry in third.new] == ["Brev fra Jonas Eikeland"]


async def test_a_block_holds_at_once_and_can_be_ended(town: Town) -> None:
    astrid, mariam = await citizen(town, "astrid"), await town.at_work("mariam")
    who = mariam.id.partition("/")[2]
    await reads(town, mariam, "astrid")
    asked = await show(town, astrid, "/min/innsyn/sperr", hvem=who)
    assert "Sperr for Mariam Yusuf" in asked.text and "heller ikke i nødsfall" in asked.text
    assert await send(town, astrid, "/min/innsyn/sperr", hvem=who) == Go("/min/innsyn", said="insight.closed")
    later(town)
    for purpose in (Purpose.TREATMENT, Purpose.EMERGENCY):
        with pytest.raises(Refused, match="AK-A030"):
            await reads(town, mariam, "astrid", purpose)
    await reads(town, await town.at_work("jonas"), "astrid")
    standing = (await insight(town, astrid)).blocks
    mine = next(entry for entry in standing if entry.title.startswith("Mariam Yusuf"))
    assert mine.text == "Får ikke se noe, heller ikke i nødsfall. Siden 23.11.2026."
    ended = await send(town, astrid, "/min/innsyn/sperring", sperre=mine.href.partition("sperre=")[2])
    assert ended == Go("/min/innsyn", said="insight.opened_again")
    await reads(town, mariam, "astrid")


async def test_closing_twice_makes_one_block(town: Town) -> None:
    astrid, who = await citizen(town, "astrid"), town.id("Practitioner/mariam")
    before = len((await insight(town, astrid)).blocks)
    for _ in range(2):
        await send(town, astrid, "/min/innsyn/sperr", hvem=who)
        later(town)
    assert len((await insight(town, astrid)).blocks) == before + 1


async def test_those_who_work_where_one_gets_care_can_be_chosen(town: Town) -> None:
    shown = await show(town, await citizen(town, "torunn"), "/min/innsyn/sperr")
    blocking: Any = shown.page.values["blocking"]
    names = [who for _, who in blocking.choices]
    assert "Berit Solli, sykepleier, Hjemmetjenesten sone nord" in names
    assert "Sara Nygård, lege i vakt, Fjordvik legevakt" not in names and names == sorted(names)


async def test_a_block_that_others_wrote_down_says_so_and_is_hers_to_end(town: Town) -> None:
    torunn, berit = await citizen(town, "torunn"), await town.at_work("berit")
    (standing,) = (await insight(town, torunn)).blocks
    assert standing.title == "Berit Solli, sykepleier, Hjemmetjenesten sone nord"
    assert standing.text.endswith("Overført fra Fjordviks tidligere journal.")
    with pytest.raises(Refused, match="AK-A030"):
        await reads(town, berit, "torunn")
    ended = await send(town, torunn, "/min/innsyn/sperring", sperre=standing.href.partition("sperre=")[2])
    assert ended == Go("/min/innsyn", said="insight.opened_again")
    assert (await insight(town, torunn)).blocks == ()
    await reads(town, berit, "torunn")


async def test_only_those_who_decide_end_a_block_and_nobody_changes_what_else_was_written(town: Town) -> None:
    kari, astrid, knut = await citizen(town, "kari"), await citizen(town, "astrid"), await town.at_work("knut")
    (standing,) = (await insight(town, astrid)).blocks
    id_ = standing.href.partition("sperre=")[2]
    with pytest.raises(Refused, match="AK-A001"):
        await send(town, kari, "/min/innsyn/sperring", person="astrid", sperre=id_)
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        block = await journal.read(work, "Consent", id_)
    with pytest.raises(Refused, match="AK-A061"):
        async with town.office.work(kari, Purpose.OWN) as work:
            await journal.update(work, {**block.resource, "status": "inactive"}, id_=id_)
    async with town.office.work(knut, Purpose.EMERGENCY) as work:
        taken = await open_in_emergency(work, town.id("Patient/astrid"), reason="Falt hjemme", danger=True)
    with pytest.raises(Refused, match="AK-A061"):
        async with town.office.work(astrid, Purpose.OWN) as work:
            await journal.update(work, {**taken.resource, "status": "inactive"}, id_=taken.id)


async def test_looks_of_one_day_stand_together_and_long_ones_are_folded(town: Town) -> None:
    mariam = await town.at_work("mariam")
    kinds = ("Condition", "Observation", "MedicationStatement", "MedicationRequest", "Immunization", "CarePlan")
    for minutes in (31, 31, 31):
        async with town.office.work(mariam, Purpose.TREATMENT) as work:
            await journal.chart(work, town.id("Patient/astrid"), dict.fromkeys(kinds, 2))
        later(town, minutes)
    found = (await insight(town, await citizen(town, "astrid"))).looks
    (look,) = [one for one in found if one.who == "Mariam Yusuf, sykepleier" and one.shown.startswith("I dag")]
    assert look.shown.count(".") == 3 and look.block_href
    assert look.basis == "enheten gir helsehjelp"
    told = f"{look.what} {look.more}".lower()
    assert told.count("medisinlisten") == 1 and look.more


async def test_a_closed_door_is_told_in_plain_words(town: Town) -> None:
    for key in ("berit", "elin"):
        with pytest.raises(Refused):
            await reads(town, await town.at_work(key), "torunn")
    found = {look.who: look for look in (await insight(town, await citizen(town, "torunn"))).looks}
    assert found["Berit Solli, sykepleier"].what == (
        "Prøvde å åpne journalen, men den er sperret for denne personen.")  # fmt: skip
    assert found["Elin Haugen, sykepleier"].what == "Prøvde å åpne journalen, men ble stoppet."


async def test_an_emergency_stands_on_the_front_page_until_it_is_read_about(town: Town) -> None:
    astrid, knut = await citizen(town, "astrid"), await town.at_work("knut")
    home: Any = (await show(town, astrid, "/min")).page.values["home"]
    assert home.opened == ()
    async with town.office.work(knut, Purpose.EMERGENCY) as work:
        await open_in_emergency(work, town.id("Patient/astrid"), reason="Falt hjemme", danger=True)
    for _ in range(2):
        later(town)
        shown = await show(town, astrid, "/min")
        home = shown.page.values["home"]
        (told,) = home.opened
        assert told.title == "Knut Aas, sykepleier" and "I dag" in told.text and "Åpnet i et nødstilfelle" in shown.text
    await insight(town, astrid)
    later(town)
    assert "nødstilfelle" not in (await show(town, astrid, "/min")).text
    kari = await citizen(town, "kari")
    assert "Åpnet i et nødstilfelle" in (await show(town, kari, "/min", person="astrid")).text, (
        "each reads for themself"
    )


@pytest.mark.parametrize("path", ["/min", "/min/journal", "/min/innsyn"])
async def test_a_childs_pages_speak_of_the_child_by_name(town: Town, path: str) -> None:
    shown = await show(town, await citizen(town, "ida"), path, person="emil")
    main = shown.text.partition("Det du gjør her, blir skrevet i loggen.")[2]
    assert "Emil" in shown.text and not re.search(r"\b(deg|din|ditt|dine)\b", main.replace("deg selv", ""))


async def test_a_proxy_reads_but_closes_nothing_and_a_mother_closes_for_her_child(town: Town) -> None:
    kari, ida = await citizen(town, "kari"), await citizen(town, "ida")
    who = town.id("Practitioner/hanne")
    with pytest.raises(Refused, match="AK-A001"):
        await send(town, kari, "/min/innsyn/sperr", person="astrid", hvem=who)
    await reads(town, await town.at_work("hanne"), "emil")
    done = await send(town, ida, "/min/innsyn/sperr", person="emil", hvem=who)
    assert done == Go(f"/min/innsyn?person={town.id('Patient/emil')}", said="insight.closed")
    with pytest.raises(Refused, match="AK-A030"):
        await reads(town, await town.at_work("hanne"), "emil")


async def test_nobody_is_closed_out_by_an_id_that_is_no_ones(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    for who in (town.id("Patient/kari"), "x" * 27, town.id("Organization/nordre")):
        with pytest.raises(Refused, match="AK-J001"):
            await send(town, astrid, "/min/innsyn/sperr", hvem=who)


async def test_everyone_who_may_act_is_told_and_nobody_who_may_not(town: Town) -> None:
    before = len((await insight(town, await citizen(town, "marius"))).persons)
    given: dict[str, Any] = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": FNR["kari"]}
    said = {
        "Ved kode": {},
        "Senere": {"period": {"start": "2030-01-01"}},
        "Ukjent": {"identifier": [{"system": "https://example.org", "value": "1"}]},
    }
    for family, more in said.items():
        await add(town, {
            "resourceType": "RelatedPerson", "patient": {"reference": town.names["Patient/marius"]},
            "name": [{"family": family}], "identifier": [given], "relationship": [{"coding": [{"code": "proxy"}]}],
        } | more)  # fmt: skip
    persons = (await insight(town, await citizen(town, "marius"))).persons
    assert len(persons) == before + 1 and "Ved kode" in {one.title for one in persons}
