"""Messages both ways: what we write holds to the official schemas, and what we read says what was written."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.exchange import dialog, filing, hodemelding, nodes, registry
from akson.exchange.addresses import Address
from akson.exchange.booking import Booked
from akson.exchange.envelope import Ack, Attachment, Code, Conversation, Envelope, Ident, Organisation, Party, Person
from akson.exchange.messages import apprec, dialogmelding
from akson.exchange.messages.apprec import AppRec, Original, Status
from akson.exchange.opening import opened
from akson.exchange.registry import Letter, Unit, message
from akson.exchange.safexml import Fault, Schemas
from akson.exchange.telling import Told
from tests.exchange.letters import HEART, sample, written

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOTHING = Booked(about=(), said=())
FIXTURES = "fixtures/hodemelding-dialog-apprec"


def read(data: bytes) -> Envelope:
    """Return the envelope in `data`, which must be readable."""
    message = opened(data)
    assert message.envelope is not None, message.fault
    return message.envelope


def communication(text: str = "Ja, det går fint.", **more: Any) -> dict[str, Any]:
    """Return a Communication as somebody at the GP's writes it."""
    return {"resourceType": "Communication", "payload": [{"contentString": text}], **more}


def typed(code: str) -> dict[str, Any]:
    return {"category": [{"coding": [{"system": filing.MESSAGE_TYPE, "code": code}]}]}


def test_the_hospitals_message_reads_as_it_was_written() -> None:
    envelope = read(sample("helsefaglig-1.1.xml"))
    told = dialogmelding.in_words(envelope, dialog.read(envelope.body))
    assert told == Told(
        title="Endret vanndrivende", kind="Helsefaglig dialog", sender="Hjertepoliklinikken, Vestfjell sykehus",
        receiver="Nordre legesenter, Fjordvik kommune", patient="Astrid Nordli", sent="23.11.2026 08:45",
        paragraphs=("Furosemid er doblet.\n\nKontroll av kalium om en uke.", "Merknad: Pasienten er informert."),
        contacts=("Ida Strand (Behandlingsansvarlig lege), tlf. 90000099",), attachments=("Prøvesvar",), test=False,
    )  # fmt: skip
    assert envelope.attachments[0].data == b"K 4,2"


def test_a_question_from_the_hospital_keeps_its_codes_reason_and_urgency() -> None:
    envelope = read(sample("foresporsel-1.0.xml"))
    question = dialog.read(envelope.body).questions[0]
    assert (question.kind.value, question.kind.system) == ("4", "2.16.578.1.12.4.1.1.9152")
    assert question.purpose is not None and question.purpose.name == "Behandling"
    assert (question.reason, question.urgency and question.urgency.value) == ("Innlagt i natt med hjertesvikt.", "1")
    assert envelope.sent.isoformat() == "2026-11-23T08:30:00+01:00"  # Norwegian time, though the sender left it out


def letter(data: bytes, **more: Any) -> Letter:
    """Return a message as it is handed to its type."""
    unit = Unit(owner=1, reference="Organization/nordre", name="Nordre legesenter")
    sender = Address(her_id=HEART.her_id, name=HEART.name, ours=False, parent=HEART.parent)
    astrid = registry.Patient(owner=2, id="astrid")
    return Letter(envelope=read(data), received=NOW, unit=unit, sender=sender, patient=astrid, **more)


def test_a_dialog_message_becomes_a_communication_and_a_task() -> None:
    incoming = letter(sample("foresporsel-1.0.xml"), answers="spurt-før")
    body = dialog.read(incoming.envelope.body)
    made = dialogmelding.as_communication(body, incoming, ["doc"], NOTHING)
    assert made["subject"] == {"reference": "Patient/astrid"}
    assert made["recipient"] == [{"reference": "Organization/nordre", "display": "Nordre legesenter"}]
    assert made["inResponseTo"] == [{"reference": "Communication/spurt-før"}]
    assert made["topic"]["coding"][0] == {
        "system": "urn:oid:2.16.578.1.12.4.1.1.9152", "code": "4", "display": "Legemiddelopplysninger"
    }  # fmt: skip
    assert made["priority"] == "stat"
    assert made["payload"][0] == {"contentString": "Hvilke legemidler bruker hun fast? Hun kom uten liste."}
    assert made["payload"][-1] == {"contentReference": {"reference": "DocumentReference/doc"}}
    task = dialogmelding.as_task(body, incoming, "ny")
    assert (task["owner"]["reference"], task["focus"]["reference"]) == ("Organization/nordre", "Communication/ny")
    assert task["description"] == "Legemiddelopplysninger – fra Hjertepoliklinikken, Vestfjell sykehus"


def test_a_test_message_says_so_in_the_record() -> None:
    data = written().replace(b'<mh:ProcessingStatus V="P"', b'<mh:ProcessingStatus V="D"')
    incoming = letter(data)
    made = dialogmelding.as_communication(dialog.read(incoming.envelope.body), incoming, [], NOTHING)
    assert made["meta"]["tag"][0]["code"] == "HTEST"


