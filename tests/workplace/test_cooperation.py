"""Samhandling: what was sent and received for a patient, answering it, and writing to somebody outside."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from akson.base.clamd import Scanner
from akson.base.work import Actor, Purpose
from akson.exchange import addresses, delivery, inbox, reminding, sending
from akson.exchange.addresses import Address
from akson.exchange.filing import MALWARE, NAMED_TYPE
from akson.exchange.lasting import Lasting
from akson.exchange.safexml import Fault
from akson.exchange.states import REST, UNKNOWN, Event, State
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from akson.workplace.messages import untaken
from tests.exchange.letters import HEART, written
from tests.exchange.places import Places, make
from tests.exchange.world import World, world
from tests.offices import JOB, LOADING, let_pass, patient, staff, unit
from tests.scanners import EICAR, peer
from tests.workplace.browsing import browsing

__all__ = ["world"]
TYPED = {
    "mottaker": str(HEART.her_id),
    "tema": "8",
    "emne": "",
    "tekst": "Kan dere sende siste epikrise?\n\nHilsen Jonas",
}


@pytest.fixture
async def places(office: Office) -> Places:
    return await make(office)


def page(places: Places, rest: str = "") -> str:
    return f"/p/{places.astrid.id}/samhandling{rest}"


async def received(places: Places, text: str = "Hun reiser hjem i morgen.") -> str:
    """Let a message from the hospital be filed; return the id of the Communication."""
    office = places.office
    await inbox.keep(office.database, written(text), now=office.clock(), envelope_from=HEART.her_id)
    await delivery.receive_due(office)
    return str((await places.found("Communication"))[0]["id"])


async def colleagues_message(places: Places, sender: Actor, count: int = 1) -> list[Stored]:
    """Let a colleague at another unit write to the doctor, in the record, with a task."""
    who, doctor = (
        {"reference": sender.id, "display": sender.name},
        {"reference": places.doctor.id, "display": "Eikeland"},
    )
    made = []
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        for number in range(count):
            made.append(await journal.create(work, {
                "resourceType": "Communication", "status": "completed", "subject": {"reference": places.astrid.reference},
                "sender": who, "recipient": [doctor], "sent": f"2026-11-{number % 20 + 1:02}T08:31:00+01:00",
                "topic": {"text": f"Økt vekt {number}"}, "payload": [{"contentString": "Skal vi gi 40 mg × 2?"}],
            }))  # fmt: skip
            await journal.create(work, {
                "resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": places.astrid.reference},
                "focus": {"reference": made[-1].reference}, "owner": doctor, "requester": who, "description": "Økt vekt",
                "restriction": {"period": {"end": "2026-11-23T15:00:00+01:00"}},
            })  # fmt: skip
    return made


async def test_a_new_message_is_begun_to_who_last_wrote_about_the_patient(places: Places) -> None:
    other = Address(her_id=99000099, name="Avdeling A", ours=False, endpoint="http://127.0.0.1:1/exchange/local")
    await addresses.put(places.office.database, [other])
    async with browsing(places.office, places.doctor) as jonas:
        assert " selected" not in (await jonas.open(page(places, "/ny"))).html  # two to choose from, and no word yet
        await received(places)
        begun = await jonas.open(page(places, "/ny"))
    assert f'value="{HEART.her_id}" selected' in begun.html
    assert "om NORDLI, Astrid" in begun.text


async def test_the_hospital_writes_the_gp_answers_and_sees_the_answer_accepted(world: World) -> None:
    """The whole way, with the hospital as a program of its own."""
    places = world.places
    await world.sends("Kan dere ta kreatinin på fredag?")
    (letter,) = await world.until(lambda: places.found("Communication"))
    (task,) = await places.found("Task")
    assert task["focus"]["reference"] == f"Communication/{letter['id']}"
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, f"?melding={letter['id']}"))
        assert "Kan dere ta kreatinin på fredag?" in shown.text
        assert "Svar til Hjertepoliklinikken, Vestfjell sykehus" in shown.text
        answered = await jonas.send(page(places, f"?melding={letter['id']}"), do="answer", svar="Ja, fredag kl. 9.",
                                    version=shown.hidden("version"))  # fmt: skip
        assert answered.status == 303 and "Sendes kl." in (await jonas.open(answered.leads_to)).text
        asked = await jonas.open(page(places, f"?melding={letter['id']}"))
        assert "Besvart, Jonas Eikeland" in asked.text
        (task,) = await places.found("Task")
        assert task["status"] == "completed"
        mine = next(
            each
            for each in await places.found("Communication")
            if "inResponseTo" in each and each["id"] != letter["id"]
        )
        assert answered.leads_to == page(places, f"?melding={mine['id']}")
        waiting = await jonas.open(page(places, f"/tilstand?melding={mine['id']}"))
        assert "data-refresh" in waiting.html
        let_pass(places.office, REST)
        assert "Venter på sending" in (await jonas.open(page(places, f"/tilstand?melding={mine['id']}"))).text
        await world.exchange.deliver_due(places.office)
        assert "Levert hos mottaker" in (await jonas.open(page(places, f"/tilstand?melding={mine['id']}"))).text

        async def settled() -> bool:
            return await world.standing(mine["id"]) is State.ACCEPTED

        await world.until(settled)
        done = await jonas.open(page(places, f"/tilstand?melding={mine['id']}"))
        assert "Godtatt av mottaker" in done.text and "data-refresh" not in done.html
    arrived = await world.told("inn", "DIALOG_HELSEFAGLIG")
    assert arrived is not None and arrived["text"] == "Ja, fredag kl. 9."


async def test_a_new_message_is_shown_as_its_receiver_reads_it_and_sent_once(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        blank = await jonas.open(page(places, "/ny"))
        assert "Hjertepoliklinikken" in blank.text and "Spørsmål om helseopplysninger" in blank.text
        preview = await jonas.send(page(places, "/ny"), do="look", **TYPED)
        assert preview.status == 200
        for told in ("Slik ser mottakeren meldingen", "Spørsmål om helseopplysninger", "Astrid Nordli",
                     "Jonas Eikeland, Nordre legesenter, Fjordvik kommune", "Kan dere sende siste epikrise?"):  # fmt: skip
            assert told in preview.text
        assert preview.hidden("tekst") == TYPED["tekst"] and await places.counts() == {}
        first = await jonas.send(page(places, "/ny"), once="a", do="send", **TYPED)
        again = await jonas.send(page(places, "/ny"), once="a", do="send", **TYPED)
        assert first.status == 303 and again.leads_to == first.leads_to
        shown = await jonas.open(first.leads_to)
    assert "Sendes kl. 10.01.00" in shown.text and "Skrevet, Eikeland" in shown.text
    assert await places.counts() == {"out queued": 1}
    (made,) = await places.found("Communication")
    assert made["topic"]["coding"][0] == {
        "system": "urn:oid:2.16.578.1.12.4.1.1.7322",
        "code": "8",
        "display": "Spørsmål om helseopplysninger",
    }


@pytest.mark.parametrize(("changed", "said"), [
    ({"tekst": "  \n "}, "Må fylles ut."),
    ({"tekst": "Gjelder 13916900362."}, "fødselsnummeret til en annen person"),
    ({"tekst": "Hun kommer [dato]."}, "felt som ikke er fylt ut: «[dato]»"),
    ({"mottaker": ""}, "Må velges."),
    ({"mottaker": "99000011"}, "Velg ett av svarene."),  # one of ours
    ({"tema": "66"}, "Velg ett av svarene."),
])  # fmt: skip
@pytest.mark.parametrize("do", ["look", "send"])
async def test_what_must_not_be_sent_is_explained_and_what_was_typed_stays(
    places: Places, changed: dict[str, str], said: str, do: str
) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.send(page(places, "/ny"), do=do, **TYPED | changed)
    assert shown.status == 422 and said in shown.text
    assert (TYPED | changed)["tekst"].strip() in shown.html
    assert await places.counts() == {}


async def test_a_colleague_in_the_same_record_is_answered_in_the_record(places: Places) -> None:
    nurse = await staff(places.office, await unit(places.office, "Hjemmetjenesten sone nord"), "Yusuf")
    (asked,) = await colleagues_message(places, nurse)
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, f"?melding={asked.id}"))
        assert "Venter hos deg" in shown.text and "Svar til Yusuf" in shown.text
        blank = await jonas.send(page(places, f"?melding={asked.id}"), do="answer", svar=" ", version="1")
        assert blank.status == 422 and "Meldingen har ingen tekst." in blank.text
        sent = await jonas.send(page(places, f"?melding={asked.id}"), do="answer", svar="Ja, fra i dag.", version="1")
        assert sent.status == 303
        listed = await jonas.open(page(places))
    assert "Besvart" in listed.text
    (task,) = [each for each in await places.found("Task") if each["owner"]["reference"] == nurse.id]
    assert task["status"] == "requested" and await places.counts() == {}


async def test_an_answer_to_what_a_colleague_has_dealt_with_does_not_go_out(places: Places) -> None:
    message = await received(places)
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, f"?melding={message}"))
        done = await jonas.send(page(places, f"?melding={message}"), do="done", version=shown.hidden("version"))
        assert done.status == 303
        late = await jonas.send(
            page(places, f"?melding={message}"), do="answer", svar="For sent", version=shown.hidden("version")
        )
    assert late.status == 422 and "Noen andre har endret dette" in late.text and "For sent" in late.html
    assert "out queued" in await places.counts()  # the receipt, and nothing else
    assert len(await places.found("Communication")) == 1


@pytest.mark.parametrize(("event", "fault", "words", "never"), [
    (Event.DEADLINE, Fault("", ""), "Ikke bekreftet innen fristen", "Kunne ikke sendes"),
    (Event.GIVE_UP, Fault("", "Stengt."), "Kunne ikke sendes", "Ukjent om"),
    (Event.GIVE_UP, Fault(UNKNOWN, "Ring og spør."), "Ukjent om den kom fram", "Kunne ikke sendes"),
])  # fmt: skip
async def test_what_went_wrong_stands_out_with_its_reason_and_owner(
    places: Places, event: Event, fault: Fault, words: str, never: str
) -> None:
    new = {
        "resourceType": "Communication",
        "subject": {"reference": places.astrid.reference},
        "payload": [{"contentString": "Hei"}],
    }
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        made = await sending.send(work, new, to=HEART.her_id)
    row = (await places.rows("SELECT owner, key, msg_id FROM message_out"))[0]
    let_pass(places.office, timedelta(hours=97))
    if event is Event.DEADLINE:
        assert await reminding.remind_due(places.office, Lasting()) == 1
    else:
        async with places.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
            await delivery.move(work, row["owner"], row["key"], event, fault)
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, f"?vis=folg&melding={made.id}"))
    keeper = await staff(places.office, places.practice, "Vang", role="legesekretær")
    async with browsing(places.office, keeper) as vang:
        pages = [shown, await vang.open("/meldinger"), await vang.open(f"/meldinger/ut/{row['msg_id']}")]
    for each in pages:
        assert words in each.text and fault.text in each.text and never not in each.text and UNKNOWN not in each.text
    assert "Nordre legesenter" in shown.text and 'data-level="warn"' in shown.html
    (task,) = await places.found("Task")
    assert words in task["description"]


async def test_a_file_that_came_along_is_saved_never_shown(places: Places) -> None:
    script = base64.b64encode(b"<script>alert(1)</script>").decode()
    big = base64.b64encode(b"%PDF-" + b"x" * 69_995).decode()
    subject = {"reference": places.astrid.reference}
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        binary = await journal.create(
            work, {"resourceType": "Binary", "contentType": "application/pdf", "securityContext": subject, "data": big}
        )
        kept = await journal.create(
            work,
            {
                "resourceType": "DocumentReference",
                "status": "current",
                "subject": subject,
                "content": [
                    {
                        "attachment": {
                            "contentType": "application/pdf",
                            "url": binary.reference,
                            "title": "Røntgen æ.pdf",
                        }
                    }
                ],
            },
        )
        message = await journal.create(work, {"resourceType": "Communication", "status": "completed", "subject": subject, "payload": [
            {"contentString": "Se vedlegg"}, {"contentAttachment": {"contentType": "text/html", "title": "svar.html", "data": script}},
            {"contentReference": {"reference": kept.reference}}]})  # fmt: skip
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, f"?melding={message.id}"))
        assert "svar.html" in shown.text
        small, large = [(await jonas.open(page(places, f"/{message.id}/vedlegg/{n}"))).answer for n in (0, 1)]
        for none in ("2", "9" * 5000):
            assert (await jonas.open(page(places, f"/{message.id}/vedlegg/{none}"))).status == 404
    assert small.headers["content-type"] == "application/octet-stream"
    assert small.content == b"<script>alert(1)</script>" and small.headers["content-disposition"].startswith(
        "attachment;"
    )
    assert large.headers["content-type"] == "application/pdf" and large.headers["content-disposition"].endswith(
        "R%C3%B8ntgen%20%C3%A6.pdf"
    )
    assert len(large.content) == 70_000


async def test_a_file_that_is_not_what_it_says_is_handed_over_as_bytes_and_said_to_be_so(places: Places) -> None:
    marked = {"extension": [{"url": NAMED_TYPE, "valueString": "image/png"}], "title": "bilde.png",
              "contentType": "application/octet-stream", "data": "TVqQAAM="}  # fmt: skip
    named = {"title": "svar.pdf", "contentType": "application/pdf", "data": "TVqQAAM="}
    async with places.office.work(LOADING, Purpose.SYSTEM) as work:
        message = await journal.create(work, {
            "resourceType": "Communication", "status": "completed", "subject": {"reference": places.astrid.reference},
            "payload": [{"contentAttachment": marked}, {"contentAttachment": named}]})  # fmt: skip
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, f"?melding={message.id}"))
        assert "bilde.png – innholdet er ikke image/png, som avsenderen har oppgitt" in shown.text
        for number in (0, 1):
            answer = (await jonas.open(page(places, f"/{message.id}/vedlegg/{number}"))).answer
            assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_file_is_searched_before_it_is_handed_over_and_kept_back_while_nobody_can(places: Places) -> None:
    bad, good = ({"title": title, "contentType": "text/plain", "data": base64.b64encode(data).decode()}
                 for title, data in (("ille.txt", EICAR), ("bra.txt", b"hei")))  # fmt: skip
    held = {"title": "stoppet.txt", "contentType": "text/plain",
            "extension": [{"url": MALWARE, "valueString": "Akson.Test"}]}  # fmt: skip
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        message = await journal.create(work, {
            "resourceType": "Communication", "status": "completed", "subject": {"reference": places.astrid.reference},
            "payload": [{"contentAttachment": each} for each in (bad, good, held)]})  # fmt: skip
    async with peer() as scanner:
        places.office.scanner = Scanner(host="127.0.0.1", port=scanner.port)
        async with browsing(places.office, places.doctor) as jonas:
            stopped, given = [await jonas.open(page(places, f"/{message.id}/vedlegg/{n}")) for n in (0, 1)]
            shown = await jonas.open(page(places, f"?melding={message.id}"))
    assert (stopped.status, given.answer.content) == (422, b"hei") and "skadelig programvare" in stopped.text
    assert "Vedlegget stoppet.txt er ikke tatt inn i journalen" in shown.text and "bra.txt" in shown.text
    assert scanner.asked == [EICAR, b"hei"]
    places.office.scanner = Scanner(path="/finnes/ikke")
    async with browsing(places.office, places.doctor) as jonas:
        away = await jonas.open(page(places, f"/{message.id}/vedlegg/1"))
    assert away.status == 503 and "kan ikke undersøkes" in away.text


@pytest.mark.parametrize("rest", ["", "?melding={one}", "/tilstand?melding={one}", "/ny"])
async def test_a_page_costs_the_same_whatever_the_number_of_messages(places: Places, rest: str) -> None:
    nurse = await staff(places.office, await unit(places.office, "Hjemmetjenesten sone nord"), "Yusuf")
    new = {
        "resourceType": "Communication",
        "subject": {"reference": places.astrid.reference},
        "payload": [{"contentString": "Hei"}],
    }
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        one = await sending.send(work, new, to=HEART.her_id)
    async with browsing(places.office, places.doctor) as jonas:
        await jonas.open(page(places))  # what is read once per process is read
        few = await jonas.open(page(places, rest.format(one=one.id)))
        await colleagues_message(places, nurse, 40)
        async with places.office.work(replace(places.doctor), Purpose.TREATMENT) as work:
            for _ in range(20):
                await sending.send(work, new, to=HEART.her_id)
        many = await jonas.open(page(places, rest.format(one=one.id)))
    assert few.status == many.status == 200
    assert many.statements == few.statements <= 9


async def test_another_patients_message_is_not_found_here(places: Places) -> None:
    message = await received(places)
    other = await patient(places.office, at=places.practice)
    async with browsing(places.office, places.doctor) as jonas:
        for rest in (f"?melding={message}", f"/tilstand?melding={message}", f"/{message}/vedlegg/0", "?melding=x"):
            assert (await jonas.open(f"/p/{other.id}/samhandling{rest}")).status == 404


async def test_a_record_that_is_not_open_is_not_told_of(places: Places) -> None:
    message = await received(places)
    stranger = await staff(places.office, await unit(places.office, "Sentrum legegruppe"), "Lie", role="fastlege")
    async with browsing(places.office, stranger) as anne:
        for rest in ("", f"?melding={message}", f"/tilstand?melding={message}", "/ny", f"/{message}/vedlegg/0"):
            shown = await anne.open(page(places, rest))
            assert shown.status == 403 and "hjem i morgen" not in shown.text and "Hjertepoliklinikken" not in shown.text
        tried = await anne.send(page(places, "/ny"), do="send", **TYPED)
    assert (
        tried.status == 403 and "out queued" in await places.counts() and len(await places.found("Communication")) == 1
    )


async def test_a_unit_without_an_address_is_told_before_anything_is_typed(places: Places) -> None:
    zone = await unit(places.office, "Hjemmetjenesten sone nord")
    nurse = await staff(places.office, zone, "Yusuf")
    somebody = await patient(places.office, at=zone)
    async with browsing(places.office, nurse) as mariam:
        shown = await mariam.open(f"/p/{somebody.id}/samhandling/ny")
    assert "Hjemmetjenesten sone nord har ingen adresse for elektroniske meldinger." in shown.text
    assert 'value="look"' not in shown.html


async def test_only_who_may_take_a_message_is_offered_and_the_others_are_named(places: Places) -> None:
    """First nobody has said anything; then one takes other types alone; at last nobody takes this one."""
    lab, option = Address(her_id=99000077, name="Laboratoriet", ours=False, endpoint="edi:"), '<option value="{}"'
    parties = [HEART.her_id, HEART.parent, lab.her_id]
    known = await addresses.find(places.office.database, parties[:2])

    async def offered(**takes: tuple[str, ...]) -> tuple[list[int], str]:
        every = [*known.values(), lab]
        await addresses.put(
            places.office.database, [replace(one, takes=takes.get(f"of_{one.her_id}", ())) for one in every]
        )
        async with browsing(places.office, places.doctor) as jonas:
            shown = await jonas.open(page(places, "/ny"))
        return [one for one in parties if option.format(one) in shown.html], shown.text

    every, text = await offered()
    assert every == parties and "Tar ikke imot" not in text
    some, text = await offered(of_99000077=("SVAR_LAB",))
    assert some == parties[:2] and "Tar ikke imot denne typen melding og kan ikke velges: Laboratoriet." in text
    takes = {f"of_{one}": ("EPIKRISE",) for one in parties}
    nobody, text = await offered(**takes)
    assert nobody == [] and "Ingen av mottakerne tar imot denne typen melding." in text
    last, _ = await offered(**takes | {"of_99000077": ("EPIKRISE", "DIALOG_HELSEFAGLIG")})
    assert last == [lab.her_id]


def test_of_many_who_do_not_take_a_message_some_are_named() -> None:
    assert untaken([]) == "" and untaken([str(number) for number in range(9)]).endswith(": 0, 1, 2, 3, 4 og 4 til.")


async def test_an_empty_cooperation_says_so(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places))
    assert "Ingen henvisninger, meldinger eller dokumenter." in shown.text and "Ny melding" in shown.text


async def test_anybody_at_the_unit_answers_from_the_inbox(places: Places) -> None:
    await received(places)
    (task,) = await places.found("Task")
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(f"/innboks/{task['id']}")
        assert "Svar til Hjertepoliklinikken, Vestfjell sykehus" in shown.text and "Ta saken" in shown.text
        sent = await jonas.send(f"/innboks/{task['id']}", do="answer", svar="Ja.", version=shown.hidden("version"))
    assert sent.status == 303 and (await places.found("Task"))[0]["status"] == "completed"
    assert await places.counts() == {"in filed": 1, "out queued": 2}  # the receipt and the answer


@pytest.mark.parametrize("place", ["inbox", "cooperation"])
async def test_an_answer_whose_task_another_finished_meanwhile_is_not_sent(
    places: Places, database_url: str, place: str
) -> None:
    await received(places)
    (task,) = await places.found("Task")
    message = task["focus"]["reference"].removeprefix("Communication/")
    where = {"inbox": f"/innboks/{task['id']}", "cooperation": page(places, f"?melding={message}")}[place]
    async with browsing(places.office, places.doctor) as jonas:
        version = (await jonas.open(where)).hidden("version")
        async with held_up(database_url, "address") as waits:  # read when the answer is written, after the task is
            sending_it = asyncio.create_task(jonas.send(where, do="answer", svar="For sent.", version=version))
            await waits()
            async with places.office.work(JOB, Purpose.SYSTEM) as work:
                await journal.update(work, task | {"status": "completed"}, id_=task["id"])
        told = await sending_it
    assert told.status == 422 and "For sent." in told.html
    assert await places.counts() == {"in filed": 1, "out queued": 1}  # the receipt and no answer
    assert len(await places.found("Communication")) == 1


@asynccontextmanager
async def held_up(database_url: str, table: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Keep everybody from reading a table; what is given waits until somebody stands there."""
    connection = await asyncpg.connect(database_url)

    async def waits() -> None:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass"
        while not await connection.fetchval(waiting, table):  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.01)

    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table}")
            yield waits
    finally:
        await connection.close()
