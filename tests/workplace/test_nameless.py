"""Asking a colleague without telling whom it is about: what goes, what does not, and how the answer comes back."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from akson.audit import view
from akson.audit.events import SQL as LOG
from akson.audit.events import event
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.patient.identity import Identity
from akson.record import journal, worklist
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.workplace import nameless
from tests.offices import JOB, citizen
from tests.seeded import Town
from tests.workplace.browsing import Shown, browsing
from tests.workplace.conftest import caught_up

ASTRID = "Patient/astrid"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
IDENTITY = Identity(id="x", owner=7, family="Bråten", given="Åse Liv", born=date(1941, 5, 17), gender="Kvinne", fnr="",
                    place="", deceased=False, protected=False)  # fmt: skip
TEXT = "Hun er tyngre og har tung pust. Skal vi øke dosen?"


def page(town: Town, rest: str = "/uten-navn") -> str:
    return f"/p/{town.id(ASTRID)}/samhandling{rest}"


async def unit_of(town: Town, key: str) -> str:
    return (await town.at_work(key)).unit_id


async def asked(town: Town, to: str, text: str = TEXT, do: str = "send", **more: str) -> Shown:
    """Let Mariam, who cares for Astrid, ask."""
    async with browsing(town.office, await town.at_work("mariam")) as mariam:
        shown = await mariam.send(page(town), mottaker=to, tekst=text, do=do, **more)
        await caught_up(town)
        return shown


async def question(town: Town) -> Stored:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        hits = (await search(work, "Task", [("code", worklist.NAMELESS)])).hits
    (found,) = hits
    return found


FOUND: list[list[tuple[str, str]]] = [
    [("_id", "{id}")], [("_id", "{id}"), ("_include", "*"), ("_include:iterate", "*")], [("_id", "{id}"), ("_revinclude", "*")],
    [("code", worklist.NAMELESS), ("_include", "*"), ("_revinclude", "*")],
]  # fmt: skip


async def drawn_along(town: Town, kept: Stored) -> list[str]:
    """Return all that who is asked gets by FHIR, and all that a question leads to for one who may read everything."""
    elin = await town.at_work("elin")
    async with town.office.work(elin, Purpose.TREATMENT) as work:
        told = [await journal.read(work, "Task", kept.id), *await journal.history(work, "Task", kept.id)]
    for who in (elin, JOB):
        async with town.office.work(who, Purpose.TREATMENT if who is elin else Purpose.SYSTEM) as work:
            for pairs in FOUND:
                found = await search(work, "Task", [(name, value.format(id=kept.id)) for name, value in pairs])
                assert who is elin or [one.id for one in found.hits] == [kept.id]
                told += [*found.hits, *found.included]
    assert {one.reference for one in told} >= {kept.reference, (await town.at_work("mariam")).id}  # it is drawn along
    return [json.dumps(one.resource, default=str) for one in told]


async def logged(town: Town, key: str) -> list[str]:
    """Return what the export of the log says of somebody's looks."""
    who, now = await town.at_work(key), town.office.clock()
    rows = await town.office.database.fetch(LOG.rows, now - timedelta(days=1), now + timedelta(days=1), None)
    return [json.dumps(event(row)) for row in rows if row["actor_id"] == who.id]


async def tells(town: Town, texts: list[str]) -> set[str]:
    """Return what in some texts tells that it is about Astrid."""
    person = await astrid(town)
    signs = {*await ids_in_record(town), str(person.owner), "astrid", "nordli", person.resource["birthDate"]}
    opened = {one for text in texts for one in nameless._ID.findall(text) if town.office.ids.open(one) == person.owner}
    return opened | {sign for sign in signs if any(sign in text.lower() for text in texts)}