@pytest.mark.parametrize(("asked", "own", "kind", "version", "topic"), [
    ("", {}, "DIALOG_HELSEFAGLIG", "1.1", "6"),
    ("DIALOG_HELSEFAGLIG", {}, "DIALOG_HELSEFAGLIG", "1.1", "6"),
    ("DIALOG_FORESPORSEL", {}, "DIALOG_SVAR", "1.0", "5"),
    ("DIALOG_NOTAT", {}, "DIALOG_NOTAT", "1.0", "1"),
    ("DIALOG_INNBYGGER_EKONTAKT", {}, "DIALOG_INNBYGGER_EKONTAKT", "1.1", "19"),
    ("", typed("DIALOG_AVVIK"), "DIALOG_AVVIK", "1.0", "2"),
    ("", typed("DIALOG_FORESPORSEL"), "DIALOG_FORESPORSEL", "1.0", "99"),
])  # fmt: skip
def test_what_we_write_holds_to_the_schemas(
    shared: Path, asked: str, own: dict[str, Any], kind: str, version: str, topic: str
) -> None:
    answered = communication("Hva bruker hun fast?", **typed(asked)) if asked else None
    code, body = dialogmelding.from_communication(communication("Ja & «nei» <3 æøå\x00", **own), answered=answered)
    said = body.notes[0].topic if body.notes else body.questions[0].kind
    assert (code.value, body.version, said.value) == (kind, version, topic)
    envelope = replace(
        read(written()), type=code, body=dialog.build(body), conversation=Conversation(parent="a", conversation="b"),
        ack=Ack.ON_ERROR, test=True, attachments=(Attachment(title="EKG", mime="image/png", data=b"\x00" * 500_000),),
        patient=Person(family="Nordli", given="Astrid", idents=(Ident("14834142059", "FNR"),)),
    )  # fmt: skip
    data = hodemelding.build(envelope)
    again = opened(data, Schemas(shared / FIXTURES))
    assert again.envelope is not None, again.fault
    assert dialog.read(again.envelope.body) == replace(
        body,
        notes=tuple(replace(each, text="Ja & «nei» <3 æøå") for each in body.notes),
        questions=tuple(replace(each, text="Ja & «nei» <3 æøå") for each in body.questions),
    )
    assert replace(again.envelope, body=None) == replace(envelope, body=None)


@pytest.mark.parametrize(("resource", "code"), [
    (communication("  "), "AK-X001"),
    ({"resourceType": "Communication"}, "AK-X001"),
    (communication(**typed("EPIKRISE")), "AK-X002"),
])  # fmt: skip
def test_what_cannot_be_sent_is_said_in_norwegian(resource: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code) as refused:
        dialogmelding.from_communication(resource)
    assert refused.value.text.endswith(".")


ORIGINAL = Original(type=Code(value="DIALOG_HELSEFAGLIG"), msg_id="m-1", sent=NOW)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize(("fault", "filed", "status"), [
    (None, True, Status.OK),
    (Fault("E21", "Mottakeren finnes ikke her."), False, Status.REJECTED),
    (Fault("X99", "Et vedlegg kunne ikke vises."), True, Status.PARTIAL),
])  # fmt: skip
def test_every_receipt_holds_to_its_schema_and_reads_back(
    shared: Path, version: str, fault: Fault | None, *, filed: bool, status: Status
) -> None:
    envelope = read(sample("helsefaglig-1.1.xml"))
    made = replace(
        apprec.answer(ORIGINAL, fault, sender=envelope.receiver, receiver=envelope.sender, now=NOW, msg_id="r-1", filed=filed),
        version=version,
    )  # fmt: skip
    again = opened(apprec.build(made), Schemas(shared / FIXTURES))
    assert again.receipt is not None, again.fault
    assert again.receipt.status is status
    assert (again.receipt.errors, again.receipt.original.msg_id) == (made.errors, "m-1")
    assert (again.receipt.sender.her_id, again.receipt.receiver.her_id) == (99000011, 99000033)


def test_a_receipt_with_a_person_and_two_numbers_reads_back() -> None:
    envelope = read(written())
    numbers = (*envelope.sender.organisation.idents, Ident("310000015", "ENH"))
    sender = Party(organisation=replace(envelope.sender.organisation, idents=numbers), professional=None)
    made = AppRec(msg_id="r", sent=NOW, sender=sender, receiver=envelope.receiver, status=Status.OK, original=ORIGINAL)
    again = opened(apprec.build(made)).receipt
    assert again is not None
    assert [each.value for each in again.sender.organisation.idents] == ["99000031", "310000015"]


