"""Records come to their end: proposed when their time is over, decided by two, erased some at a time, held by what holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from akson.audit.verify import verify
from akson.audit.view import in_words
from akson.base.errors import Refused
from akson.base.jobs import deliver
from akson.base.work import Actor, Purpose
from akson.doors import running
from akson.doors.running import consumers
from akson.patient import demands, stopping
from akson.patient.watching import job as watching
from akson.record import ending, holds, journal
from akson.record.office import Office
from akson.record.stored import Stored
from akson.record.terms import Terms
from akson.registers.identifiers import Fnr
from tests.exchange.letters import ASTRID
from tests.offices import FNR, JOB, LOADING, NOW, citizen, let_pass, opened_office, patient, set_clock, staff, unit
from tests.record.traces import tables_with

CANARY = "kanarifugl"
THEN = datetime(2000, 5, 3, 9, 0, tzinfo=UTC)
TERMS = Terms(last=20, death=10)
REASON = "Ingen har bruk for dette lenger"
KEPT_BY_LAW = {"resource", "resource_version", "erasure", "author"}  # keys, times and who wrote; nothing of the content
DEAD = {"deceasedDateTime": "2001-02-03"}


@dataclass(frozen=True)
class Place:
    """Two data controllers. chief and second answer for the records of the first, other for those of the second."""

    office: Office
    chief: Actor
    second: Actor
    other: Actor


@pytest.fixture
async def place(office: Office) -> Place:
    set_clock(office, THEN)
    home, away = await unit(office, "Fjordvik"), await unit(office, "Nordre legesenter")
    made = [await staff(office, at, name, role=role) for at, name, role in (
        (home, "Falk", "kommuneoverlege"), (home, "Nygård", "legevaktlege"), (away, "Eikeland", "fastlege"))]  # fmt: skip
    return Place(office, *made)


async def known(place: Place, *by: Actor, number: str | None = ASTRID, **more: Any) -> Stored:
    """Let somebody have been given care long ago, and have a note by each of these."""
    numbers = {"identifier": [{"system": FNR, "value": number}]} if number else {}
    person = await patient(place.office, **numbers, **more)
    for who in by:
        async with place.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, {
                "resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": person.reference},
                "managingOrganization": {"reference": who.unit_id}, "period": {"start": "2000-01-01", "end": "2000-12-31"},
            })  # fmt: skip
        await write(place, who, person)
    return person


async def write(place: Place, who: Actor, person: Stored, when: str = "2000-05-03") -> Stored:
    async with place.office.work(who, Purpose.TREATMENT) as work:
        return await journal.create(work, {
            "resourceType": "Observation", "status": "final", "subject": {"reference": person.reference},
            "code": {"text": CANARY}, "valueString": CANARY, "effectiveDateTime": when,
        })  # fmt: skip


async def today(place: Place, terms: Terms = TERMS) -> None:
    """Let it be November 2026, and the job have looked at everybody."""
    await told(place)
    set_clock(place.office, max(NOW, place.office.clock()))
    place.office.terms = terms
    after = await ending.propose(place.office, ending.FIRST, place.office.clock())
    assert after == ending.FIRST or await ending.propose(place.office, after, place.office.clock()) == ending.FIRST


async def told(place: Place) -> None:
    while await deliver(place.office.database, consumers(place.office), place.office.clock()):
        pass


async def waiting(place: Place, who: Actor) -> list[str]:
    """Return the ids of what waits for somebody."""
    async with place.office.work(who, Purpose.ADMINISTRATION) as work:
        return [one.id for one in (await ending.desk(work)).waiting]


async def decided(place: Place, first: Actor, second: Actor) -> None:
    """Let two decide about everything that waits for them."""
    ids = await waiting(place, first)
    async with place.office.work(first, Purpose.ADMINISTRATION) as work:
        await ending.decide(work, ids, REASON)
    async with place.office.work(second, Purpose.ADMINISTRATION) as work:
        await ending.confirm(work, ids, "Jeg er enig i dette")


async def states(place: Place) -> list[str]:
    return [row["state"] for row in await place.office.database.fetch("SELECT state FROM ending ORDER BY at, state")]


async def left(place: Place, person: Stored) -> int:
    """Return how many entries of a person have content, the person's own among them."""
    query = "SELECT count(*) FROM resource_version WHERE owner = $1 AND body IS NOT NULL"
    return int(await place.office.database.fetchval(query, person.owner))


