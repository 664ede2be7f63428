"""Erasure: by a decision that stays, of everything there is of an entry, and by nobody who may not decide it."""

from __future__ import annotations

import asyncio
import base64
import logging
from datetime import timedelta
from typing import Any

import pytest

from akson.access.roles import ROLES
from akson.audit.verify import verify
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.jobs import deliver
from akson.base.postgres import Postgres
from akson.base.work import Actor, Purpose
from akson.doors.running import consumers
from akson.exchange import delivery, erasing, inbox, outbox, reminding, sending
from akson.exchange.lasting import Lasting
from akson.exchange.states import Event
from akson.fhir import types
from akson.record import erasure, holds, journal, replaying
from akson.record.erasure import Decision, Ground
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.writing import flush
from tests.exchange.letters import ASTRID, HEART, NORDRE, sample
from tests.exchange.places import Places, make
from tests.offices import FNR, JOB, VENDOR, citizen, let_pass, patient, staff, unit
from tests.record.traces import dump, mentions, tables_with

CANARY = "kanarifugl"
DECIDED = Decision(ground=Ground.WRONG_PATIENT, reason="Skrevet i feil pasients journal")
KEPT_BY_LAW = {"resource", "resource_version", "erasure"}  # keys, times and who wrote; nothing of the content
WAITING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
LOG = {"access_log", "access_log_2026_11"}


@pytest.fixture
async def places(office: Office) -> Places:
    return await make(office)


@pytest.fixture
async def nurse(places: Places) -> Actor:
    return await staff(places.office, places.practice, "Yusuf")


async def typed(places: Places, nurse: Actor) -> str:
    """Let the nurse write in the wrong record, correct the spelling, and look for it; return what she wrote."""
    written: dict[str, Any] = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": places.astrid.reference},
        "identifier": [{"system": "urn:x-test", "value": CANARY}], "code": {"text": f"Syk {CANARY}"},
        "valueString": CANARY.upper(), "note": [{"text": f"Hennes {CANARY} er syk"}],
        "meta": {"security": [{"system": "urn:x-test", "code": CANARY}]},
    }  # fmt: skip
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        made = await journal.create(work, written)
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        corrected = {"valueString": f"{CANARY} (rettet)", "code": {"text": f"Frisk {CANARY}"}}
        await journal.update(work, written | corrected, id_=made.id, if_match=1)
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        assert (await search(work, "Observation", [("identifier", f"urn:x-test|{CANARY}")])).hits
    return made.reference


async def arrive(places: Places) -> list[str]:
    """Let a message arrive with an attachment large enough to stand beside it; return the ids of Communications then."""
    body = sample("helsefaglig-1.1.xml").replace(b"Endret vanndrivende", CANARY.encode())
    body = body.replace(b"Furosemid", CANARY.encode()).replace("Prøvesvar".encode(), CANARY.encode())
    body = body.replace(b"SyA0LDI=", base64.b64encode(f"{CANARY} ".encode() * 6_000))
    now = places.office.clock()
    await inbox.keep(places.office.database, body, now=now, envelope_from=HEART.her_id, envelope_to=NORDRE.her_id)
    assert await delivery.receive_due(places.office) == 1
    return [str(found["id"]) for found in await places.found("Communication")]


async def erase(places: Places, *references: str, by: Actor | None = None, decided: Decision = DECIDED) -> None:
    async with places.office.work(by or places.doctor, Purpose.ADMINISTRATION, screen="sletting") as work:
        await erasure.erase(work, references, decided)


async def news_are_told(places: Places) -> None:
    while await deliver(places.office.database, consumers(places.office), places.office.clock()):
        pass


