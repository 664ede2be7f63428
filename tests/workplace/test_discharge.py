"""The discharge board: how far each patient has come on the way home, what is missing, and the report we send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.base.work import Actor, Purpose
from akson.exchange import addresses, delivery, following, inbox, outbox, outcomes, sending
from akson.exchange.addresses import Address
from akson.exchange.filing import TEST_DATA
from akson.exchange.messages import pleieomsorg
from akson.exchange.opening import opened
from akson.exchange.states import Event, State
from akson.patient.chart import local
from akson.record import journal
from akson.record.office import Office
from akson.workplace.discharge import board, screens
from tests.exchange.care import HOME, SERVICE, care
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.offices import JOB, NOW, Clock, let_pass, staff, unit
from tests.workplace.browsing import browsing

ADMITTED, READY, LEFT = "2026-11-20T14:00:00+01:00", "2026-11-23T09:00:00+01:00", "2026-11-24T12:00:00+01:00"


@pytest.fixture
async def places(office: Office) -> Places:
    return await make(office)


async def nurse_of(places: Places, role: str = "sykepleier") -> Actor:
    """Return one of the home care, which gives Astrid no care, and to which the hospital writes."""
    place = await unit(places.office, "Hjemmetjenesten")
    await addresses.put(places.office.database, [Address(
        her_id=99000012, name="Hjemmetjenesten", ours=True, parent=99000001, unit=place.unit, unit_id=place.unit_id,
    )])  # fmt: skip
    return await staff(places.office, place, "Berg", role=role)


async def confirmed(places: Places, event: Event) -> None:
    """Let the hospital say what it makes of the one message of ours."""
    (row,) = await places.rows("SELECT owner, key FROM message_out WHERE type <> 'APPREC'")
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await delivery.move(work, row["owner"], row["key"], event)


async def comes(places: Places, *bodies: bytes) -> None:
    for body in bodies:
        await inbox.keep(places.office.database, body, now=places.office.clock(), envelope_from=HEART.her_id)
        await delivery.receive_due(places.office)


@pytest.mark.parametrize("role", ["sykepleier", "saksbehandler"])
async def test_a_patient_walks_over_the_board_from_admission_to_home(
    places: Places, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "MOST", "1")  # what belongs to a stay is read to its end
    nurse = await nurse_of(places, role)
    clock = places.office.clock
    assert isinstance(clock, Clock)
    async with browsing(places.office, nurse) as berg:
        assert "Ingen sykehus har meldt noen" in (await berg.open("/utskrivning")).text
        await comes(places, care("LOG_INNLAGT", at=ADMITTED, msg_id="a", to=SERVICE))
        begun = (await berg.open("/utskrivning")).text
        assert "Innlagt, 1" in begun and "NORDLI, Astrid" in begun and "Vestfjell sykehus" in begun
        assert "Innleggelsesrapport fra oss" in begun and "Helseopplysninger fra sykehuset" in begun
        assert "Hjemmetjenesten" in begun  # the unit answers for it until somebody takes it
        await comes(places, care("HELSEOPPL_SOKNAD", msg_id="b", to=SERVICE))
        assert "Helseopplysninger mottatt, 1" in (await berg.open("/utskrivning")).text
        clock.pass_(timedelta(hours=26))
        await comes(places, care("LOG_UTSKRIVNINGSKLAR", at=READY, msg_id="c", to=SERVICE))
        ready = await berg.open("/utskrivning")
        assert "Utskrivningsklar, ikke besvart, 1" in ready.text and "Klar i 1 d 3 t" in ready.text
        notice = next(
            each for each in await places.found("Communication") if each["topic"]["text"].endswith("klar pasient")
        )
        where = f"/p/{places.astrid.id}/samhandling?melding={notice['id']}"
        assert where in ready.html
        shown = await berg.open(where)
        answered = await berg.send(where, do="answer", svar="Ja, i morgen kl. 12.", version=shown.hidden("version"))
        assert answered.status == 303
        told = await berg.open("/utskrivning")  # nothing is said before the hospital has confirmed it
        assert "Utskrivningsklar, ikke besvart, 1" in told.text and "Svar skrevet" in told.text
        assert "Sykehusets kvittering på svaret" in told.text and "Svar sykehuset" not in told.text
        await confirmed(places, Event.ACCEPT)
        assert "Utskrivningsklar, besvart, 1" in (await berg.open("/utskrivning")).text
        await comes(places, care("LOG_UTSKREVET", at=LEFT, msg_id="d", to=SERVICE, more=HOME))
        home = (await berg.open("/utskrivning")).text
        assert "Hjemme, 1" in home and "Utskrivningsrapport fra sykehuset" in home and "Klar i" not in home
        await comes(places, care("UTSKRIVNINGSRAPPORT", msg_id="e", to=SERVICE))
        done = await berg.open("/utskrivning")
    assert "Ingenting" in done.text and done.text.count("NORDLI") == 1
    answer = next(each for each in await places.found("Communication") if each.get("inResponseTo"))
    assert answer["topic"]["coding"][0]["code"] == "7"


async def test_the_board_asks_as_little_for_many_as_for_one(places: Places) -> None:
    nurse = await nurse_of(places)
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, msg_id="a", to=SERVICE))
    async with browsing(places.office, nurse) as berg:
        await berg.open("/utskrivning")
        one = await berg.open("/utskrivning")
        await comes(places, *(care("HELSEOPPL_SOKNAD", msg_id=f"b{n}", to=SERVICE) for n in range(4)))
        many = await berg.open("/utskrivning")
    assert one.statements == many.statements <= 12


async def test_another_unit_does_not_see_whom_we_wait_for(places: Places) -> None:
    await nurse_of(places)
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, to=SERVICE))
    other = await staff(places.office, await unit(places.office, "Sone sør"), "Dahl")
    async with browsing(places.office, other) as dahl:
        assert "NORDLI" not in (await dahl.open("/utskrivning")).text


async def test_the_admission_report_takes_along_what_the_record_knows_and_nothing_that_is_over(places: Places) -> None:
    nurse = await nurse_of(places)
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, to=SERVICE))
    subject = {"reference": places.astrid.reference}
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        for name, status in (("Hjertesvikt", "active"), ("Lungebetennelse", "resolved")):
            await journal.create(work, {
                "resourceType": "Condition", "subject": subject, "code": {"text": name},
                "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": status}]},
            })  # fmt: skip
        await journal.create(work, {
            "resourceType": "MedicationStatement", "status": "active", "subject": subject, "dosage": [{"text": "1 x 1"}],
            "medicationCodeableConcept": {"text": "Furix tab 40 mg"},
        })  # fmt: skip
    (stay,) = await places.found("Encounter")
    page = f"/p/{places.astrid.id}/samhandling/ny/innleggelsesrapport?opphold={stay['id']}"
    async with browsing(places.office, nurse) as berg:
        assert f'value="{HEART.her_id}" selected' in (await berg.open(page)).html
        typed = {"mottaker": str(HEART.her_id), "tekst": "Går med rullator hjemme."}
        empty = await berg.send(page, do="look", mottaker=str(HEART.her_id), tekst="")
        assert empty.status == 422
        seen = await berg.send(page, do="look", **typed)
        for said in ("Går med rullator hjemme.", "Hjertesvikt", "Furix tab 40 mg", "1 x 1", "Vestfjell sykehus"):
            assert said in seen.text
        assert "Lungebetennelse" not in seen.text
        assert (await berg.send(page, do="send", **typed)).status == 303
        board_ = (await berg.open("/utskrivning")).text
        assert "Venter på sending" in board_ and "Innleggelsesrapport sendt" not in board_
        assert "Sykehusets kvittering på innleggelsesrapporten" in board_ and "Send innleggelsesrapport" not in board_
        await confirmed(places, Event.REJECT)
        refused = (await berg.open("/utskrivning")).text
        assert "Avvist av mottaker" in refused and "Send innleggelsesrapport" in refused
    (row,) = await places.rows("SELECT body FROM message_out WHERE type = 'INNLEGGELSESRAPPORT'")
    arrived = opened(row["body"]).envelope
    assert arrived is not None and "Furix tab 40 mg" in "\n".join(pleieomsorg.in_words(arrived).paragraphs)
    sent = next(each for each in await places.found("Communication") if each.get("sender", {}).get("reference"))
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        (standing,) = await outcomes.standing(work, places.astrid.owner, [sent["id"]])
    assert standing.state is State.REJECTED


async def test_what_the_record_alone_has_or_another_got_is_not_told_the_hospital(places: Places) -> None:
    nurse = await nurse_of(places)
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, msg_id="a", to=SERVICE),
                care("LOG_UTSKRIVNINGSKLAR", at=READY, msg_id="b", to=SERVICE))  # fmt: skip
    (stay,) = await places.found("Encounter")
    async with places.office.work(nurse, Purpose.TREATMENT) as work:
        await journal.create(work, message("INNLEGGELSESRAPPORT", 0) | {
            "resourceType": "Communication", "status": "completed", "subject": {"reference": places.astrid.reference},
            "encounter": {"reference": f"Encounter/{stay['id']}"}, "sender": {"reference": nurse.unit_id},
        })  # fmt: skip
        notice = next(
            one for one in await places.found("Communication") if one["topic"]["text"].endswith("klar pasient")
        )
        await sending.answer(work, notice["id"], "Ja, i morgen.")
    async with browsing(places.office, nurse) as berg:
        await confirmed(places, Event.REJECT)
        await elsewhere(places)
        shown = (await berg.open("/utskrivning")).text
    assert "Innleggelsesrapport sendt" not in shown and "Send innleggelsesrapport" in shown
    assert "Utskrivningsklar, ikke besvart, 1" in shown and "Svar sykehuset" in shown and "Besvart" not in shown


async def elsewhere(places: Places) -> None:
    """Let somebody send the refused answer to another, who accepts it."""
    other = Address(her_id=99000077, name="Et annet sykehus", ours=False, endpoint="http://127.0.0.1:1/exchange/local")
    await addresses.put(places.office.database, [other])
    (gone,) = await places.rows("SELECT * FROM message_out WHERE type <> 'APPREC'")
    let_pass(places.office, timedelta(minutes=1))
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        new = await following.send_elsewhere(work, gone, other.her_id, "Flyttet")
        ((owner, key),) = await outbox.by_id(work, new)
        await delivery.move(work, owner, key, Event.ACCEPT)


def message(kind: str, hours: float, *, ours: bool = False, topic: str = "") -> dict[str, Any]:
    at = {"sent": (NOW + timedelta(hours=hours)).isoformat()}
    said = {"topic": {"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.7322", "code": topic}]}} if topic else {}
    by = {"id": str(hours), "sender": {"reference": "Organization/a"}} if ours else {}
    return {
        "category": [{"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.8279", "code": kind}]}],
        **at,
        **said,
        **by,
    }


GOES: dict[str, Any] = {"status": "in-progress", "period": {"start": ADMITTED}}
ASKED = {"occurrencePeriod": {"start": NOW.isoformat()}}


@pytest.mark.parametrize(("order", "stay", "messages", "stage", "missing"), [
    ({}, GOES, [], "admitted", ["ours", "report"]),
    ({}, GOES, [message("INNLEGGELSESRAPPORT", 0, ours=True)], "admitted", ["report"]),
    ({}, GOES, [message("HELSEOPPL_SOKNAD", 0)], "reported", ["ours"]),
    (ASKED, GOES, [message("HELSEOPPL_SOKNAD", 0)], "ready", ["answer"]),
    (ASKED, GOES, [message("DIALOG_HELSEFAGLIG", -3, ours=True, topic="7")], "ready", ["answer", "report"]),  # of last time
    (ASKED, GOES, [message("DIALOG_HELSEFAGLIG", 1, topic="7")], "ready", ["answer", "report"]),  # it is not ours
    (ASKED, GOES, [message("DIALOG_HELSEFAGLIG", 1, ours=True, topic="6")], "ready", ["answer", "report"]),
    (ASKED, GOES, [message("DIALOG_HELSEFAGLIG", 1, ours=True, topic="7")], "answered", ["report"]),
    (ASKED, GOES | {"status": "finished", "period": {"end": LEFT}}, [], "home", ["summary"]),
    ({}, {"status": "finished"}, [message("UTSKRIVNINGSRAPPORT", 1)], "home", []),
    (ASKED, GOES, [message("UTSKRIVNINGSRAPPORT", 1), message("HELSEOPPL_SOKNAD", 0)], "ready", ["answer"]),  # sent early
])  # fmt: skip
def test_how_far_somebody_has_come_is_told_by_the_stay_and_its_messages(
    order: dict[str, Any], stay: dict[str, Any], messages: list[dict[str, Any]], stage: str, missing: list[str]
) -> None:
    """All that is ours has arrived; of what the record alone has, nobody is told anything."""
    found = board.course(order, stay, messages, {one["id"]: State.ACCEPTED for one in messages if "id" in one})
    assert (found.stage, list(found.missing)) == (stage, missing)
    theirs = board.course(order, stay, [one for one in messages if "id" not in one])
    assert board.course(order, stay, messages) == theirs


S = State


@pytest.mark.parametrize(("standing", "stage", "missing"), [
    ([S.QUEUED], "ready", "answer_receipt"), ([S.SENT], "ready", "answer_receipt"),
    ([S.DELIVERED], "ready", "answer_receipt"), ([S.ACCEPTED], "answered", ""), ([S.PARTIAL], "answered", ""),
    ([S.ANSWERED], "answered", ""), ([S.HANDLED], "answered", ""), ([S.REJECTED], "ready", "answer"),
    ([S.FAILED], "ready", "answer"), ([S.OVERDUE], "ready", "answer"), ([S.REJECTED, S.QUEUED], "ready", "answer_receipt"),
    ([S.ACCEPTED, S.REJECTED], "answered", ""),
])  # fmt: skip
def test_what_the_hospital_has_not_confirmed_is_not_told_it(standing: list[State], stage: str, missing: str) -> None:
    """An answer of last time that was accepted stands before them all, and answers nothing now."""
    messages = [message("DIALOG_HELSEFAGLIG", at, ours=True, topic="7") for at in (-3, 1, 2)]
    states = {"-3": S.ACCEPTED, **{str(at): state for at, state in enumerate(standing, 1)}}
    found = board.course(ASKED, GOES, [message("HELSEOPPL_SOKNAD", 0), *messages[: len(standing) + 1]], states)
    assert (found.stage, list(found.missing)) == (stage, [missing] if missing else [])


NOTICE = "LOG_UTSKRIVNINGSKLAR"
AHEAD = {"occurrencePeriod": {"start": (NOW + timedelta(hours=5)).isoformat()}}


@pytest.mark.parametrize(("order", "notices", "stage"), [
    (AHEAD, [(0, 0)], "answered"),  # at nine "ready at two", and the answer at ten
    (AHEAD, [(5, 0)], "answered"),  # from a clock that is fast
    (ASKED, [(0, 2)], "ready"),  # it came late: what was written before answers another
    (AHEAD, [(0, 0), (1.5, 2)], "ready"),  # another after our answer
    (AHEAD, [(0, 0.5), (-1, 2)], "answered"),  # an older one, which came after it
])  # fmt: skip
def test_an_answer_is_to_the_last_notice_we_had_got_whenever_the_patient_will_be_ready(
    order: dict[str, Any], notices: list[tuple[float, float]], stage: str
) -> None:
    """Notices are (sent, received), in hours from NOW; the answer is of an hour after."""
    came = [message(NOTICE, at) | {"received": (NOW + timedelta(hours=got)).isoformat()} for at, got in notices]
    answer = message("DIALOG_HELSEFAGLIG", 1, ours=True, topic="7")
    assert board.course(order, GOES, [*came, answer], {answer["id"]: S.ACCEPTED}).stage == stage


async def test_who_will_be_ready_stands_there_with_when_and_can_be_answered_for(places: Places) -> None:
    nurse = await nurse_of(places)
    ahead = NOW + timedelta(hours=5)
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, msg_id="a", to=SERVICE),
                care("LOG_UTSKRIVNINGSKLAR", at=ahead.isoformat(), msg_id="b", to=SERVICE))  # fmt: skip
    let_pass(places.office, timedelta(hours=1))
    notice = next(one for one in await places.found("Communication") if one["topic"]["text"].endswith("klar pasient"))
    async with browsing(places.office, nurse) as berg:
        shown = (await berg.open("/utskrivning")).text
        assert "Utskrivningsklar, ikke besvart, 1" in shown and f"Klar i dag {local(ahead):%H.%M}" in shown
        async with places.office.work(nurse, Purpose.TREATMENT) as work:
            await sending.answer(work, notice["id"], "Ja, i dag.")
        await confirmed(places, Event.ACCEPT)
        assert "Utskrivningsklar, besvart, 1" in (await berg.open("/utskrivning")).text


def test_a_test_message_does_not_move_anybody() -> None:
    test = message("HELSEOPPL_SOKNAD", 0) | {"meta": {"tag": [TEST_DATA]}}
    assert board.course({}, GOES, [test]).stage == "admitted"