async def test_what_two_decided_goes_and_the_trails_are_proven(place: Place, database_url: str) -> None:
    person = await known(place, place.chief, place.other, **DEAD)
    gone = await write(place, place.chief, person)
    async with place.office.work(place.chief, Purpose.TREATMENT) as work:
        await journal.delete(work, "Observation", gone.id)
    await today(place)
    colleague = replace(place.other, id="Practitioner/kollega", key=place.other.key + 1, name="Lie")
    await decided(place, place.chief, place.second)
    assert await ending.carry_out(place.office) == 2  # what Fjordvik has written, also what it had deleted
    assert await left(place, person) == 4 and await states(place) == ["done", "proposed"]
    await decided(place, place.other, colleague)
    assert await ending.carry_out(place.office) == 4  # the other's, the two episodes that are nobody's, and the person
    assert await left(place, person) == 0 and await states(place) == ["done", "done"]
    await told(place)
    assert await tables_with(database_url, CANARY) == set() == await tables_with(database_url, "Astrid")
    assert await place.office.database.fetch("SELECT * FROM person_identifier") == []
    assert await ending.carry_out(place.office) == 0 and (await verify(database_url, keys=[])).faults == ()
    kept = await place.office.database.fetchval("SELECT decision FROM erasure LIMIT 1")
    decision = json.loads(kept)
    assert decision["law"] == "pasientjournalloven § 25" and decision["reason"] == REASON
    assert (decision["name"], decision["confirmed"]["name"]) == ("Falk", "Nygård")
    logged = await place.office.database.fetch(
        "SELECT seen::text AS seen FROM access_log WHERE screen = 'job:retention'"
    )
    assert sum(f"ERASE entries of Patient/{person.id}" in row["seen"] for row in logged) == 2
    await today(place)
    assert await states(place) == ["done", "done"]


async def test_of_the_living_goes_what_was_written_about_them_and_no_way_in(place: Place, database_url: str) -> None:
    person = await known(place, place.chief)
    loading = replace(LOADING, controller=place.chief.controller)
    block = {
        "resourceType": "Consent", "status": "active", "patient": {"reference": person.reference},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"text": "Sperring"}], "policyRule": {"text": "pjl § 17"},
        "provision": {"type": "deny", "actor": [{"role": {"text": "enhet"}, "reference": {"reference": place.other.unit_id}}]},
    }  # fmt: skip
    async with place.office.work(loading, Purpose.SYSTEM) as work:
        await journal.create(work, block)
    await today(place)
    await decided(place, place.chief, place.second)
    assert await ending.carry_out(place.office) == 1 and await states(place) == ["done"]
    await told(place)
    assert await tables_with(database_url, CANARY) == set()
    assert await left(place, person) == 3  # who it is, the episode that is nobody's, and the block
    who = await place.office.register.citizen(ASTRID, "test:4")
    assert who is not None and who.id == person.reference
    kinds = "SELECT kind FROM fact WHERE owner = $1 ORDER BY kind"
    assert "block" in [row["kind"] for row in await place.office.database.fetch(kinds, person.owner)]
    await today(place)
    assert await states(place) == ["done"]  # and nothing of that is proposed for ever


async def test_of_the_living_stays_what_they_wrote_first_whoever_has_changed_it(place: Place) -> None:
    person = await known(place, place.chief)
    async with place.office.work(citizen(person), Purpose.OWN) as work:
        own = await journal.create(work, {
            "resourceType": "Observation", "status": "final", "subject": {"reference": person.reference},
            "performer": [{"reference": person.reference}], "code": {"text": "Vekt"}, "effectiveDateTime": "2000-05-03",
        })  # fmt: skip
        stop = await stopping.stop(work)
    async with place.office.work(place.chief, Purpose.TREATMENT) as work:
        await journal.update(work, {**own.resource, "status": "amended"}, id_=own.id)
    async with place.office.work(replace(place.second, role="legesekretær"), Purpose.TREATMENT) as work:
        await stopping.restore(work, stop, 1, reason="Møtte med pass")
    await today(place)
    await decided(place, place.chief, place.second)
    assert await ending.carry_out(place.office) == 1
    kept = await place.office.database.fetch("SELECT id FROM resource_version WHERE version = 2 AND body IS NOT NULL")
    assert {row["id"] for row in kept} == {own.id, stop.id}