async def test_what_a_nurse_wrote_in_the_wrong_record_is_found_nowhere_once_it_is_erased(
    places: Places, nurse: Actor, postgres: Postgres, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reference = await typed(places, nurse)
    assert await tables_with(database_url, CANARY) == {"fact", "owner", "resource", "resource_version", "search_display",
                                                         "search_string", "search_text"}  # fmt: skip
    await erase(places, reference)
    await news_are_told(places)
    assert await tables_with(database_url, CANARY) == set()
    assert await tables_with(database_url, reference.partition("/")[2]) - LOG <= KEPT_BY_LAW
    assert not mentions(dump(postgres, database_url), CANARY)
    assert CANARY not in (postgres._home / "log").read_text("utf-8") + caplog.text
    assert (await verify(database_url, keys=[])).faults == ()


async def test_what_came_by_message_leaves_with_its_attachments_its_task_and_the_bytes_it_came_in(
    places: Places, postgres: Postgres, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (communication,) = await arrive(places)
    await news_are_told(places)
    assert {
        "message_in",
        "resource_version",
        "search_string",
        "search_text",
    }  # fmt: skip <= await tables_with(database_url, CANARY)
    assert await places.rows("SELECT * FROM worklist")
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        filed = await erasing.all_of(work, communication)
    assert sorted(one.partition("/")[0] for one in filed) == ["Binary", "Communication", "DocumentReference", "Task"]
    await erase(places, *filed)
    await news_are_told(places)
    assert await tables_with(database_url, CANARY) == set()
    assert not mentions(dump(postgres, database_url), CANARY)
    assert CANARY not in (postgres._home / "log").read_text("utf-8") + caplog.text
    assert await places.rows("SELECT * FROM worklist UNION ALL SELECT * FROM worklist") == []
    assert (await verify(database_url, keys=[])).faults == ()
    (kept,) = await places.rows("SELECT msg_id, state, filed_as, body FROM message_in")
    assert kept == {"msg_id": "0b8c1f9e-7a31-4f43-8a8d-1f1b6a4f2b10", "state": "filed", "filed_as": communication,
                    "body": None}  # fmt: skip


async def test_the_same_message_once_more_is_answered_but_never_filed_again(places: Places, database_url: str) -> None:
    (communication,) = await arrive(places)
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        filed = await erasing.all_of(work, communication)
    await erase(places, *filed)
    await news_are_told(places)
    assert await arrive(places) == []
    assert (await places.rows("SELECT times FROM message_in"))[0]["times"] == 2
    assert await tables_with(database_url, CANARY) == set()


async def test_a_letter_to_others_that_still_waits_is_not_sent_when_it_is_erased(places: Places) -> None:
    about = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}, "status": "completed",
             "payload": [{"contentString": CANARY}]}  # fmt: skip
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        sent = await sending.send(work, about, to=HEART.her_id)
    await erase(places, sent.reference)
    await news_are_told(places)
    rows = await places.rows("SELECT state, body FROM message_out")
    assert rows == [{"state": "failed", "body": None}]


async def test_a_letter_that_was_erased_after_it_left_holds_up_nobody_elses_reminder(places: Places) -> None:
    about = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}, "status": "completed",
             "payload": [{"contentString": "Hei"}]}  # fmt: skip
    sent = []
    for _ in range(2):
        async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
            sent.append(await sending.send(work, about, to=HEART.her_id))
    async with places.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        for row in await places.rows("SELECT owner, key FROM message_out"):
            await outbox.happened(work, row["owner"], row["key"], Event.RECEIPT)
    await erase(places, sent[0].reference)
    await news_are_told(places)
    let_pass(places.office, timedelta(hours=96))
    assert await reminding.remind_due(places.office, Lasting()) == 2
    (task,) = await places.found("Task")
    assert task["focus"]["reference"] == sent[1].reference
    assert await reminding.remind_due(places.office, Lasting()) == 0


async def test_afterwards_it_reads_as_deleted_and_its_history_is_empty_versions(places: Places, nurse: Actor) -> None:
    reference = await typed(places, nurse)
    type_, id_ = reference.split("/")
    await erase(places, reference)
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        for refused in (journal.read(work, type_, id_), journal.vread(work, type_, id_, 1),
                        journal.vread(work, type_, id_, 2), journal.delete(work, type_, id_)):  # fmt: skip
            with pytest.raises(Refused, match="AK-J002"):
                await refused
        versions = await journal.history(work, type_, id_)
        assert [(one.version, one.erased, one.body) for one in versions] == [(2, True, None), (1, True, None)]
        assert (await search(work, type_, [("patient", places.astrid.reference)])).hits == []
        assert (await journal.chart(work, places.astrid.id, {type_: 10}))[type_] == []


