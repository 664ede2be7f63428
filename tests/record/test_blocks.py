"""Blocks as resources: what a Consent closes is closed on every way of reading, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from akson.access.duty import marks
from akson.base.errors import Refused
from akson.base.jobs import deliver
from akson.base.work import Actor, Purpose
from akson.record import histories, journal, worklist
from akson.record.compartment import Place, Wanted, everything
from akson.record.office import Office
from akson.record.search import company
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.record.withholding import MARK
from tests.offices import JOB, citizen, patient, staff, temperature, unit

ROLE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
OLD, NEW = "2024-05-06T08:00:00+02:00", "2026-05-06T08:00:00+02:00"


def whom(reference: str) -> dict[str, Any]:
    return {"role": ROLE, "reference": {"reference": reference}}


async def close(office: Office, person: Stored, **provision: Any) -> Stored:
    """Write a block as the person it is about."""
    said = {"resourceType": "Consent", "status": "active", "patient": {"reference": person.reference},
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "sperring"}],
            "policyRule": {"coding": [{"code": "OPTOUT"}]}, "provision": {"type": "deny", **provision}}  # fmt: skip
    async with office.work(citizen(person), Purpose.OWN) as work:
        return await journal.create(work, said)


async def also_cared_for(office: Office, person: Stored, at: Actor) -> None:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {"resourceType": "EpisodeOfCare", "status": "active",
                                    "patient": {"reference": person.reference},
                                    "managingOrganization": {"reference": at.unit_id}})  # fmt: skip


async def measured(office: Office, who: Actor, person: Stored, when: str = NEW) -> Stored:
    async with office.work(who, Purpose.TREATMENT) as work:
        return await journal.create(work, {
            "resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, "effectiveDateTime": when,
            "subject": {"reference": person.reference}})  # fmt: skip


async def ways(office: Office, who: Actor, person: Stored, one: Stored) -> set[bool]:
    """Return what each way of reading says of whether an entry is there; all must say the same."""
    told = []
    for read in (lambda work: journal.read(work, one.type, one.id), lambda work: journal.vread(work, one.type, one.id, 1),
                 lambda work: journal.history(work, one.type, one.id)):  # fmt: skip
        async with office.work(who, Purpose.TREATMENT) as work:
            try:
                told.append(bool(await read(work)))
            except Refused as refused:
                assert refused.code in ("AK-A030", "AK-A031")
                told.append(False)
    async with office.work(who, Purpose.TREATMENT) as work:
        pairs = [("patient", person.id)]
        lists = [
            (await search(work, one.type, pairs)).hits, (await journal.chart(work, person.id, {one.type: 9}))[one.type],
            (await everything(work, person.id, Wanted(), Place(), 50)).hits,
            list((await journal.read_many(work, [one.reference])).values()),
        ]  # fmt: skip
        across = (await histories.across(work, one.type, histories.Period())).found
    told += [one.id in {hit.id for hit in hits} for hits in lists]
    assert all(told) or one.id not in {hit.id for hit in across}  # which may hold less: see deciding._dates
    return set(told)


@pytest.mark.parametrize(("data", "closed"), [
    ({"dataPeriod": {"start": "2026-01-01"}}, "new"),
    ({"dataPeriod": {"start": "2024-01-01", "end": "2024-12-31"}}, "old"),
    ({"data": [{"meaning": "instance", "reference": {"reference": "NEW"}}]}, "new"),
    ({"data": [{"meaning": "instance", "reference": {"reference": "NEW/_history/1"}}]}, "new"),
    ({"data": [{"meaning": "authoredby", "reference": {"reference": "AUTHOR"}}]}, "new"),
    ({"data": [{"meaning": "authoredby", "reference": {"reference": "UNIT"}}]}, "new"),
    ({"dataPeriod": {"start": "2030-01-01"}}, ""),
])  # fmt: skip
async def test_a_part_that_is_closed_is_closed_on_every_way_and_the_rest_is_open(
    office: Office, data: dict[str, Any], closed: str
) -> None:
    north, south = await unit(office, "Nord"), await unit(office, "Sør")
    nurse, author = await staff(office, north, "Lie"), await staff(office, south, "Moe")
    person = await patient(office, at=north)
    await also_cared_for(office, person, south)
    old, new = await measured(office, nurse, person, OLD), await measured(office, author, person)
    given = {"NEW": new.reference, "AUTHOR": author.id, "UNIT": south.unit_id}
    for one in data.get("data", []):
        name, _, rest = one["reference"]["reference"].partition("/")
        one["reference"] = {"reference": given[name] + (f"/{rest}" if rest else "")}
    await close(office, person, **data)
    for name, entry in (("old", old), ("new", new)):
        assert await ways(office, nurse, person, entry) == {name != closed}, name


async def test_a_chain_that_may_lead_anywhere_asks_once_what_is_closed_and_leads_to_nothing_that_is(
    office: Office,
) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    old, new = await measured(office, nurse, person, OLD), await measured(office, nurse, person)
    async with office.work(nurse, Purpose.TREATMENT) as work:
        for one in (old, new):
            await journal.create(work, {"resourceType": "Task", "status": "requested", "intent": "order",
                                        "for": {"reference": person.reference},
                                        "basedOn": [{"reference": one.reference}]})  # fmt: skip
    await close(office, person, data=[{"meaning": "instance", "reference": {"reference": new.reference}}])
    for name, value in (("_id", f"{old.id},{new.id}"), ("_has:Task:based-on:status", "requested")):
        async with office.work(nurse, Purpose.TREATMENT) as work:
            hits = (await search(work, "Task", [(f"based-on.{name}", value)])).hits
            assert [hit.resource["basedOn"][0]["reference"] for hit in hits] == [old.reference]
            assert work.session.statements <= 6


async def test_what_is_asked_costs_the_same_whatever_is_closed(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    new = await measured(office, nurse, person)
    told = [await costs(office, nurse)]
    await close(office, person, data=[{"meaning": "instance", "reference": {"reference": new.reference}}])
    told.append(await costs(office, nurse))
    await close(office, person)  # nobody's record is open to them any more
    assert [*told, await costs(office, nurse)] == [["", "", "AK-S005"]] * 3


async def costs(office: Office, who: Actor) -> list[str]:
    """Return what is said to searches that lead to anything: of some until they were too many, by what was closed."""
    told = []
    for name, times in (("identifier", 60), ("subject.identifier", 4), ("subject.identifier", 5)):
        async with office.work(who, Purpose.TREATMENT) as work:
            try:
                await search(work, "Task", [(f"based-on.{name}", f"x{n}") for n in range(times)])
                told.append("")
            except Refused as refused:
                told.append(refused.code)
    return told


async def test_what_one_points_to_is_asked_of_that_and_not_of_another_with_its_id(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    whose = {"subject": {"reference": person.reference}, "code": {"text": "Puls"}}
    told = {
        "Observation": whose | {"status": "final", "effectiveDateTime": "2020", "note": [{"text": "Puls"}],
                                "performer": [{"reference": nurse.id}]},
        "Procedure": whose | {"status": "completed", "performedDateTime": "2024"},
        "CarePlan": {"subject": whose["subject"], "status": "active", "intent": "plan"},
    }  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for type_, one in told.items():
            await journal.update(work, {"resourceType": type_, "id": "1001", **one}, id_="1001")
    async with office.work(nurse, Purpose.TREATMENT) as work:
        for type_ in told:
            await journal.create(work, {"resourceType": "Task", "status": "requested", "intent": "order",
                                        "for": {"reference": person.reference},
                                        "focus": {"reference": f"{type_}/1001"}})  # fmt: skip
    async with office.work(nurse, Purpose.TREATMENT) as work:
        for asked, type_ in (
            (("date", "2020"), "Observation"), (("date", "2024"), "Procedure"), (("date", "ne2020"), "Procedure"),
            (("date:missing", "true"), "CarePlan"),
            (("performer", nurse.id), "Observation"), (("performer._id", nurse.id.partition("/")[2]), "Observation"),
        ):  # fmt: skip
            hits = (await search(work, "Task", [(f"focus.{asked[0]}", asked[1])])).hits
            assert [hit.resource["focus"]["reference"] for hit in hits] == [f"{type_}/1001"], asked


@pytest.mark.parametrize(("actors", "closed_to"), [
    (["NURSE"], {"nurse"}),
    (["NORTH"], {"nurse", "doctor"}),
    (["nobody we know"], {"nurse", "doctor", "south"}),
    (["NURSE", "nobody we know"], {"nurse", "doctor", "south"}),
    (["role sykepleier"], {"nurse", "south"}),
    (["role trollmann"], {"nurse", "doctor", "south"}),
    (["ITSELF"], {"nurse", "doctor", "south"}),
    ([], {"nurse", "doctor", "south"}),
])  # fmt: skip
async def test_a_block_for_one_we_do_not_know_holds_for_everybody(
    office: Office, actors: list[str], closed_to: set[str]
) -> None:
    north, south = await unit(office, "Nord"), await unit(office, "Sør")
    people = {"nurse": await staff(office, north, "Lie"), "doctor": await staff(office, north, "Dahl", "fastlege"),
              "south": await staff(office, south, "Moe")}  # fmt: skip
    person = await patient(office, at=north)
    await also_cared_for(office, person, south)
    given = {"NURSE": people["nurse"].id, "NORTH": north.unit_id, "ITSELF": person.reference}
    readers = [
        {"role": {"coding": [{"code": one.removeprefix("role ")}]}, "reference": {"display": one}}
        if one.startswith("role") else whom(given.get(one, "PractitionerRole/x1"))
        for one in actors
    ]  # fmt: skip
    await close(office, person, **({"actor": readers} if readers else {}))
    for name, who in people.items():
        async with office.work(who, Purpose.TREATMENT) as work:
            found = (await search(work, "Patient", [("_id", person.id)])).hits
        assert bool(found) is (name not in closed_to), name


async def test_a_refusal_within_what_is_allowed_holds_and_ends_with_it(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    one = await measured(office, nurse, person)
    inner = {"type": "deny", "data": [{"meaning": "instance", "reference": {"reference": one.reference}}]}
    await close(office, person, type="permit", period={"end": "2020-01-01"}, provision=[inner])
    assert await ways(office, nurse, person, one) == {True}
    await close(office, person, type="permit", provision=[inner])
    assert await ways(office, nurse, person, one) == {False}


async def test_what_is_closed_by_its_date_is_not_changed_by_those_it_is_closed_to(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    one = await measured(office, nurse, person)
    await close(office, person, dataPeriod={"start": "2026-01-01"})
    for change in (one.resource | {"effectiveDateTime": OLD}, one.resource):
        with pytest.raises(Refused, match="AK-A031"):
            async with office.work(nurse, Purpose.TREATMENT) as work:
                await journal.update(work, change, id_=one.id)
    with pytest.raises(Refused, match="AK-A031"):
        async with office.work(nurse, Purpose.TREATMENT) as work:
            await journal.delete(work, one.type, one.id)


async def test_correcting_its_date_does_not_bring_out_what_stood_there(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    one = await measured(office, nurse, person, OLD)
    async with office.work(nurse, Purpose.TREATMENT) as work:
        await journal.update(work, one.resource | {"effectiveDateTime": NEW}, id_=one.id)
    await close(office, person, dataPeriod={"start": "2026-01-01"})
    assert await ways(office, nurse, person, one) == {False}


async def test_a_page_is_filled_past_what_is_closed_and_no_total_counts_it(office: Office) -> None:
    mariam = await staff(office, await unit(office, "Sone nord"), "Yusuf")
    person, other = await patient(office, at=mariam), await patient(office, at=mariam)
    seen = [await measured(office, mariam, whose) for whose in (person, person, person, other, other)]
    await close(office, person, data=[{"meaning": "instance", "reference": {"reference": seen[1].reference}}])
    open_ = {one.id for one in seen} - {seen[1].id}
    for whose in ([], [("subject", person.reference)], [("_sort", "date")], [("code:text", "puls")]):
        expected = open_ if not whose or whose[0][0] != "subject" else open_ - {seen[3].id, seen[4].id}
        async with office.work(mariam, Purpose.TREATMENT) as work:
            all_, after = set(), []
            while True:
                page = await search(work, "Observation", [*whose, ("_count", "2"), *after])
                all_ |= {hit.id for hit in page.hits}
                if page.next is None:
                    break
                assert len(page.hits) == 2
                after = [("_after", page.next)]
            assert all_ == expected
            for counted in (("_count", "0"), ("_total", "accurate")):
                assert (await search(work, "Observation", [*whose, counted])).total == len(expected)


@pytest.mark.parametrize(("type_", "pointing"), [
    ("Patient", "Observation:subject"), ("Patient", "*"), ("Organization", "EpisodeOfCare:organization"),
    ("Organization", "*"),
])  # fmt: skip
async def test_what_is_closed_takes_no_place_among_what_comes_along(
    office: Office, monkeypatch: pytest.MonkeyPatch, type_: str, pointing: str
) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    hidden, *_ = [await measured(office, nurse, person) for _ in range(4)]
    whole = await patient(office, at=north)
    await close(office, person, data=[{"meaning": "instance", "reference": {"reference": hidden.reference}}])
    await close(office, whole)
    pairs = [("_id", (person.id if type_ == "Patient" else north.unit_id.partition("/")[2])), ("_revinclude", pointing)]

    async def along(most: int) -> set[str]:
        monkeypatch.setattr(company, "MOST", most)
        async with office.work(nurse, Purpose.TREATMENT) as work:
            return {one.reference for one in (await search(work, type_, pairs)).included}

    open_ = await along(1000)
    assert open_ and hidden.reference not in open_
    assert await along(len(open_)) == open_
    with pytest.raises(Refused, match="AK-S004"):
        await along(len(open_) - 1)


async def test_a_narrowed_token_finds_its_part_of_a_record_of_which_a_part_is_closed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    async with office.work(nurse, Purpose.TREATMENT) as work:
        closed = await journal.create(work, temperature(person, "38.1"))
        open_ = await journal.create(work, temperature(person, "38.2"))
    await measured(office, nurse, person)  # of no category
    await close(office, person, data=[{"meaning": "instance", "reference": {"reference": closed.reference}}])
    app = replace(nurse, scopes=frozenset({"user/Patient.rs", f"user/Observation.rs?category={CATEGORY}|vital-signs"}))
    monkeypatch.setattr(company, "MOST", 1)
    async with office.work(app, Purpose.TREATMENT) as work:
        asked = [("subject", person.reference), ("_total", "accurate")]
        page = await search(work, "Observation", asked)
        assert ([hit.id for hit in page.hits], page.total) == ([open_.id], 1)
        along = await search(work, "Patient", [("_id", person.id), ("_revinclude", "Observation:subject")])
        assert [one.id for one in along.included] == [open_.id]
        everything_ = (await everything(work, person.id, Wanted(types=["Observation"]), Place(), 50)).hits
        assert [one.id for one in everything_] == [open_.id]


async def to_be_done(office: Office, who: Actor, person: Stored | None, day: str, **more: Any) -> Stored:
    whose = {"for": {"reference": person.reference}} if person else {}
    async with office.work(who, Purpose.TREATMENT) as work:
        return await journal.create(work, {
            "resourceType": "Task", "status": "requested", "intent": "order", **whose,
            "owner": {"reference": who.unit_id}, "restriction": {"period": {"end": day}}, **more})  # fmt: skip


async def test_what_is_closed_takes_no_place_among_what_waits(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    tasks = [await to_be_done(office, nurse, person, f"2026-05-0{day}") for day in (6, 7, 8, 9)]
    heard = worklist.consumer(office.database, office.ids.open)
    while await deliver(office.database, [heard], office.clock()):
        pass
    for closed in tasks[:2]:
        await close(office, person, data=[{"meaning": "instance", "reference": {"reference": closed.reference}}])
    await office.database.execute(  # and what is gone, as when it ends while the worklist hears of it
        "INSERT INTO worklist SELECT unit, person, owner, type, 'gone', kind, state, priority, due, at FROM worklist WHERE id = $1",
        tasks[0].id,
    )
    soonest = [one.reference for one in (tasks[2], tasks[3])]
    for most, latest, expected in (
        (1, False, soonest[:1]), (2, False, soonest), (5, False, soonest), (5, True, soonest[::-1]),
    ):  # fmt: skip
        monkeypatch.setattr(worklist, "MOST", most)
        async with office.work(nurse, Purpose.TREATMENT) as work:
            found = await worklist.items(work, kinds=("task",), most=most, latest=latest)
            assert [item.reference for item in found] == expected
            assert await worklist.count(work) == len(expected)


async def test_what_waits_and_is_closed_costs_no_more_the_more_it_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    ended, child = await patient(office), await patient(office)
    at_north = replace(JOB, key=nurse.key, unit=north.unit, unit_id=north.unit_id)
    report = {"security": [{"system": MARK, "code": one} for one in marks(nurse, office.clock())]}
    past = await to_be_done(office, at_north, ended, "2026-01-01")
    shown = [
        await to_be_done(office, at_north, person, "2026-05-01"),
        await to_be_done(office, at_north, None, "2026-05-02"),
        await to_be_done(office, at_north, child, "2026-05-03", meta=report, owner={"reference": nurse.id}),
        await to_be_done(office, at_north, person, "2026-05-04", owner={"reference": nurse.id}),
    ]
    await to_be_done(office, at_north, child, "2026-05-05", owner={"reference": nurse.id})
    heard = worklist.consumer(office.database, office.ids.open)
    while await deliver(office.database, [heard], office.clock()):
        pass
    monkeypatch.setattr(worklist, "MOST", 10)

    async def cost(role: str) -> int:
        async with office.work(replace(nurse, role=role), Purpose.TREATMENT) as work:
            before = office.database.statements
            assert await worklist.count(work) == (len(shown) if role == "sykepleier" else 0)
            return office.database.statements - before

    costs = []
    for more in (20, 3000):
        await office.database.execute(
            "INSERT INTO worklist SELECT unit, person, owner, type, $2::text || n, kind, state, priority, due, at"
            "  FROM worklist, generate_series(1, $2) n WHERE id = $1", past.id, more)  # fmt: skip
        await cost("sykepleier")
        costs.append(await cost("sykepleier"))
    assert costs[0] == costs[1] <= 3
    assert await cost("personvernombud") == 0
    async with office.work(nurse, Purpose.TREATMENT) as work:
        found = await worklist.items(work, kinds=("task",), most=10)
        assert [item.reference for item in found] == [one.reference for one in shown]