async def test_whoever_decides_is_no_onlooker_and_the_citizen_reads_what_they_did(place: Place) -> None:
    person = await known(place, place.chief)
    await today(place)
    await decided(place, place.chief, place.second)
    await ending.carry_out(place.office)
    rows = await place.office.database.fetch(
        "SELECT actor_name, seen::text AS seen FROM access_log WHERE at > '2026-01-01'"
    )
    whats = [one["what"] for row in rows for one in json.loads(row["seen"]) if one["patient"] == person.owner]
    assert {in_words(what) for what in whats} == {
        "vurderte om lagringstiden er ute, uten å se hva som står i journalen",
        "begynte å slette opplysninger i journalen for godt", "slettet opplysninger i journalen for godt",
    }  # fmt: skip
    let_pass(place.office, timedelta(days=9))
    while await watching.turn(place.office.database, place.office.clock()):
        pass
    assert (
        await place.office.database.fetch(
            "SELECT * FROM watch_look WHERE patient = $1 AND day > '2026-01-01'", person.owner
        )
        == []
    )


async def _hold(place: Place, person: Stored) -> None:
    async with place.office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.hold(work, person.id, "Klage til Statsforvalteren", "Per Tveit")


async def _case(place: Place, person: Stored) -> None:
    note = await write(place, place.chief, person)
    async with place.office.work(citizen(person), Purpose.OWN) as work:
        who = {"reference": person.reference}
        await demands.demand(work, who, "correction", item=note.reference, words="Det er kneet")


async def _care(place: Place, person: Stored) -> None:
    async with place.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": person.reference},
            "managingOrganization": {"reference": place.other.unit_id}, "period": {"start": "2000-05-01"},
        })  # fmt: skip


async def _later(place: Place, person: Stored) -> None:
    let_pass(place.office, timedelta(days=365 * 10))
    async with place.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {"resourceType": "Condition", "subject": {"reference": person.reference}})


async def _to_come(place: Place, person: Stored) -> None:
    await write(place, place.chief, person, when="2019-01-01")


async def _died(place: Place, person: Stored) -> None:
    async with place.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, {**person.resource, "deceasedDateTime": "2024-01-01"}, id_=person.id)


async def _registered_anew(place: Place, person: Stored) -> None:
    let_pass(place.office, timedelta(days=365 * 20))
    async with place.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, {**person.resource, "birthDate": "1941-03-15"}, id_=person.id)


HELD = [
    (_registered_anew, False), (_hold, True), (_case, True), (_care, True), (_later, True), (_to_come, True),
    (_died, True),
]  # fmt: skip


@pytest.mark.parametrize(("happens", "holds_it"), HELD, ids=[one.__name__ for one, _ in HELD])
async def test_what_holds_a_record_keeps_it_from_its_end(
    place: Place, happens: Callable[[Place, Stored], Awaitable[None]], holds_it: bool
) -> None:
    await happens(place, await known(place, place.chief))
    await today(place)
    assert (await waiting(place, place.chief) == []) is holds_it


@pytest.mark.parametrize(("more", "terms", "why"), [
    (DEAD, TERMS, "death"), (DEAD, Terms(last=20), "last"), ({}, TERMS, "last"), ({}, Terms(death=10), None),
    (DEAD, Terms(last=20, death=100), None), ({}, Terms(last=100, death=2), None),
    ({"deceasedBoolean": True}, Terms(death=10), None), ({"deceasedBoolean": True}, TERMS, "last"),
])  # fmt: skip
async def test_the_time_runs_from_death_where_the_day_is_known_else_from_the_last_entry(
    place: Place, more: dict[str, Any], terms: Terms, why: str | None
) -> None:
    await known(place, place.chief, **more)
    await today(place, terms)
    rows = await place.office.database.fetch("SELECT why FROM ending")
    assert [row["why"] for row in rows] == ([why] if why else [])


async def test_what_comes_to_hold_it_stops_what_was_decided_before_anything_more_goes(place: Place) -> None:
    person = await known(place, place.chief)
    await today(place)
    await decided(place, place.chief, place.second)
    before = await left(place, person)
    await _hold(place, person)
    assert await ending.carry_out(place.office) == 0
    assert await left(place, person) == before and await states(place) == ["stopped"]
    async with place.office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.end(work, person.id, "Per Tveit")
    await today(place)
    assert len(await waiting(place, place.chief)) == 1  # from the beginning, by two again