async def test_an_erased_id_never_carries_content_again(places: Places, nurse: Actor) -> None:
    """The one who sent it to the wrong record may send it once more."""
    reference = await typed(places, nurse)
    again = {"resourceType": "Observation", "status": "final", "subject": {"reference": places.astrid.reference},
             "code": {"text": CANARY}}  # fmt: skip
    async with places.office.work(nurse, Purpose.TREATMENT) as late:
        await journal.update(late, again, id_=reference.partition("/")[2])
        late.session.queue, queued = [], late.session.queue
        await erase(places, reference)
        late.session.queue = queued
        with pytest.raises(Refused, match="AK-J002"):
            await flush(late)
    with pytest.raises(Refused, match="AK-J002"):
        async with places.office.work(nurse, Purpose.TREATMENT) as work:
            await journal.update(work, again, id_=reference.partition("/")[2])


async def test_nobody_erases_who_may_not_decide_it_and_the_attempt_is_logged(places: Places, nurse: Actor) -> None:
    reference = await typed(places, nurse)
    elsewhere = await staff(places.office, await unit(places.office, "Sentrum legegruppe"), "Berg", role="fastlege")
    cases = ((nurse, "AK-A001"), (elsewhere, "AK-A001"), (VENDOR, "AK-A005"), (citizen(places.astrid), "AK-A061"))
    for who, code in cases:
        with pytest.raises(Refused, match=code):
            await erase(places, reference, by=who)
    rows = await places.rows("SELECT outcome FROM access_log WHERE screen = 'sletting'")
    assert [row["outcome"] for row in rows] == ["refuse"] * 4
    assert {role.code for role in ROLES.values() if "decide-erasure" in role.permissions} == {
        "fastlege", "legevaktlege", "sykehjemslege",
    }  # fmt: skip


async def test_an_erasure_needs_a_reason_one_record_and_something_to_erase(places: Places, nurse: Actor) -> None:
    reference, other = await typed(places, nurse), await patient(places.office, at=places.practice)
    cases = [
        ((reference,), Decision(ground=Ground.WRONG_PATIENT, reason="  feil   "), "AK-J012"),
        ((reference, other.reference), DECIDED, "AK-J013"),
        ((reference, "Observation/unknown"), DECIDED, "AK-J001"),
        ((reference, reference), DECIDED, ""),
        ((reference,), DECIDED, "AK-J002"),
    ]
    for references, decided, code in cases:
        if code:
            with pytest.raises(Refused, match=code):
                await erase(places, *references, decided=decided)
        else:
            await erase(places, *references, decided=decided)
    assert len(await places.rows("SELECT * FROM erasure")) == 1


async def test_the_decision_stays_with_who_decided_by_which_law_and_why(places: Places, nurse: Actor) -> None:
    reference = await typed(places, nurse)
    await erase(places, reference)
    (row,) = await places.rows("SELECT decision::json ->> 'law' AS law, decision::json ->> 'reason' AS reason, "
                               "decision::json ->> 'by' AS who FROM erasure")  # fmt: skip
    assert row == {"law": "helsepersonelloven § 44", "reason": DECIDED.reason, "who": places.doctor.id}


async def test_a_person_registered_by_mistake_lets_go_of_the_number(places: Places, database_url: str) -> None:
    number = {"identifier": [{"system": FNR, "value": ASTRID}]}
    await erase(places, places.astrid.reference)
    assert await tables_with(database_url, ASTRID) == set()
    assert (await patient(places.office, **number)).owner != places.astrid.owner