async def test_nothing_of_the_patient_reaches_who_is_asked(at_work: Town) -> None:
    """By their inbox, by FHIR read, history and search with all that can be drawn along, and in what the log says of them."""
    facts = dict.fromkeys(("diagnoser", "legemidler", "allergier", "malinger"), "on")
    assert (await asked(at_work, await unit_of(at_work, "elin"), **facts)).status == 303
    kept = await question(at_work)
    async with browsing(at_work.office, await at_work.at_work("elin")) as browser:
        pages = [
            await browser.open(path) for path in ("/innboks", f"/innboks/{kept.id}", "/start", "/innboks?fane=sendt")
        ]
    assert "Spørsmål uten navn" in pages[0].text
    assert TEXT in pages[1].text and "Penicillin" in pages[1].text and "Kvinne, 85 år" in pages[1].text
    told = [pages[0].html, pages[1].html]  # the other two tell of nothing that is not asked here
    told += await drawn_along(at_work, kept)
    log = await logged(at_work, "elin")
    assert any(kept.id in one for one in log)
    assert await tells(at_work, [*told, *log]) == set()


PLANTS: list[dict[str, Any]] = [
    {"basedOn": [{"reference": "Task/{waits}"}]}, {"reasonReference": {"reference": "Patient/{id}"}},
    {"input": [{"type": {"text": "x"}, "valueString": "Fru Nordli"}]}, {},
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS, ids=lambda one: next(iter(one), "from the record"))
async def test_a_question_that_leads_to_the_patient_or_is_named_in_the_record_is_seen_by_the_test_above(
    at_work: Town, plant: dict[str, Any]
) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    (waits,) = [one for one in await tasks_of(at_work) if nameless.asked_of(one.resource)]
    kept, ids = await question(at_work), {"{id}": at_work.id(ASTRID), "{waits}": waits.id}
    text = json.dumps(plant)
    for sign, id_ in ids.items():
        text = text.replace(sign, id_)
    changed = (
        kept.resource | json.loads(text) if plant else waits.resource | {"partOf": [{"reference": kept.reference}]}
    )
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, changed, id_=changed["id"])
    assert await tells(at_work, await drawn_along(at_work, kept))


async def test_by_fhir_no_question_is_asked_answered_changed_or_deleted(at_work: Town) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    kept, mariam = await question(at_work), await at_work.at_work("mariam")
    new = {name: value for name, value in kept.resource.items() if name not in ("id", "meta")}
    between = [mariam.unit_id.partition("/")[2], (await unit_of(at_work, "elin")).partition("/")[2]]
    asks = nameless.question("Astrid Nordli er tyngre", new["requester"], new["owner"], between, new["authoredOn"])
    says = {"status": "received", "output": [{"type": {"text": "Svar"}, "valueString": "Det er Astrid Nordli"}]}
    for who in (mariam, await at_work.at_work("elin")):
        for method, body in (("POST", asks), ("PUT", kept.resource | says), ("PUT", new | {"id": kept.id} | says)):
            with pytest.raises(Refused, match="AK-X017"):
                async with at_work.office.work(who, Purpose.TREATMENT) as work:
                    await journal.write_set(work, [journal.draft(method, body, id_=body.get("id"))])
        with pytest.raises(Refused, match="AK-X017"):
            async with at_work.office.work(who, Purpose.TREATMENT) as work:
                await journal.delete(work, "Task", kept.id)
    assert (await question(at_work)).version == kept.version


async def answered(town: Town, kept: Stored, text: str) -> Shown:
    """Let Elin answer."""
    async with browsing(town.office, await town.at_work("elin")) as elin:
        shown = await elin.send(f"/innboks/{kept.id}", do="answer", svar=text, version=str(kept.version))
    await caught_up(town)
    return shown


async def test_an_answer_is_taken_whatever_words_are_in_it_and_tells_nothing_of_whom_it_is_about(at_work: Town) -> None:
    """Who answers does not know: were some words refused, they could try names until they did."""
    await asked(at_work, await unit_of(at_work, "elin"))
    kept, person = await question(at_work), await astrid(at_work)
    text = "Er dette Astrid, født 14.3.1941? Da er det hjertesvikt."
    assert (await answered(at_work, kept, text)).status == 303
    assert nameless.said((await question(at_work)).resource["output"]) == text
    looks = await view.looked_at(at_work.office.database, person.owner, at_work.office.clock() + timedelta(hours=1))
    assert [one for one in looks.visits if one.actor == (await at_work.at_work("elin")).id] == []
    again = await answered(at_work, await question(at_work), "Nei, 40 mg.")
    assert (again.status, "Spørsmålet er besvart eller trukket tilbake." in again.text) == (422, True)