@pytest.mark.parametrize("stage", ["decide", "confirm"])
async def test_what_comes_to_hold_it_cannot_be_decided_any_more(place: Place, stage: str) -> None:
    person = await known(place, place.chief)
    await today(place)
    ids = await waiting(place, place.chief)
    if stage == "confirm":
        async with place.office.work(place.chief, Purpose.ADMINISTRATION) as work:
            await ending.decide(work, ids, REASON)
    await _care(place, person)
    with pytest.raises(Refused, match="AK-J020"):
        async with place.office.work(place.second, Purpose.ADMINISTRATION) as work:
            await (ending.decide if stage == "decide" else ending.confirm)(work, ids, REASON)
    await today(place)
    assert await states(place) == ["stopped"]


async def test_nobody_confirms_their_own_decision(place: Place) -> None:
    await known(place, place.chief)
    await today(place)
    ids = await waiting(place, place.chief)
    async with place.office.work(place.chief, Purpose.ADMINISTRATION) as work:
        await ending.decide(work, ids, REASON)
    elsewhere = replace(place.chief, role="legevaktlege", unit_name="Legevakt")
    for who in (place.chief, elsewhere):
        with pytest.raises(Refused, match="AK-J021"):
            async with place.office.work(who, Purpose.ADMINISTRATION) as work:
                await ending.confirm(work, ids, REASON)
    with pytest.raises(asyncpg.CheckViolationError):
        await place.office.database.execute(
            "UPDATE ending SET state = 'confirmed', confirmed_by = decided_by, confirmed = ''"
        )
    assert await ending.carry_out(place.office) == 0 and await states(place) == ["decided"]


def _number(start: str) -> Fnr:
    """Return an invented number that begins so."""
    for rest in range(10**5):
        with suppress(Refused):
            return Fnr(f"{start}{rest:05}")
    raise AssertionError(start)


NATIONAL, D_NUMBER, OTHERS = _number("018580"), _number("418580"), _number("028580")


@pytest.mark.parametrize(("decides", "confirms", "resident", "one"), [
    ((D_NUMBER, "Falk"), (NATIONAL, "Berg"), (D_NUMBER, NATIONAL), True),  # both stand in one resident's record
    ((D_NUMBER, "Falk"), (NATIONAL, "Falk"), (), True),  # nobody knows a resident; the number goes on
    ((D_NUMBER, "Falk"), (NATIONAL, "Berg"), (), False),  # born on one day
    ((OTHERS, "Falk"), (NATIONAL, "Falk"), (NATIONAL,), False),  # of one name
    ((None, "Falk"), (None, "Falk"), (), False),  # no number at all: two by their ids
])  # fmt: skip
async def test_one_human_with_two_numbers_is_one_pair_of_eyes(
    place: Place, decides: tuple[Fnr | None, str], confirms: tuple[Fnr | None, str], resident: tuple[Fnr, ...], one: bool,
) -> None:  # fmt: skip
    await known(place, place.chief)
    await today(place)
    first, second = [await _numbered(place, *who) for who in (decides, confirms)]
    if resident:
        await patient(place.office, identifier=[number.identifier() for number in resident])
    ids = await waiting(place, first)
    async with place.office.work(first, Purpose.ADMINISTRATION) as work:
        await ending.decide(work, ids, REASON)
    try:
        async with place.office.work(second, Purpose.ADMINISTRATION) as work:
            await ending.confirm(work, ids, REASON)
        assert not one and await states(place) == ["confirmed"]
    except Refused as refused:
        assert one and refused.code == "AK-J021" and await states(place) == ["decided"]


async def _numbered(place: Place, number: Fnr | None, family: str) -> Actor:
    """Return one more who answers for the records of the first data controller."""
    numbers = {"identifier": [number.identifier()]} if number else {}
    async with place.office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, {"resourceType": "Practitioner", "name": [{"family": family}], **numbers})
    return replace(place.chief, id=made.reference, key=made.owner, name=family)


@pytest.mark.parametrize(("who", "reason", "code"), [
    ("other", REASON, "AK-J020"), ("chief", "kort", "AK-J022"), ("nurse", REASON, "AK-A001"),
])  # fmt: skip
async def test_who_may_not_decide_decides_nothing(place: Place, who: str, reason: str, code: str) -> None:
    await known(place, place.chief)
    await today(place)
    ids = await waiting(place, place.chief)
    actor = replace(place.second, role="sykepleier") if who == "nurse" else getattr(place, who)
    with pytest.raises(Refused, match=code):
        async with place.office.work(actor, Purpose.ADMINISTRATION) as work:
            await ending.decide(work, ids, reason)
    assert await states(place) == ["proposed"]