CONTACT = dialog.Contact(
    part=Code(value="3", system="2.16.578.1.12.4.1.1.9057", name="Godkjent av"),
    role=Code(value="6", system="2.16.578.1.12.4.1.1.9034", name="Fastlege"), family="Lin", given="Rita",
    idents=(Ident("9999969", "HPR", "2.16.578.1.12.4.1.1.8116", "HPR-nummer"),),
    profession=Code(value="LE", name="Lege"), telecoms=((Code(value="WP", name="Arbeid"), "tel:12345678"),), phone="12345678",
)  # fmt: skip
PLACE = Organisation(
    name="Tildelingskontoret", idents=(Ident("99000007", "HER", "2.16.578.1.12.4.1.1.9051", "HER-id"),)
)


@pytest.mark.parametrize(("version", "contact", "said"), [
    ("1.0", CONTACT, "Rita Lin (Fastlege), tlf. 12345678"),
    ("1.1", CONTACT, "Rita Lin (Fastlege), tlf. 12345678"),
    ("1.1", replace(CONTACT, profession=None, is_professional=False), "Rita Lin (Fastlege), tlf. 12345678"),
    ("1.1", replace(CONTACT, unit=PLACE, remark="Bare formiddag"),
     "Rita Lin (Fastlege), Tildelingskontoret, tlf. 12345678, Bare formiddag"),
    ("1.1", dialog.Contact(unit=PLACE, is_professional=False), "Tildelingskontoret"),
])  # fmt: skip
def test_whom_to_ask_goes_both_ways_with_every_code(
    shared: Path, version: str, contact: dialog.Contact, said: str
) -> None:
    codes = (
        Code(value="1", system="2.16.578.1.12.4.1.1.9150", name="Epikrise"),
        Code(value="AP", system="8324", name="Apotek"),
    )
    asks = dialog.Question(
        kind=Code(value="99", system="2.16.578.1.12.4.1.1.9152", name="Annet"), text="Hva nå?", details=codes[:1],
        coded=codes[1] if version == "1.1" else None, contacts=(contact,),
    )  # fmt: skip
    body = dialog.Dialog(version=version, questions=(asks,), case=Code(value="1", system="2.16.578.1.12.4.1.1.9999"),
                         case_text="Sak")  # fmt: skip
    envelope = replace(read(written()), body=dialog.build(body))
    again = opened(hodemelding.build(envelope), Schemas(shared / FIXTURES))
    assert again.envelope is not None, again.fault
    assert dialog.read(again.envelope.body) == body
    assert dialogmelding.contact(contact) == said


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_no_clock_can_show_is_none(when: str) -> None:
    """It would be shown on the page where people sort out what could not be filed, and end that too."""
    found = opened(re.sub(rb"(<mh:GenDate>)[^<]*", rb"\g<1>" + when.encode(), written()))
    assert found.fault and found.fault.code == "T02"


def test_a_sign_that_no_xml_can_hold_is_left_out_wherever_it_stands() -> None:
    """A resource may hold it; the message would not be written, nor any receipt to a party that is called so."""
    root = nodes.document("urn:x", "A")
    nodes.put(root, "B", "Kari\ufffe")
    nodes.put_code(root, "C", Code(value="1", name="Syk\uffff"))
    assert [root[0].text, root[1].get("DN")] == ["Kari", "Syk"]


def test_what_is_coded_in_a_question_stands_in_the_record_and_goes_back_with_the_answer() -> None:
    incoming = letter(sample("foresporsel-1.0.xml"))
    asked = dialog.read(incoming.envelope.body).questions[0]
    made = dialogmelding.as_communication(dialog.read(incoming.envelope.body), incoming, [], NOTHING)
    assert {each["text"] for each in made["reasonCode"]} >= {"Formål", "Hastegrad"}
    _, body = dialogmelding.from_communication(communication(), answered=made)
    repeated = body.notes[0].question
    assert repeated is not None
    assert (repeated.kind, repeated.purpose, repeated.urgency) == (asked.kind, asked.purpose, asked.urgency)


@pytest.mark.parametrize(("system", "known"), [
    ("2.16.578.1.12.4.1.1.8324", "urn:oid:2.16.578.1.12.4.1.1.8324"), ("8324", "urn:oid:2.16.578.1.12.4.1.1.8324"),
    ("", None), ("min liste", None), ("3.1", None), ("2.16.", None),
])  # fmt: skip
def test_a_code_of_a_list_nobody_knows_is_kept_as_it_was_written(system: str, known: str | None) -> None:
    assert filing.coding(Code(value="X  1", system=system, name="Ukjent")) == filing.filled(
        {"system": known, "code": "X 1", "display": "Ukjent"}
    )


def test_two_receivers_for_one_type_stop_the_start_up() -> None:
    with pytest.raises(ValueError, match="DIALOG_NOTAT"):
        message("DIALOG_NOTAT", told=dialogmelding.in_words)(dialogmelding.receive)
    assert "DIALOG_HELSEFAGLIG" in registry.codes()