@pytest.mark.parametrize("ground", Ground)
async def test_nothing_of_a_record_on_hold_is_erased_on_any_ground_until_the_hold_is_ended(
    places: Places, nurse: Actor, ground: Ground
) -> None:
    reference, decided = await typed(places, nurse), Decision(ground=ground, reason="Vi har gått gjennom det")
    await _set(places)
    with pytest.raises(Refused) as refused:
        await erase(places, reference, decided=decided)
    assert refused.value.code == "AK-J023" and "Per Tveit har krevd det" in refused.value.text
    assert "Statsforvalteren" not in refused.value.text and "Tveit" not in refused.value.diagnostics
    assert await places.rows("SELECT FROM erasure") == [] and await tries(places) == ["refuse"]
    async with places.office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.end(work, places.astrid.id, "Per Tveit")
    await erase(places, reference, decided=decided)
    assert len(await places.rows("SELECT FROM erasure")) == 1 and await tries(places) == ["refuse", "permit"]


async def tries(places: Places) -> list[str]:
    """Return what the log says came of each erasure that was tried."""
    return [row["came"] for row in await places.rows(
        "SELECT s ->> 'outcome' AS came FROM access_log l, jsonb_array_elements(l.seen::jsonb) s"
        " WHERE s ->> 'what' LIKE 'ERASE %' ORDER BY l.at, l.stream, l.seq")]  # fmt: skip


async def test_what_a_restore_brought_back_goes_again_though_it_brought_back_an_ended_hold_too(
    places: Places, nurse: Actor
) -> None:
    type_, _, id_ = (await typed(places, nurse)).partition("/")
    await _set(places)
    office, key = places.office, (types.code_of(type_), id_)
    await replaying.carry_out(
        office.database, office.eraser, places.astrid.owner, [key], {"ground": "x"}, office.clock()
    )
    assert [row["id"] for row in await places.rows("SELECT id FROM erasure")] == [id_]


async def test_an_erasure_that_begins_while_a_hold_is_being_set_waits_for_it_and_is_refused(
    places: Places, nurse: Actor, owner_db: Database
) -> None:
    reference, record = await typed(places, nurse), places.astrid.owner
    async with owner_db.transaction() as setting:
        await setting.fetchval(holds.SQL.hold, record, places.office.clock(), "Klage til Statsforvalteren", "Per Tveit")
        erasing_ = asyncio.create_task(erase(places, reference))
        await waits(owner_db)
    with pytest.raises(Refused, match="AK-J023"):
        await erasing_
    assert await places.rows("SELECT FROM erasure") == []


async def test_a_hold_that_is_set_while_something_is_erased_waits_for_that(
    places: Places, nurse: Actor, owner_db: Database
) -> None:
    async with owner_db.transaction() as erasing_:
        await erasing_.execute("SELECT FROM owner WHERE owner = $1 FOR NO KEY UPDATE", places.astrid.owner)
        setting = asyncio.create_task(_set(places))
        await waits(owner_db)
        assert await places.rows("SELECT FROM hold") == []
    await setting
    assert len(await places.rows("SELECT FROM hold")) == 1


async def _set(places: Places) -> None:
    async with places.office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.hold(work, places.astrid.id, "Klage til Statsforvalteren", "Per Tveit")


async def waits(db: Database) -> None:
    """Return when somebody waits for a lock."""
    async with asyncio.timeout(30):
        while not await db.fetchval(WAITING):  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.01)


async def shown(office: Office, nurse: Actor, person: Any) -> str:
    """Write something in a record that is shown by the text `Syk`; return its reference."""
    body = {"resourceType": "Observation", "status": "final", "code": {"text": "Syk"},
            "subject": {"reference": person.reference}}  # fmt: skip
    async with office.work(nurse, Purpose.TREATMENT) as work:
        return (await journal.create(work, body)).reference


async def texts(places: Places) -> list[str]:
    return [row["value"] for row in await places.rows("SELECT value FROM search_display WHERE value = 'syk'")]