async def _death_taken_back(place: Place, person: Stored) -> None:
    resource = {key: value for key, value in person.resource.items() if key != "deceasedDateTime"}
    async with place.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, resource, id_=person.id)


async def _longer(place: Place, _: Stored) -> None:
    place.office.terms = Terms(last=100, death=100)


async def _no_term(place: Place, _: Stored) -> None:
    place.office.terms = Terms()


CHANGED = [_death_taken_back, _longer, _no_term]


@pytest.mark.parametrize("happens", CHANGED)
@pytest.mark.parametrize("begun", [False, True])
async def test_the_term_is_asked_again_before_anything_more_goes(
    place: Place, happens: Callable[[Place, Stored], Awaitable[None]], begun: bool
) -> None:
    person = await known(place, place.chief, **DEAD)
    await today(place)
    await decided(place, place.chief, place.second)
    if begun:
        (row,) = await place.office.database.fetch(ending.SQL.confirmed)
        assert await ending._batch(place.office, row["id"], 1) == 1
    await happens(place, person)
    before = await left(place, person)
    assert await ending.carry_out(place.office) == 0
    assert await left(place, person) == before and await states(place) == ["stopped"]


@pytest.mark.parametrize("happens", CHANGED)
@pytest.mark.parametrize("stage", ["decide", "confirm"])
async def test_what_is_not_over_any_more_is_neither_shown_nor_decided(
    place: Place, happens: Callable[[Place, Stored], Awaitable[None]], stage: str
) -> None:
    person = await known(place, place.chief, **DEAD)
    await today(place)
    ids = await waiting(place, place.chief)
    if stage == "confirm":
        async with place.office.work(place.chief, Purpose.ADMINISTRATION) as work:
            await ending.decide(work, ids, REASON)
    await happens(place, person)
    assert await waiting(place, place.second) == []
    with pytest.raises(Refused, match="AK-J020"):
        async with place.office.work(place.second, Purpose.ADMINISTRATION) as work:
            await (ending.decide if stage == "decide" else ending.confirm)(work, ids, REASON)


async def test_the_database_itself_ends_nobody_as_dead_who_lives(place: Place) -> None:
    person = await known(place, place.chief, **DEAD)
    await today(place)
    await decided(place, place.chief, place.second)
    await _death_taken_back(place, person)
    before = await left(place, person)
    (row,) = await place.office.database.fetch("SELECT e.id, o.facts_rev FROM ending e JOIN owner o USING (owner)")
    assert await place.office.eraser.fetchval(ending.SQL.end, row["id"], NOW, row["facts_rev"], "{}", 10) == -1
    assert await left(place, person) == before and await states(place) == ["stopped"]