async def withdrawn(town: Town, key: str, task: Stored) -> Shown:
    async with browsing(town.office, await town.at_work(key)) as browser:
        shown = await browser.send(f"/innboks/{task.id}", do="withdraw", version=str(task.version))
    await caught_up(town)
    return shown


@pytest.mark.parametrize("by", ["question", "waiting"])
async def test_a_question_that_is_not_answered_is_taken_back_by_who_asked(at_work: Town, by: str) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    kept = await question(at_work)
    (waits,) = [one for one in await tasks_of(at_work) if nameless.asked_of(one.resource)]
    task = kept if by == "question" else waits
    async with browsing(at_work.office, await at_work.at_work("mariam")) as mariam:
        assert "Trekk spørsmålet tilbake" in (await mariam.open(f"/innboks/{task.id}")).text
    assert (await withdrawn(at_work, "elin", kept)).status == 422
    assert (await withdrawn(at_work, "mariam", task)).status == 303
    assert (await question(at_work)).resource["status"] == "cancelled"
    (waits,) = [one for one in await tasks_of(at_work) if nameless.asked_of(one.resource)]
    assert waits.resource["status"] == "cancelled"
    assert (await answered(at_work, await question(at_work), "Ja")).status == 422
    async with browsing(at_work.office, await at_work.at_work("elin")) as elin:
        assert "Spørsmål uten navn" not in (await elin.open("/innboks")).text


async def test_an_answered_question_is_not_taken_back(at_work: Town) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    await answered(at_work, await question(at_work), "Ja, øk til 80 mg.")
    kept = await question(at_work)
    refused = await withdrawn(at_work, "mariam", kept)
    assert (refused.status, "Spørsmålet er besvart eller trukket tilbake." in refused.text) == (422, True)
    async with browsing(at_work.office, await at_work.at_work("mariam")) as mariam:
        assert "Trekk spørsmålet tilbake" not in (await mariam.open(f"/innboks/{kept.id}")).text


async def astrid(town: Town) -> Stored:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return await journal.read(work, "Patient", town.id(ASTRID))


async def ids_in_record(town: Town) -> list[str]:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        found = [await search(work, type_, [("patient", town.id(ASTRID)), ("_count", "500")])
                 for type_ in ("Task", "Communication", "Condition", "Observation", "MedicationStatement")]  # fmt: skip
    return [town.id(ASTRID), *(hit.id for one in found for hit in one.hits)]


async def test_the_answer_comes_back_and_is_taken_into_the_record(at_work: Town) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    kept = await question(at_work)
    async with browsing(at_work.office, await at_work.at_work("elin")) as elin:
        done = await elin.send(f"/innboks/{kept.id}", do="done", version="1")
        assert done.status == 422  # who asked waits
        empty = await elin.send(f"/innboks/{kept.id}", do="answer", svar=" ", version="1")
        assert (empty.status, "Meldingen har ingen tekst." in empty.text) == (422, True)
        assert (
            await elin.send(f"/innboks/{kept.id}", do="answer", svar="Ja, øk til 80 mg.", version="1")
        ).status == 303
    await caught_up(at_work)
    async with browsing(at_work.office, await at_work.at_work("mariam")) as mariam:
        assert "Ja, øk til 80 mg." in (await mariam.open(f"/innboks/{kept.id}")).text
        (waits,) = [one for one in await tasks_of(at_work) if nameless.asked_of(one.resource)]
        shown = await mariam.open(f"/innboks/{waits.id}")
        assert "Ja, øk til 80 mg." in shown.text and "NORDLI, Astrid" in shown.text
        assert (await mariam.send(f"/innboks/{waits.id}", do="done", version="1")).status == 303
        messages = (await mariam.open(page(at_work, ""))).text
    assert "Svar på spørsmål uten navn" in messages
    assert (await question(at_work)).resource["status"] == "completed"


async def tasks_of(town: Town) -> list[Stored]:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return (await search(work, "Task", [("patient", town.id(ASTRID)), ("_count", "200")])).hits


