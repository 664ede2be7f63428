"""Delivery: what arrives is filed in the right record or kept for a human, and always answered; nothing is lost in silence."""

from __future__ import annotations

import asyncio
import base64
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from akson.audit.log import AccessLog
from akson.base.clamd import Scanner
from akson.base.database import FAILURES, Database
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import addresses, delivery, inbox, outbox, outcomes, reminding, repeating, sending
from akson.exchange.desk import desks_of
from akson.exchange.entering import TakenByAnother, accepted
from akson.exchange.envelope import Code
from akson.exchange.filing import MALWARE, NAMED_ANOTHER, NAMED_TYPE
from akson.exchange.lasting import Lasting
from akson.exchange.messages import apprec
from akson.exchange.messages.apprec import AppRec, Original, Status
from akson.exchange.opening import opened
from akson.exchange.safexml import Schemas
from akson.exchange.states import Event, State
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.writing import flush
from tests.exchange.care import care
from tests.exchange.letters import ASTRID, HEART, MSG_ID, NORDRE, conversation, sample, swapped, written
from tests.exchange.places import Places, make
from tests.offices import JOB, Clock, patient
from tests.record.test_contention import until_somebody_waits
from tests.scanners import EICAR, peer

SENT = "SELECT * FROM message_out ORDER BY created_at"
CUT = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE message_in m SET state%'"""


async def arrives(places: Places, body: bytes, *, sender: int = HEART.her_id, name: str = "t-1") -> str:
    """Let a message arrive and be worked on; return the AppRec code it was answered with, "ok", or "" for no answer."""
    before = len(await places.rows(SENT))
    await inbox.keep(
        places.office.database, body, now=places.office.clock(), envelope_id=name, envelope_from=sender,
        envelope_to=NORDRE.her_id,
    )  # fmt: skip
    await delivery.receive_due(places.office)
    answers = (await places.rows(SENT))[before:]
    if not answers:
        return ""
    receipt = opened(answers[0]["body"]).receipt
    assert receipt is not None
    assert answers[0]["receiver"] == HEART.her_id
    return receipt.errors[0].value if receipt.errors else "ok"


async def test_a_message_from_the_hospital_is_filed_and_answered(office: Office) -> None:
    places = await make(office)
    assert await arrives(places, sample("helsefaglig-1.1.xml")) == "ok"
    (communication,) = await places.found("Communication")
    assert communication["subject"]["reference"] == places.astrid.reference
    assert communication["payload"][0]["contentString"].startswith("Furosemid er doblet.")
    (task,) = await places.found("Task", ("owner", places.practice.unit_id), ("status", "requested"))
    assert task["focus"]["reference"] == f"Communication/{communication['id']}"
    (kept,) = await places.rows("SELECT * FROM message_in")
    assert kept["body"] == sample("helsefaglig-1.1.xml")
    assert (kept["state"], kept["owner"], kept["filed_as"]) == ("filed", places.astrid.owner, communication["id"])
    assert (kept["responsible"], kept["unit"]) == ("unit", places.practice.unit)


@pytest.mark.parametrize(("body", "days"), [
    (sample("helsefaglig-1.1.xml"), 3),
    (sample("foresporsel-1.0.xml"), 4 / 24),
    (swapped("DIALOG_HELSEFAGLIG", "DIALOG_INNBYGGER_EKONTAKT"), 5),
])  # fmt: skip
async def test_what_came_has_an_owner_and_a_day_by_which_it_is_seen_to(office: Office, body: bytes, days: int) -> None:
    places = await make(office)
    await arrives(places, body)
    (task,) = await places.found("Task")
    assert task["owner"]["reference"] == places.practice.unit_id
    assert task["restriction"]["period"]["end"] == (office.clock() + timedelta(days=days)).isoformat()


GIVEN = "GivenName>Astrid<"


@pytest.mark.parametrize(("given", "doubtful"), [
    ("Astrid", False), ("ASTRID Marie", False), ("Ånne-Astrid", False), ("A.", False), ("Astr", False), ("", False),
    ("Ånne", True), ("Nordli", True), ("Ola Kristian", True),
])  # fmt: skip
async def test_whoever_reads_what_names_another_than_its_number_says_is_told_so_and_its_sender_is_not(
    office: Office, given: str, doubtful: bool
) -> None:
    places = await make(office)
    assert GIVEN in written().decode() and await arrives(places, swapped(GIVEN, f"GivenName>{given}<")) == "ok"
    (task,) = await places.found("Task")
    assert task["description"].startswith(NAMED_ANOTHER) == doubtful
    assert task["description"].endswith("Utskrivning – fra Hjertepoliklinikken, Vestfjell sykehus")
    assert task["for"]["reference"] == places.astrid.reference


async def test_the_doctor_reads_the_message_and_her_colleague_elsewhere_does_not(office: Office) -> None:
    places = await make(office)
    await arrives(places, written())
    (communication,) = await places.found("Communication")
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        read = await journal.read(work, "Communication", communication["id"])
    assert read.resource["received"] == "2026-11-23T09:00:00+00:00"
    with pytest.raises(Refused, match="AK-A"):
        async with office.work(replace(places.doctor, key=7, unit=7), Purpose.TREATMENT) as work:
            await journal.read(work, "Communication", communication["id"])


async def test_the_same_message_again_is_stored_once_and_gets_the_same_answer(office: Office) -> None:
    places = await make(office)
    await arrives(places, written())
    (first,) = await places.rows(SENT)
    await office.database.execute("UPDATE message_out SET state = 'delivered'")
    assert await arrives(places, written()) == ""
    (second,) = await places.rows(SENT)
    assert (second["body"], second["state"]) == (first["body"], "queued")
    assert len(await places.found("Communication")) == 1
    assert [row["times"] for row in await places.rows("SELECT times FROM message_in")] == [2]