async def test_one_that_fails_holds_up_no_other_and_is_told_of_by_its_id(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        await known(place, place.chief, number=None, **DEAD)
    await today(place)
    failing = "00000000-0000-0000-0000-000000000001"  # the first in turn: no time that ends now is over
    await place.office.database.execute(
        "INSERT INTO ending (id, owner, keeper, at, why, last, before, entries, state, decided_by, decided, confirmed_by,"
        " confirmed) SELECT $1, owner, 5, at, why, last, now(), entries, 'confirmed', 1, $2, 2, $2 FROM ending LIMIT 1",
        failing, '{"by":"","name":"","role":"","unit":"","reason":"","at":"2026-01-01T00:00:00Z"}',
    )  # fmt: skip
    await decided(place, place.chief, place.second)
    await ending.carry_out(place.office)
    assert sorted(await states(place)) == ["confirmed", "done", "done"]
    told = [(one.message, vars(one)["ending"]) for one in caplog.records if one.levelname == "ERROR"]
    assert told == [("an end failed", failing)]


async def test_what_takes_too_long_goes_in_smaller_parts(place: Place, database_url: str) -> None:
    person = await known(place, place.chief, **DEAD)
    for _ in range(4):
        await write(place, place.chief, person)
    await today(place)
    await decided(place, place.chief, place.second)
    admin = await asyncpg.connect(database_url)
    try:
        await admin.execute("""
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF (SELECT count(*) FROM made) > 3 THEN RAISE EXCEPTION 'too long' USING ERRCODE = '57014'; END IF;
              RETURN NULL;
            END $$;
            CREATE TRIGGER slow AFTER INSERT ON erasure REFERENCING NEW TABLE AS made EXECUTE FUNCTION slow()""")
    finally:
        await admin.close()
    assert await ending.carry_out(place.office) == 7 and await left(place, person) == 0


async def test_the_log_has_it_before_anything_goes(place: Place, database_url: str) -> None:
    person = await known(place, place.chief, **DEAD)
    await today(place)
    await decided(place, place.chief, place.second)
    before = await left(place, person)
    about = "SELECT count(*) FROM access_log WHERE seen::text LIKE '%ENDING entries of Patient/' || $1 || '%'"
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.execute("SELECT FROM owner WHERE owner = $1 FOR UPDATE", person.owner)
            erasing = asyncio.create_task(ending.carry_out(place.office))
            while not await place.office.database.fetchval(about, person.id):
                assert not erasing.done()
                await asyncio.sleep(0.01)
            erasing.cancel()  # as when the machine falls
            await asyncio.wait([erasing])
    finally:
        await other.close()
    assert await left(place, person) == before and await states(place) == ["confirmed"]


async def test_what_is_kept_for_a_while_is_proposed_again_when_that_is_over(place: Place) -> None:
    await known(place, place.chief)
    await today(place)
    async with place.office.work(place.chief, Purpose.ADMINISTRATION) as work:
        await ending.keep(work, [one.id for one in (await ending.desk(work)).waiting], ending.PROPOSED, REASON)
    await today(place)
    assert await states(place) == ["kept"]
    let_pass(place.office, ending.KEPT_FOR + timedelta(days=1))
    await today(place)
    assert await states(place) == ["kept", "proposed"]


async def test_a_fall_in_the_middle_leaves_the_rest_to_the_next_turn(
    place: Place, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await known(place, place.chief, **DEAD)
    for _ in range(4):
        await write(place, place.chief, person)
    await today(place)
    await decided(place, place.chief, place.second)
    before = await left(place, person)
    monkeypatch.setattr(ending, "BATCH", 2)
    (row,) = await place.office.database.fetch(ending.SQL.confirmed)
    assert await ending._batch(place.office, row["id"], 2) == 2 and await states(place) == ["confirmed"]
    async with opened_office(database_url) as again:
        again.clock, again.terms = place.office.clock, place.office.terms
        done = await asyncio.gather(ending.carry_out(place.office), ending.carry_out(again))
    await ending.carry_out(place.office)  # two that meet leave the rest to a third
    assert sum(done) <= before - 2 and await left(place, person) == 0 and await states(place) == ["done"]
    rows = await place.office.database.fetch("SELECT type, id FROM erasure")
    assert len(rows) == len({(row["type"], row["id"]) for row in rows}) == before
    assert (await verify(database_url, keys=[])).faults == ()


async def test_the_worker_goes_through_everybody_again_and_again_and_erases_what_two_decided(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await known(place, place.chief, number=None, **DEAD) for _ in range(3)]
    await today(place, Terms(last=100))
    monkeypatch.setattr(ending, "PAGE", 1)
    monkeypatch.setattr(running, "clock", place.office.clock)
    place.office.terms = Terms(death=20)
    looks, erases = running._proposing(place.office), running._erasing(place.office)
    assert await looks() == 0 == await looks()  # and not before a while has passed
    assert len(await waiting(place, place.chief)) == 1
    for _ in people:
        let_pass(place.office, running.WATCH_EVERY)
        assert await looks() == 0
    assert len(await waiting(place, place.chief)) == 3
    await decided(place, place.chief, place.second)
    assert await erases() == 9 and await erases() == 0 and [await left(place, one) for one in people] == [0, 0, 0]


async def test_neither_the_application_nor_a_term_of_last_year_ends_a_record(place: Place) -> None:
    await known(place, place.chief)
    await today(place)
    (row,) = await place.office.database.fetch("SELECT id FROM ending")
    given = (row["id"], NOW, 1, "{}", 10)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await place.office.database.fetchval(ending.SQL.end, *given)
    assert await place.office.eraser.fetchval(ending.SQL.end, *given) == 0  # nobody has confirmed it
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await place.office.database.execute("UPDATE ending SET before = now()")
    await place.office.database.execute(
        "INSERT INTO ending (owner, keeper, at, why, last, before, entries, state, decided_by, decided, confirmed_by, confirmed)"
        " SELECT owner, 5, at, why, last, now(), entries, 'confirmed', 1, '{}', 2, '{}' FROM ending"
    )
    (row,) = await place.office.database.fetch("SELECT id FROM ending WHERE state = 'confirmed'")
    with pytest.raises(asyncpg.RaiseError, match="no time of keeping"):
        await place.office.eraser.fetchval(ending.SQL.end, row["id"], *given[1:])