async def as_asked_before(town: Town) -> Stored:
    """Keep what waits for the answer as it was kept when the question was named by an extension; return it."""
    (waits,) = [one for one in await tasks_of(town) if nameless.asked_of(one.resource)]
    old = {name: value for name, value in waits.resource.items() if name != "identifier"}
    old["extension"] = [{"url": nameless.LINK, "valueString": nameless.asked_of(waits.resource)}]
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        waits = await journal.update(work, old, id_=waits.id)
    await caught_up(town)
    return waits


async def test_the_answer_to_a_question_that_was_open_at_the_upgrade_is_taken_into_the_record_too(
    at_work: Town,
) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    waits = await as_asked_before(at_work)
    await answered(at_work, await question(at_work), "Ja, øk til 80 mg.")
    async with browsing(at_work.office, await at_work.at_work("mariam")) as mariam:
        assert "Ja, øk til 80 mg." in (await mariam.open(f"/innboks/{waits.id}")).text
        assert (await mariam.send(f"/innboks/{waits.id}", do="done", version=str(waits.version))).status == 303
        assert "Svar på spørsmål uten navn" in (await mariam.open(page(at_work, ""))).text
    assert (await question(at_work)).resource["status"] == "completed"


@pytest.mark.parametrize("by", ["question", "waiting"])
async def test_a_question_that_was_open_at_the_upgrade_is_taken_back_with_what_waits(at_work: Town, by: str) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    waits = await as_asked_before(at_work)
    task = waits if by == "waiting" else await question(at_work)
    assert (await withdrawn(at_work, "mariam", task)).status == 303
    (waits,) = [one for one in await tasks_of(at_work) if nameless.asked_of(one.resource)]
    assert [waits.resource["status"], (await question(at_work)).resource["status"]] == ["cancelled", "cancelled"]


async def test_nothing_is_taken_into_the_record_before_there_is_an_answer(at_work: Town) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    (waits,) = [one for one in await tasks_of(at_work) if nameless.asked_of(one.resource)]
    async with browsing(at_work.office, await at_work.at_work("mariam")) as mariam:
        refused = await mariam.send(f"/innboks/{waits.id}", do="done", version="1")
    assert (refused.status, "Svaret har ikke kommet ennå." in refused.text) == (422, True)


async def test_the_question_is_seen_as_the_colleague_will_before_it_is_sent(at_work: Town) -> None:
    shown = await asked(at_work, (await at_work.at_work("berit")).id, do="look", allergier="on")
    assert "Slik ser mottakeren meldingen" in shown.text
    assert "Kvinne, 85 år" in shown.text and "Berit Solli" in shown.text
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        assert (await search(work, "Task", [("code", worklist.NAMELESS)])).hits == []


async def test_what_the_citizen_has_closed_to_somebody_is_not_asked_of_them(at_work: Town) -> None:
    unit = await unit_of(at_work, "elin")
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, block(at_work, unit))
    refused = await asked(at_work, unit)
    assert (refused.status, "Innbyggeren har sperret journalen for dem du vil spørre." in refused.text) == (422, True)
    assert (await asked(at_work, (await at_work.at_work("berit")).id)).status == 303


def block(town: Town, whom: str) -> dict[str, Any]:
    provision = {"type": "deny", "actor": [{"role": {"text": "sperret"}, "reference": {"reference": whom}}]}
    return {
        "resourceType": "Consent", "status": "active", "patient": {"reference": f"Patient/{town.id(ASTRID)}"},
        "scope": {"text": "sperring"}, "category": [{"text": "sperring"}], "policyRule": {"text": "pjl § 17"},
        "provision": provision,
    }  # fmt: skip


async def test_what_the_citizen_has_closed_in_part_is_not_told_to_anybody(at_work: Town) -> None:
    unit, to = await unit_of(at_work, "gro"), (await at_work.at_work("berit")).id
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        hits = (await search(work, "AllergyIntolerance", [("patient", at_work.id(ASTRID))])).hits
        for one in hits:
            item = {"meaning": "instance", "reference": {"reference": one.reference}}
            partly = block(at_work, unit)
            await journal.create(work, partly | {"provision": partly["provision"] | {"data": [item]}})
    shown = await asked(at_work, to, do="look", allergier="on")
    assert hits and shown.status == 200
    assert "Allergier: ingen registrert" in shown.text
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        partly = block(at_work, unit)
        dated = {"dataPeriod": {"start": "2020-01-01", "end": "2021-01-01"}}
        await journal.create(work, partly | {"provision": partly["provision"] | dated})
    refused = await asked(at_work, to, do="look", allergier="on")
    assert (refused.status, "Deler av journalen er sperret" in refused.text) == (422, True)
    assert (await asked(at_work, to, do="look")).status == 200