@pytest.mark.parametrize(("body", "code"), [(written(), "ok"), (written(fnr="13916900362"), "E35")])
@pytest.mark.parametrize(("came", "ended", "answered"), [
    ("before it is read", [], "A B C"), ("while it is read", [], "A B C"), ("while its receipt waits", [], "A B C"),
    ("while its receipt goes", [], "A B C"), ("when that has gone", [], "A A B C"),
    ("when that has ended", [Event.GIVE_UP], "A B C"), ("when that has ended", [Event.GIVE_UP, Event.BY_HAND], "A B C"),
])  # fmt: skip
async def test_each_name_that_a_message_came_by_gets_the_same_verdict_once_where_its_transport_wants_it(
    office: Office,
    body: bytes,
    code: str,
    came: str,
    ended: list[Event],
    answered: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It comes as A; then as B, as A once more and, in another queue, as C: each where the title says."""
    places, verdicts, reading = await make(office), list[tuple[str, str, bytes]](), list[inbox.Kept]()
    await comes(office, body, "A")
    if came == "while it is read":
        (bucket,) = await inbox.waiting(office.database, office.clock())
        reading = await inbox.claim(office.database, bucket, office.clock())
    elif came != "before it is read":
        await delivery.receive_due(office)
    going = [] if came == "while its receipt waits" else await claimed(office)
    if came == "when that has gone":
        verdicts += await gone(office, going.pop())
    for event in ended:
        async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
            assert await outbox.happened(work, going[0].owner, going[0].key, event)
    for name in ("B", "A", "C"):
        await comes(office, body, name)
        if "read" not in came:
            await delivery.receive_due(office)
    await delivery.receive_all(office, reading)
    if came == "while its receipt goes":
        verdicts += await gone(office, going.pop())
    await delivery.receive_due(office)
    assert not await inbox.waiting(office.database, office.clock() + timedelta(days=1))  # so nobody else is held up
    for one in await claimed(office):
        verdicts += await gone(office, one)
    clock(office).pass_(timedelta(minutes=5))
    await delivery.receive_due(office)
    assert await claimed(office) == [] and not caplog.records
    assert sorted((name, to) for name, to, _ in verdicts) == [
        (name, "reply" * (name == "C")) for name in answered.split()
    ]
    assert len({verdict for *_, verdict in verdicts}) == 1
    receipt = opened(verdicts[0][2]).receipt
    assert receipt and (receipt.errors[0].value if receipt.errors else "ok") == code
    assert len(await places.found("Communication")) == (code == "ok")


async def test_what_came_again_is_answered_before_all_that_waits_is_read(office: Office) -> None:
    places = await make(office)
    await comes(office, written(), "A")
    await delivery.receive_due(office)
    await comes(office, written(), "B")
    await comes(office, written("Hun kommer hjem.", msg_id="0d2ab6b4-7c35-4f0d-8c1e-3f0a5be0a7c2"), "D")
    await delivery.receive_due(office)
    assert [row["answers_as"] for row in await places.rows(SENT)] == ["", "B", ""]


async def comes(office: Office, body: bytes, name: str) -> None:
    await inbox.keep(
        office.database, body, now=office.clock(), envelope_id=name, envelope_from=HEART.her_id,
        envelope_to=NORDRE.her_id, answer_to="reply" * (name == "C"),
    )  # fmt: skip


async def claimed(office: Office) -> list[outbox.Claimed]:
    """Lease all that is to go."""
    buckets = await outbox.waiting(office.database, office.clock())
    return [one for each in buckets for one in await outbox.claim(office.database, each, office.clock(), most=9)]


async def gone(office: Office, one: outbox.Claimed) -> list[tuple[str, str, bytes]]:
    """Let a receipt arrive; return the name it answers, in which queue, and what it says."""
    async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        await outbox.arrived(work, [one])
    return [(one.answers_id, one.answer_to, one.body)]


@pytest.mark.parametrize(("stranger", "first"), [(99000077, ""), (inbox.NOT_NAMED, "X99")])
async def test_who_delivers_what_another_has_written_stands_neither_in_its_way_nor_for_it(
    office: Office, stranger: int, first: str
) -> None:
    """One whom nobody knows is told nothing, and who has written it least of all; where nobody is named, who has is asked."""
    places = await make(office)
    for sender, code in ((stranger, first), (HEART.her_id, "ok"), (stranger, ""), (HEART.her_id, "")):
        assert await arrives(places, written(), sender=sender) == code
    kept = await places.rows("SELECT envelope_from, state, times FROM message_in ORDER BY state")
    assert [tuple(one.values()) for one in kept] == [(HEART.her_id, "filed", 2), (stranger, "refused", 2)]
    assert len(await places.found("Communication")) == 1


async def test_what_its_sender_has_written_anew_under_its_id_gets_the_receipt_it_had(office: Office) -> None:
    places, (sent_at,) = await make(office), re.findall(rb"GenDate>([^<]+)<", written())[:1]
    await arrives(places, written())
    (first,) = await places.rows(SENT)
    for number, anew in enumerate((
        written().replace(sent_at, b"2026-11-23T11:30:00+01:00", 1), written().replace(b"><mh:", b">\n  <mh:"),
    ) * 2):  # fmt: skip
        assert anew != written() and await arrives(places, anew, name=f"t-{number + 2}") == "ok"
        again = (await places.rows(SENT))[-1]
        assert (again["body"], again["state"], again["answers_as"]) == (first["body"], "queued", f"t-{number + 2}")
    assert len(await places.found("Communication")) == 1
    kept = await places.rows("SELECT state, owner, filed_as FROM message_in ORDER BY state")
    assert [one["state"] for one in kept] == ["filed", "repeated", "repeated"]
    assert len({(one["owner"], one["filed_as"]) for one in kept}) == 1  # erased together


async def test_what_is_written_anew_is_answered_once_though_two_workers_find_it_at_the_same_time(
    office: Office,
) -> None:
    places = await make(office)
    await arrives(places, written())
    await comes(office, written().replace(b"><mh:", b">\n  <mh:"), "anew")
    (bucket,) = await inbox.waiting(office.database, office.clock())
    (desk,) = await desks_of(office, await inbox.claim(office.database, bucket, office.clock()), None)
    assert desk.message.envelope
    found = await accepted(office, desk, desk.message.envelope)
    async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        assert await repeating.answered(work, found)
    told = [name for one in await claimed(office) for name, *_ in await gone(office, one)]
    with pytest.raises(TakenByAnother):
        async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
            await repeating.answered(work, found)
    assert sorted(told) == ["anew", "t-1"] and await claimed(office) == []


async def test_an_id_used_again_for_other_content_is_refused_and_kept(office: Office) -> None:
    places = await make(office)
    await arrives(places, written("Første"))
    assert await arrives(places, written("Annet")) == "E10"
    assert await places.counts() == {"in filed": 1, "in refused": 1, "out queued": 2}
    assert len(await places.found("Communication")) == 1


async def test_who_reads_apprec_1_0_alone_gets_it(office: Office) -> None:
    places = await make(office)
    heart = (await addresses.find(office.database, [HEART.her_id]))[HEART.her_id]
    for name, version in (("t-1", "1.1"), ("t-2", "1.0")):
        await addresses.put(office.database, [replace(heart, apprec=version)])
        assert await arrives(places, written(msg_id=name), name=name) == "ok"
        receipt = opened((await places.rows(SENT))[-1]["body"]).receipt
        assert receipt is not None and receipt.version == version and receipt.original.msg_id == name


UNKNOWN = replace(NORDRE, her_id=99999999)


@pytest.mark.parametrize(("body", "code"), [
    (written()[:900], "T01"),
    (swapped("Notat", "Notis"), "T02"),
    (swapped("DIALOG_HELSEFAGLIG", "EPIKRISE"), "T10"),
    (swapped("dialog/2013-01-23", "dialog/2033-01-01"), "T10"),
    (written(to=UNKNOWN), "E21"),
    (written(to=HEART), "E21"),
    (written(fnr="14834142058"), "E31"),
    (written(fnr="Astrid"), "E31"),
    (written(fnr="13916900362"), "E35"),
    (written(sender=replace(HEART, her_id=99000039, parent=99000038)), "X99"),  # not who delivered it
    (swapped("<mh:Patient>", "<!--").replace(b"</mh:Patient>", b"-->"), "E30"),
    (swapped('V="FNR"', 'V="XXX"'), "E30"),
])  # fmt: skip
async def test_what_cannot_be_filed_is_kept_for_a_human_and_answered_with_its_code(
    office: Office, body: bytes, code: str
) -> None:
    places = await make(office)
    assert await arrives(places, body) == code
    (kept,) = await inbox.for_humans(office.database, None)
    assert (kept["fault_code"], kept["responsible"]) == (code, "meldingsansvarlig")
    assert (await places.rows("SELECT body FROM message_in"))[0]["body"] == body
    assert await places.found("Communication") == await places.found("Task") == []
    async with office.work(places.doctor, Purpose.MESSAGE) as work:
        assert await inbox.handled(work, [kept["digest"]], "Ringte sykehuset") == [kept["digest"]]
    assert await inbox.for_humans(office.database, None) == []


NAMELESS = re.sub(
    rb'>(990000(?:01|11)</mh:Id><mh:TypeId V=)"HER"', rb'>\1"LOK"', written()
)  # where the transport alone says


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("named", [True, False])
async def test_nothing_is_filed_at_a_unit_that_is_closed_where_nobody_would_read_it(
    office: Office, gone: bool, named: bool
) -> None:
    places = await make(office)
    type_, id_ = places.practice.unit_id.split("/")
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for row in (await search(work, "EpisodeOfCare", [])).hits:
            await journal.delete(work, "EpisodeOfCare", row.id)
        stands = (await journal.read(work, type_, id_)).resource
        await (journal.delete(work, type_, id_) if gone else journal.update(work, stands | {"active": False}, id_=id_))
    body = written() if named else NAMELESS
    assert await arrives(places, body) == "E21"
    (kept,) = await inbox.for_humans(office.database, None)
    assert kept["responsible"] == "meldingsansvarlig"
    assert await places.found("Communication") == await places.found("Task") == []


async def test_the_answer_to_what_is_not_xml_names_the_transports_id(office: Office) -> None:
    places = await make(office)
    assert await arrives(places, b"\x00 garbage", name="transport-17") == "T01"
    receipt = opened((await places.rows(SENT))[0]["body"]).receipt
    assert receipt is not None
    assert (receipt.original.msg_id, receipt.sender.her_id) == ("transport-17", NORDRE.her_id)


@pytest.mark.parametrize(("ack", "good", "bad"), [("J", "ok", "E35"), ("F", "", "E35"), ("N", "", "")])
async def test_answers_are_sent_as_the_sender_asked(office: Office, ack: str, good: str, bad: str) -> None:
    places = await make(office)
    asked = f'<mh:Ack V="{ack}"'
    assert await arrives(places, swapped('<mh:Ack V="J"', asked)) == good
    assert await arrives(places, swapped('<mh:Ack V="J"', asked, fnr="13916900362", msg_id="m-2")) == bad


async def test_a_stranger_is_kept_without_an_answer_that_could_go_astray(office: Office) -> None:
    places = await make(office)
    stranger = replace(HEART, her_id=98000001, parent=98000002)
    assert await arrives(places, written(sender=stranger), sender=0) == ""
    assert (await inbox.for_humans(office.database, None))[0]["fault_code"] == "X99"


async def test_a_large_attachment_is_stored_beside_the_message(office: Office) -> None:
    places = await make(office)
    body = sample("helsefaglig-1.1.xml").replace(b"SyA0LDI=", b"QUJD" * 60_000)
    assert await arrives(places, body) == "ok"
    (document,) = await places.found("DocumentReference")
    attachment = document["content"][0]["attachment"]
    assert (attachment["size"], attachment["title"]) == (180_000, "Prøvesvar")
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        binary = await journal.read(work, "Binary", attachment["url"].removeprefix("Binary/"))
    assert len(binary.resource["data"]) == 240_000


@pytest.mark.parametrize("times", [1, 60_000])
async def test_an_attachment_that_is_not_what_its_sender_says_is_kept_and_marked(office: Office, times: int) -> None:
    places = await make(office)
    named = sample("helsefaglig-1.1.xml").replace(b"text/plain", b"application/pdf")
    assert await arrives(places, named.replace(b"SyA0LDI=", b"QUJD" * times)) == "ok"
    documents = await places.found("DocumentReference")
    messages = await places.found("Communication")
    carried = [part["contentAttachment"] for part in messages[0]["payload"] if "contentAttachment" in part]
    [attachment] = [each["content"][0]["attachment"] for each in documents] + carried
    assert attachment["contentType"] == "application/octet-stream"
    assert attachment["extension"] == [{"url": NAMED_TYPE, "valueString": "application/pdf"}]
    assert documents or attachment["data"] == "QUJD"


async def test_a_text_too_long_to_be_stored_is_refused_with_where_it_stands(office: Office) -> None:
    places = await make(office)
    assert await arrives(places, written("Langt. " * 160_000)) == "X99"
    (refused,) = await inbox.for_humans(office.database, None)
    assert "Communication.payload[0].contentString" in refused["fault_text"]


async def test_malware_in_a_message_stays_with_the_message_and_out_of_the_record(office: Office) -> None:
    places = await make(office)
    data = base64.b64encode(EICAR)
    async with peer() as scanner:
        office.scanner = Scanner(host="127.0.0.1", port=scanner.port)
        assert await arrives(places, sample("helsefaglig-1.1.xml").replace(b"SyA0LDI=", data)) == "ok"
    [message] = await places.found("Communication")
    [attachment] = [part["contentAttachment"] for part in message["payload"] if "contentAttachment" in part]
    assert "data" not in attachment and attachment["extension"] == [{"url": MALWARE, "valueString": "Akson.Test"}]
    assert await office.database.fetchval("SELECT count(*) FROM message_in WHERE position($1 IN body) > 0", data) == 1


async def test_a_message_does_not_wait_for_a_scanner_that_is_away(office: Office) -> None:
    places = await make(office)
    async with peer() as scanner:
        gone = scanner.port
    office.scanner = Scanner(host="127.0.0.1", port=gone)
    assert await arrives(places, sample("helsefaglig-1.1.xml")) == "ok"
    [message] = await places.found("Communication")
    assert [part["contentAttachment"]["data"] for part in message["payload"] if "contentAttachment" in part] == [
        "SyA0LDI="]  # fmt: skip


async def test_a_worker_that_ends_while_it_files_has_not_taken_the_id_and_the_next_one_files_it(
    office: Office, owner_db: Database
) -> None:
    """Stopped where it says what became of the message, after all else; here by a lock and a cut connection."""
    places = await make(office)
    await inbox.keep(office.database, written(), now=office.clock(), envelope_from=HEART.her_id)
    (bucket,) = await inbox.waiting(office.database, office.clock())
    (kept,) = await inbox.claim(office.database, bucket, office.clock())
    async with owner_db.transaction() as holding:
        await holding.execute("SELECT FROM message_in FOR UPDATE")
        working = asyncio.create_task(delivery.receive(office, kept))
        while not await owner_db.fetchval(CUT):
            assert not working.done(), await working
            await asyncio.sleep(0.02)
        with pytest.raises(FAILURES):
            await working
    assert await owner_db.fetchval("SELECT count(*) FROM message_id") == 0
    clock(office).pass_(timedelta(minutes=3))
    await delivery.receive_due(office)
    assert len(await places.found("Communication")) == 1
    assert await places.counts() == {"in filed": 1, "out queued": 1}


async def test_a_message_that_stops_us_again_and_again_is_put_aside(office: Office) -> None:
    places = await make(office)
    await inbox.keep(office.database, written(), now=office.clock(), envelope_from=HEART.her_id)
    for _ in range(inbox.ATTEMPTS):  # as if the worker died each time
        (bucket,) = await inbox.waiting(office.database, office.clock())
        assert await inbox.claim(office.database, bucket, office.clock())
        assert not await inbox.claim(office.database, bucket, office.clock())  # the lease holds
        clock(office).pass_(timedelta(minutes=3))
    await delivery.receive_due(office)
    assert (await inbox.for_humans(office.database, None))[0]["fault_code"] == "X99"
    assert await places.counts() == {"in refused": 1, "out queued": 1}


PASSES = """CREATE FUNCTION passes() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008'; END $$;
  CREATE TRIGGER passes BEFORE INSERT ON resource FOR EACH ROW EXECUTE FUNCTION passes()"""
SHORT, LONG = timedelta(minutes=3), timedelta(hours=1)


@pytest.mark.parametrize(("stopped", "between", "code"), [
    (timedelta(), SHORT, "ok"), (timedelta(), LONG, "X99"),
    (7 * LONG, SHORT, "ok"),  # no worker was there to try
])  # fmt: skip
async def test_what_passes_is_waited_for_and_only_what_does_not_pass_for_hours_is_refused(
    office: Office, owner_db: Database, stopped: timedelta, between: timedelta, code: str
) -> None:
    places, lasting = await make(office), Lasting()
    await owner_db.execute(PASSES)
    assert await arrives(places, written()) == ""
    clock(office).pass_(stopped)
    for _ in range(2 * inbox.ATTEMPTS):
        clock(office).pass_(between)
        await delivery.receive_due(office, lasting=lasting)
    await owner_db.execute("DROP TRIGGER passes ON resource")
    clock(office).pass_(SHORT)
    await delivery.receive_due(office)
    (answer,) = await places.rows(SENT)
    receipt = opened(answer["body"]).receipt
    assert receipt and (receipt.errors[0].value if receipt.errors else "ok") == code
    assert ["AK-J008" in one["fault_text"] for one in await inbox.for_humans(office.database, None)] == [True] * (
        code != "ok"
    )


@pytest.mark.parametrize(("state", "between", "code"), [
    ("57014", SHORT, "ok"),  # a table is rebuilt or altered meanwhile, and the statement's time is over
    ("53100", SHORT, "ok"), ("58030", SHORT, "ok"), ("42501", SHORT, "ok"),  # the disk is full, or broken; nobody may
    ("57014", LONG, "X99"),
    ("22003", SHORT, "X99"), ("23514", SHORT, "X99"), ("54000", SHORT, "X99"), ("P0001", SHORT, "X99"),  # of the message
])  # fmt: skip
async def test_what_the_database_fails_with_counts_against_a_message_only_where_it_says_something_of_it(
    office: Office, owner_db: Database, state: str, between: timedelta, code: str
) -> None:
    places, lasting = await make(office), Lasting()
    await owner_db.execute(PASSES.replace("AK008", state))
    await inbox.keep(office.database, written(), now=office.clock(), envelope_from=HEART.her_id)
    for _ in range(3 * inbox.ATTEMPTS):
        await delivery.receive_due(office, lasting=lasting)
        clock(office).pass_(between)
    if code == "ok":  # it comes alone: no others are to wait for it each time
        assert await places.rows("SELECT attempts FROM message_in") == [{"attempts": 1}]
    await owner_db.execute("DROP TRIGGER passes ON resource")
    await delivery.receive_due(office, lasting=lasting)
    assert await places.counts() == {"in filed" if code == "ok" else "in refused": 1, "out queued": 1}
    assert [one["fault_code"] for one in await inbox.for_humans(office.database, None)] == [code] * (code != "ok")


async def test_a_table_that_is_locked_for_a_while_gets_no_message_refused(office: Office, owner_db: Database) -> None:
    places = await make(office)
    for n in range(2):
        await inbox.keep(office.database, written(msg_id=f"m-{n}"), now=office.clock(), envelope_from=HEART.her_id)
    async with owner_db.transaction() as holding:
        await holding.execute("LOCK TABLE resource")
        await waits_at_most(office.database, "50ms")
        for _ in range(2 * inbox.ATTEMPTS):
            assert await delivery.receive_due(office) == 2
            clock(office).pass_(SHORT)
        assert await places.counts() == {"in kept": 2}
    await waits_at_most(office.database, "30s")
    await delivery.receive_due(office)
    assert await places.counts() == {"in filed": 2, "out queued": 2}


async def waits_at_most(database: Database, time: str) -> None:
    """Let no statement take longer, on whatever connection there is."""
    held = [await database.acquire() for _ in range(6)]
    lanes = [(lane, await lane.acquire()) for lane in (database.writes, database.keyed, database.searches)]
    for connection in (*held, *(connection for _, connection in lanes)):
        await connection.execute(f"SET statement_timeout = '{time}'")
    for connection in held:
        await database.release(connection)
    for lane, connection in lanes:
        lane.release(connection)


async def test_while_the_access_log_is_down_nothing_is_refused_and_each_gets_its_own_answer_afterwards(
    office: Office,
) -> None:
    places = await make(office)
    bodies = {written(msg_id="a"): "filed", written(fnr="13916900362", msg_id="b"): "E35"}
    for body in bodies:
        await inbox.keep(office.database, body, now=office.clock(), envelope_from=HEART.her_id)
    log, office.log = office.log, AccessLog("postgresql://127.0.0.1:1/nowhere", deadline=0.01)
    for _ in range(2 * inbox.ATTEMPTS):
        await delivery.receive_due(office)
        clock(office).pass_(SHORT)
    assert "in refused" not in await places.counts()
    office.log = log
    await delivery.receive_due(office)
    rows = await places.rows("SELECT body, state, fault_code FROM message_in")
    assert {row["body"]: row["fault_code"] or row["state"] for row in rows} == bodies


async def test_what_comes_to_a_unit_in_the_moment_it_is_closed_is_told_so_at_once(office: Office) -> None:
    places = await make(office)
    stay = care("LOG_INNLAGT", at="2026-11-20T14:00:00+01:00")
    await inbox.keep(office.database, stay, now=office.clock(), envelope_from=HEART.her_id)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        type_, id_ = places.practice.unit_id.split("/")
        for row in (await search(work, "EpisodeOfCare", [])).hits:
            await journal.delete(work, "EpisodeOfCare", row.id)
        stands = (await journal.read(work, type_, id_)).resource
        await journal.update(work, stands | {"active": False}, id_=id_)
        await flush(work)
        filing = asyncio.create_task(delivery.receive_due(office))
        await until_somebody_waits(office.database)
    assert await filing == 1
    assert [row["fault_code"] for row in await inbox.for_humans(office.database, None)] == ["E21"]


def clock(office: Office) -> Clock:
    """Return the clock of the tests."""
    assert isinstance(office.clock, Clock)
    return office.clock


async def answered(places: Places, text: str = "Ja, vi følger opp.") -> tuple[str, bytes]:
    """Let a message arrive and the doctor answer it; return the id of her Communication and what is to be sent."""
    await arrives(places, written())
    (communication,) = await places.found("Communication")
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        made = await sending.answer(work, communication["id"], text)
    (row,) = await places.rows("SELECT * FROM message_out WHERE told_of = $1", made.id)
    return made.id, row["body"]


async def standing(places: Places, communication: str) -> outcomes.Standing:
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        (found,) = await outcomes.standing(work, places.astrid.owner, [communication])
    return found


async def test_the_doctors_answer_is_a_valid_message_in_the_same_conversation(office: Office, shared: Path) -> None:
    places = await make(office)
    _, body = await answered(places)
    schemas = Schemas(shared / "fixtures/hodemelding-dialog-apprec")
    envelope = opened(body, schemas).envelope
    assert envelope is not None
    assert envelope.conversation is not None and envelope.conversation.parent == MSG_ID
    assert (envelope.sender.her_id, envelope.receiver.her_id) == (NORDRE.her_id, HEART.her_id)
    assert envelope.sender.professional is not None and envelope.sender.professional.name == "Jonas Eikeland"
    assert envelope.patient is not None and envelope.patient.idents[0].value == ASTRID


def receipt_for(body: bytes, status: Status, *, sender: int = HEART.her_id, reason: str = "Ukjent pasient") -> bytes:
    """Return the AppRec a hospital gives to one of our messages. reason: "" where it says none."""
    envelope = opened(body).envelope
    assert envelope is not None and envelope.receiver.service is not None
    service = replace(
        envelope.receiver.service, idents=(replace(envelope.receiver.service.idents[0], value=str(sender)),)
    )
    errors = (Code(value="E35", other=reason),) if reason and status is not Status.OK else ()
    return apprec.build(AppRec(
        msg_id=f"r-{status}-{sender}", sent=envelope.sent, sender=replace(envelope.receiver, service=service),
        receiver=envelope.sender, status=status, errors=errors,
        original=Original(type=envelope.type, msg_id=envelope.msg_id, sent=envelope.sent),
    ))  # fmt: skip


@pytest.mark.parametrize(("status", "reason", "state", "problem"), [
    (Status.OK, "", State.ACCEPTED, ""),
    (Status.REJECTED, "Ukjent pasient", State.REJECTED, "Avvist: Ukjent pasient"),
    (Status.REJECTED, "", State.REJECTED, "Mottakeren avviste meldingen uten å si hvorfor."),
    (Status.PARTIAL, "Ukjent pasient", State.PARTIAL, "Godtatt, men noe var feil: Ukjent pasient"),
    (Status.PARTIAL, "", State.PARTIAL, "Mottakeren godtok meldingen, men fant en feil uten å si hvilken."),
])  # fmt: skip
async def test_a_receipt_moves_our_message_and_trouble_becomes_a_task(
    office: Office, status: Status, reason: str, state: State, problem: str
) -> None:
    places = await make(office)
    communication, body = await answered(places)
    assert (await standing(places, communication)).state is State.QUEUED
    assert await arrives(places, receipt_for(body, status, reason=reason)) == ""  # never answered
    stands = await standing(places, communication)
    assert (stands.state, stands.problem) == (state, problem)
    assert len(await places.found("Task")) == 1 + bool(problem)


async def test_a_receipt_from_somebody_else_changes_nothing(office: Office) -> None:
    places = await make(office)
    communication, body = await answered(places)
    await arrives(places, receipt_for(body, Status.OK, sender=99000077), sender=0)
    assert (await standing(places, communication)).state is State.QUEUED
    assert (await inbox.for_humans(office.database, None))[0]["type"] == "APPREC"


async def test_without_a_receipt_in_96_hours_the_unit_gets_a_task_and_a_late_one_still_counts(office: Office) -> None:
    places = await make(office)
    communication, body = await answered(places)
    clock(office).pass_(timedelta(hours=95))
    assert await reminding.remind_due(office, Lasting()) == 0
    clock(office).pass_(timedelta(hours=1))
    assert await reminding.remind_due(office, Lasting()) == 1
    assert (await standing(places, communication)).state is State.OVERDUE
    (task,) = await places.found("Task", ("priority", "urgent"))
    assert task["restriction"]["period"]["end"] == (office.clock() + timedelta(days=1)).isoformat()
    assert await reminding.remind_due(office, Lasting()) == 0
    await arrives(places, receipt_for(body, Status.OK))
    assert (await standing(places, communication)).state is State.ACCEPTED


async def test_an_answer_of_a_type_that_is_never_receipted_asks_for_no_receipt_and_misses_none(office: Office) -> None:
    places = await make(office)
    await arrives(places, swapped("DIALOG_HELSEFAGLIG", "DIALOG_INNBYGGER_TIMERESERVASJON"))
    (came,) = await places.found("Communication")
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        made = await sending.answer(work, came["id"], "Timen er din.")
    (sent,) = await places.rows(SENT)
    assert b'<Ack V="N"' in sent["body"] and not sent["wants_apprec"]
    await office.database.execute("UPDATE message_out SET state = 'delivered'")
    clock(office).pass_(timedelta(hours=97))
    assert await reminding.remind_due(office, Lasting()) == 0
    assert (await standing(places, made.id)).state is State.DELIVERED
    assert len(await places.found("Task")) == 1  # the one of what came


async def deleted(places: Places, communication: str) -> None:
    """Take a sent message out of view, as a client may by FHIR."""
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.delete(work, "Communication", communication)


async def test_a_deleted_message_is_marked_and_holds_up_nobody_elses_reminder(office: Office) -> None:
    places = await make(office)
    first, body = await answered(places)
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
        other = await sending.send(work, new | {"payload": [{"contentString": "Hei"}]}, to=HEART.her_id)
    await deleted(places, first)
    clock(office).pass_(timedelta(hours=96))
    assert await reminding.remind_due(office, Lasting()) == 2
    (task,) = await places.found("Task", ("priority", "urgent"))
    assert task["focus"]["reference"] == other.reference
    assert await reminding.remind_due(office, Lasting()) == 0
    assert await arrives(places, receipt_for(body, Status.REJECTED)) == ""  # a late refusal counts as any does
    assert (await inbox.for_humans(office.database, None)) == []
    rows = await places.rows("SELECT told_of, state FROM message_out WHERE told_of <> '' ORDER BY created_at, state")
    assert {row["told_of"]: row["state"] for row in rows} == {first: "rejected", other.id: "overdue"}


MORE = """INSERT INTO message_out (owner, key, bucket, type, msg_id, sender, receiver, body, state, told_of, wants_apprec,
  unit, responsible, created_at, deadline, due)
SELECT owner, n, n & 63, type, 'n' || n, sender, receiver, body, state, '', wants_apprec, unit, responsible, created_at,
  deadline, due FROM message_out, generate_series(1, 100) n WHERE told_of = $1"""


async def test_messages_that_cannot_be_marked_hold_up_no_other_however_many(
    office: Office, owner_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    places = await make(office)
    first, _ = await answered(places)
    (stops,) = await places.rows("SELECT key FROM message_out WHERE told_of = $1", first)
    await owner_db.execute(MORE, first)
    stop = f"ALTER TABLE message_move ADD CONSTRAINT stops CHECK (key NOT BETWEEN 1 AND 100 AND key <> {stops['key']})"
    await owner_db.execute(stop)
    clock(office).pass_(timedelta(hours=1))
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
        other = await sending.send(work, new | {"payload": [{"contentString": "Hei"}]}, to=HEART.her_id)
    clock(office).pass_(timedelta(hours=96))
    assert await reminding.remind_due(office, Lasting()) == 1
    assert (await standing(places, other.id)).state is State.OVERDUE
    assert [vars(one)["failure"] for one in caplog.records] == ["CheckViolationError"] * 101
    await owner_db.execute("ALTER TABLE message_move DROP CONSTRAINT stops")
    assert await reminding.remind_due(office, Lasting()) == 101
    assert (await standing(places, first)).state is State.OVERDUE


async def test_nobody_is_reminded_while_what_came_lies_unread_for_over_a_minute(office: Office) -> None:
    """The worker was away: the receipts of all that is overdue may lie there."""
    places = await make(office)
    communication, body = await answered(places)
    clock(office).pass_(timedelta(hours=96))
    await inbox.keep(office.database, receipt_for(body, Status.OK), now=office.clock(), envelope_from=HEART.her_id)
    clock(office).pass_(timedelta(minutes=2))
    assert await reminding.remind_due(office, Lasting()) == 0
    await delivery.receive_due(office)
    assert await reminding.remind_due(office, Lasting()) == 0
    assert (await standing(places, communication)).state is State.ACCEPTED


async def test_what_lies_unread_on_and_on_holds_a_reminder_for_six_hours_and_no_longer(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    places, lasting = await make(office), Lasting()
    communication, _ = await answered(places)
    clock(office).pass_(timedelta(hours=96))
    await inbox.keep(office.database, b"<x/>", now=office.clock() - timedelta(hours=1), envelope_from=HEART.her_id)
    for hours, marked in ((0, 0), (5, 0), (1, 1)):
        clock(office).pass_(timedelta(hours=hours))
        assert await reminding.remind_due(office, lasting) == marked
    assert (await standing(places, communication)).state is State.OVERDUE
    assert [one.getMessage() for one in caplog.records] == ["reminded while what came lies unread"]


async def test_what_can_never_become_a_task_is_overdue_without_one_after_six_hours(
    office: Office, owner_db: Database
) -> None:
    """It stands at the desk of who answers for messages, and is not tried on and on."""
    places, lasting = await make(office), Lasting()
    communication, _ = await answered(places)
    await owner_db.execute(PASSES)
    clock(office).pass_(timedelta(hours=96))
    for hours, state in ((0, State.QUEUED), (5, State.QUEUED), (1, State.OVERDUE)):
        clock(office).pass_(timedelta(hours=hours))
        assert await reminding.remind_due(office, lasting) == (state is State.OVERDUE)
        assert (await standing(places, communication)).state is state
    assert await reminding.remind_due(office, lasting) == 0
    (at_the_desk,) = await outcomes.for_humans(office.database, None)
    assert at_the_desk["told_of"] == communication and await places.found("Task", ("priority", "urgent")) == []


@pytest.mark.parametrize("unread", [False, True])
async def test_after_a_stop_of_hours_what_fails_once_or_lies_unread_yet_costs_no_task(
    office: Office, owner_db: Database, unread: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The six hours are those in which it failed, not those since the deadline."""
    places, lasting = await make(office), Lasting()
    communication, body = await answered(places)
    clock(office).pass_(timedelta(hours=96))
    if unread:
        late = receipt_for(body, Status.OK)
        await inbox.keep(office.database, late, now=office.clock(), envelope_from=HEART.her_id)
    else:
        await owner_db.execute(PASSES)
    clock(office).pass_(timedelta(hours=8))  # nobody is at work
    for _ in range(2):
        before = len(caplog.records)
        assert await reminding.remind_due(office, lasting) == 0
    assert len(caplog.records) == before  # it is not tried on and on
    await owner_db.execute("DROP TRIGGER IF EXISTS passes ON resource")
    await delivery.receive_due(office)
    clock(office).pass_(timedelta(minutes=1))
    assert await reminding.remind_due(office, lasting) == (not unread)
    assert (await standing(places, communication)).state is (State.ACCEPTED if unread else State.OVERDUE)
    assert len(await places.found("Task", ("priority", "urgent"))) == (not unread)


def reply_to(body: bytes) -> bytes:
    """Return what the hospital answers one of our messages with."""
    ours = opened(body).envelope
    assert ours is not None
    reference = conversation(ours.msg_id)
    return swapped('<mh:Ack V="J" DN="Ja"/>', f'<mh:Ack V="J" DN="Ja"/>{reference}', msg_id="m-3")


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("by", ["Godtatt av mottaker", "Besvart"])
async def test_what_was_to_be_followed_up_is_done_when_something_comes_after_all(
    office: Office, by: str, again: bool
) -> None:
    places = await make(office)
    _, body = await answered(places)
    clock(office).pass_(timedelta(hours=96))
    assert await reminding.remind_due(office, Lasting()) == 1
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        (at_the_desk,) = await outcomes.for_humans(office.database, None)
        if again:
            assert await outbox.happened(work, at_the_desk["owner"], at_the_desk["key"], Event.SEND_AGAIN)
    reply = reply_to(body)
    (came,) = [task["status"] for task in await places.found("Task") if task.get("priority") != "urgent"]
    await arrives(places, reply if by == "Besvart" else receipt_for(body, Status.OK))
    (task,) = await places.found("Task", ("priority", "urgent"))
    assert (task["status"], task["statusReason"]["text"]) == (
        "completed", f"Det er kommet noe nytt om meldingen: {by}.")  # fmt: skip
    others = [task["status"] for task in await places.found("Task") if task.get("priority") != "urgent"]
    assert others == [came] * len(others)  # of what came in, and of the answer


async def test_a_part_that_its_receiver_could_not_read_is_seen_to_by_a_human_whatever_they_answer(
    office: Office,
) -> None:
    places = await make(office)
    communication, body = await answered(places)
    await arrives(places, receipt_for(body, Status.PARTIAL))
    assert await arrives(places, reply_to(body), name="t-9") == "ok"
    assert (await standing(places, communication)).state is State.PARTIAL
    assert len(await outcomes.for_humans(office.database, None)) == 1
    assert [task["status"] for task in await places.found("Task", ("priority", "urgent"))] == ["requested"]


@pytest.mark.parametrize("code", ["P0001", "AK008"])
@pytest.mark.parametrize("by", [State.ACCEPTED, State.ANSWERED])
async def test_what_comes_is_taken_though_the_task_about_what_it_answers_cannot_be_ended(
    office: Office, owner_db: Database, by: State, code: str
) -> None:
    places, lasting = await make(office), Lasting()
    communication, body = await answered(places)
    clock(office).pass_(timedelta(hours=96))
    assert await reminding.remind_due(office, Lasting()) == 1
    await owner_db.execute(PASSES.replace("INSERT", "UPDATE").replace("AK008", code))
    await comes(office, reply_to(body) if by is State.ANSWERED else receipt_for(body, Status.OK), "t-9")
    for wait in (*[SHORT] * (inbox.ATTEMPTS - 1), 2 * LONG, 2 * LONG, 2 * LONG, 2 * LONG):
        assert (await standing(places, communication)).state is State.OVERDUE or code == "P0001"
        await delivery.receive_due(office, lasting=lasting)
        clock(office).pass_(wait)
    assert (await standing(places, communication)).state is by and await inbox.for_humans(office.database, None) == []
    assert [task["status"] for task in await places.found("Task", ("priority", "urgent"))] == ["requested"]


async def test_an_answer_from_the_hospital_answers_our_message(office: Office) -> None:
    places = await make(office)
    communication, body = await answered(places)
    ours = opened(body).envelope
    assert ours is not None
    reference = conversation(ours.msg_id)
    reply = swapped('<mh:Ack V="J" DN="Ja"/>', f'<mh:Ack V="J" DN="Ja"/>{reference}', msg_id="m-3")
    assert await arrives(places, reply) == "ok"
    assert (await standing(places, communication)).state is State.ANSWERED
    newest = [each for each in await places.found("Communication") if each.get("inResponseTo")]
    assert {"reference": f"Communication/{communication}"} in [each["inResponseTo"][0] for each in newest]


async def test_an_answer_that_is_refused_leaves_neither_record_nor_message(office: Office) -> None:
    places = await make(office)
    await arrives(places, written())
    (communication,) = await places.found("Communication")
    nameless = await patient(office, at=places.practice)
    with pytest.raises(Refused, match="AK-X001"):
        async with office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.answer(work, communication["id"], "  ")
    new = {"resourceType": "Communication", "payload": [{"contentString": "Hei"}]}
    for more, to, code in (
        ({"subject": {"reference": places.astrid.reference}}, 98000009, "AK-X003"),
        ({"subject": {"reference": nameless.reference}}, HEART.her_id, "AK-X005"),
    ):
        with pytest.raises(Refused, match=code):
            async with office.work(places.doctor, Purpose.TREATMENT) as work:
                await sending.send(work, new | more, to=to)
    assert len(await places.found("Communication")) == 1
    assert await places.counts() == {"in filed": 1, "out queued": 1}


async def test_the_application_can_neither_change_nor_delete_what_came(office: Office) -> None:
    places = await make(office)
    await arrives(places, written())
    for statement in ("UPDATE message_in SET body = ''", "DELETE FROM message_in", "UPDATE message_out SET body = ''",
                      "DELETE FROM message_id"):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            await office.database.execute(statement)


async def test_a_decided_erasure_empties_the_messages_behind_a_communication(
    office: Office, owner_db: Database
) -> None:
    places = await make(office)
    communication, _ = await answered(places, "hemmelig")
    async with office.database.transaction() as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.fetchval("SELECT exchange_erase_v1($1, ARRAY[$2])", places.astrid.owner, communication)
    emptied = await owner_db.fetchval("SELECT exchange_erase_v1($1, ARRAY[$2])", places.astrid.owner, communication)
    assert emptied == 1
    assert (await places.rows("SELECT body FROM message_out WHERE told_of = $1", communication))[0]["body"] is None