async def test_a_text_stays_that_somebody_found_there_while_the_last_who_had_it_was_erased(
    places: Places, nurse: Actor, owner_db: Database
) -> None:
    first, other = await shown(places.office, nurse, places.astrid), await patient(places.office, at=places.practice)
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        body = {"resourceType": "Observation", "status": "final", "code": {"text": "Syk"},
                "subject": {"reference": other.reference}}  # fmt: skip
        late = await journal.create(work, body)
        await flush(work)
        going = asyncio.create_task(erase(places, first))
        await waits(owner_db)
    await going
    async with places.office.work(VENDOR, Purpose.SYSTEM) as work:
        assert [hit.id for hit in (await search(work, "Observation", [("code:text", "syk")])).hits] == [late.id]
    await erase(places, late.reference)
    assert await texts(places) == []


async def test_of_two_who_erase_what_has_a_text_at_once_the_last_takes_it_away(
    places: Places, nurse: Actor, owner_db: Database
) -> None:
    other = await patient(places.office, at=places.practice)
    first, second = await shown(places.office, nurse, places.astrid), await shown(places.office, nurse, other)
    code, id_ = types.code_of("Observation"), first.partition("/")[2]
    async with owner_db.transaction() as erasing_:
        (row,) = await erasing_.fetch(erasure.SQL.here, places.astrid.owner, [code], [id_])
        await erasing_.fetchval(erasure.SQL.again, places.office.clock(), places.astrid.owner, row["facts_rev"], [code],
                                [id_], "{}")  # fmt: skip
        going = asyncio.create_task(erase(places, second))
        await waits(owner_db)
    await going
    assert await texts(places) == []


async def test_an_erasure_that_meets_who_writes_for_long_erases_nothing_and_may_be_tried_again(
    places: Places, nurse: Actor, owner_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "_PAUSES", (0.0,))
    first = await shown(places.office, nurse, places.astrid)
    async with owner_db.transaction() as writing:
        await writing.execute("LOCK TABLE search_display IN ROW EXCLUSIVE MODE")
        with pytest.raises(Refused) as refused:
            await erase(places, first)
    assert refused.value.code == "AK-J008"
    assert await texts(places) == ["syk"]
    assert await places.rows("SELECT FROM erasure") == []
    await erase(places, first)
    assert await texts(places) == []


async def test_a_text_goes_with_the_last_who_had_it_and_never_tells_that_it_stood_where_it_was_erased(
    places: Places, nurse: Actor
) -> None:
    """It came with one record, stays as another has it, is edited away there, and that is erased too."""
    other = await patient(places.office, at=places.practice)
    first, second = await shown(places.office, nurse, places.astrid), await shown(places.office, nurse, other)
    await erase(places, first)
    assert await places.rows("SELECT owner FROM search_display WHERE value = 'syk'") == [{"owner": other.owner}]
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        edited = {"resourceType": "Observation", "status": "final", "code": {"text": "Frisk"},
                  "subject": {"reference": other.reference}}  # fmt: skip
        await journal.update(work, edited, id_=second.partition("/")[2], if_match=1)
    await erase(places, second)
    assert await places.rows("SELECT value FROM search_display WHERE value IN ('syk', 'frisk')") == []


async def test_content_taken_without_a_decision_is_found_and_named(
    places: Places, nurse: Actor, owner_db: Database, database_url: str
) -> None:
    reference = await typed(places, nurse)
    await owner_db.execute("UPDATE resource_version SET body = NULL, salt = NULL WHERE id = $1 AND version = 1",
                           reference.partition("/")[2])  # fmt: skip
    (fault,) = (await verify(database_url, keys=[])).faults
    assert (fault.table, fault.key) == ("resource_version", f"{places.astrid.owner}/{reference}/1")
    assert fault.what == "has no content, and no decision says why"


async def test_the_application_itself_cannot_erase(places: Places, nurse: Actor) -> None:
    await typed(places, nurse)
    now, owner = places.office.clock() + timedelta(days=1), places.astrid.owner
    for statement in (f"SELECT journal_erase_v2('{now}', {owner}, 1, '{{99}}', '{{x}}', '{{}}')",
                      "UPDATE resource_version SET body = NULL", "DELETE FROM resource_version", "DELETE FROM chain",
                      "INSERT INTO erasure SELECT 1, 1, 1, '', '', ''"):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            await places.office.database.execute(statement)