async def test_an_allergy_that_was_refuted_is_not_told(at_work: Town) -> None:
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        for one in (await search(work, "AllergyIntolerance", [("patient", at_work.id(ASTRID))])).hits:
            status = {"coding": [{"system": VERIFICATION, "code": "refuted"}]}
            await journal.update(work, one.resource | {"verificationStatus": status}, id_=one.id)
    shown = await asked(at_work, (await at_work.at_work("berit")).id, do="look", allergier="on")
    assert "Allergier: ingen registrert" in shown.text


async def test_a_question_that_names_the_patient_is_not_sent(at_work: Town) -> None:
    refused = await asked(at_work, await unit_of(at_work, "elin"), "Astrid er tyngre.")
    assert (refused.status, "Teksten kan røpe hvem det gjelder. Ta bort: navn." in refused.text) == (422, True)
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        assert (await search(work, "Task", [("code", worklist.NAMELESS)])).hits == []
    assert not [one for one in await tasks_of(at_work) if nameless.asked_of(one.resource)]


async def test_other_units_do_not_read_it_and_a_stranger_cannot_answer(at_work: Town) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    kept = await question(at_work)
    async with browsing(at_work.office, await at_work.at_work("gro")) as gro:
        assert (await gro.open(f"/innboks/{kept.id}")).status == 404
        assert (await gro.send(f"/innboks/{kept.id}", do="answer", svar="Ja", version="1")).status == 404


async def test_the_citizen_reads_that_it_was_asked_and_of_whom(at_work: Town) -> None:
    await asked(at_work, await unit_of(at_work, "elin"))
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        found = (await search(work, "Communication", [("patient", at_work.id(ASTRID)), ("_count", "50")])).hits
    (told,) = [one.resource for one in found if one.resource.get("topic", {}).get("text") == "Spørsmål uten navn"]
    assert told["recipient"][0]["reference"] == await unit_of(at_work, "elin")
    person = await astrid(at_work)
    async with browsing(at_work.office, citizen(person)) as herself:
        shown = (await herself.open("/min/innsyn")).text
    assert "Hjemmetjenesten sone sør Spurt uten navn i dag klokken 11.00." in shown
    looks = await view.looked_at(at_work.office.database, person.owner, at_work.office.clock() + timedelta(hours=1))
    assert "spurte en kollega uten å vise hvem det gjaldt" in str(looks)


@pytest.mark.parametrize(("text", "found"), [
    ("Kan dere se på såret?", []), ("BT 120/80, puls 66, 37,5 °C, 17.05.2020", []), ("Hun heter Åse", ["name"]),
    ("ÅSE-LIV har vondt", ["name"]), ("hos fru Bråten", ["name"]), ("Åsen er bratt", []),
    ("170541 12345", ["number", "born"]), ("17054112345", ["number"]), ("født 17.5.1941", ["born"]), ("f. 17/05-41", ["born"]),
    ("17. mai er hun hos oss", ["born"]), ("170541", ["born"]), ("1941-05-17", ["born"]),
    ("ring 98 76 54 32", ["contact"]), ("+4798765432", ["contact"]), ("bor i Strandveien", ["address"]),
    ("6000 Fjordvik", ["address"]),
])  # fmt: skip
def test_what_tells_whom_it_is_about_is_found(text: str, found: list[str]) -> None:
    patient = {
        "resourceType": "Patient", "birthDate": "1941-05-17", "name": [{"family": "Bråten", "given": ["Åse Liv"]}],
        "telecom": [{"system": "phone", "value": "+47 98765432"}],
        "address": [{"line": ["Strandveien 12"], "postalCode": "6000", "city": "Fjordvik"}],
    }  # fmt: skip
    assert nameless.traces(text, IDENTITY, patient, lambda _: None) == found
