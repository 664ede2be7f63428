"""Referrals and epikriser go out: what we write is read by our own reader as the same, and who may not, cannot."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import (
    addresses,
    answers,
    blocks,
    delivery,
    filing,
    following,
    inbox,
    lettertelling,
    nodes,
    parts,
    sending,
)  # fmt: skip
from akson.exchange.addresses import Address
from akson.exchange.envelope import Code
from akson.exchange.messages import fagdokument
from akson.exchange.opening import opened
from akson.exchange.referring import STATUS
from akson.exchange.safexml import Schemas
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from tests.exchange.letters import ASTRID, HEART, NORDRE, conversation, written
from tests.exchange.places import Places, make
from tests.offices import JOB, NOW, patient, staff, unit

V, HL7 = "2.16.578.1.12.4.1.1.", "http://terminology.hl7.org/CodeSystem/"
TYPES = ("HENVISNING_NYTILSTAND", "HENVISNING_VIDERE", "EPIKRISE")
WHO = {"reference": "Patient/a"}


def coded(number: str, code: str, name: str, text: str = "") -> dict[str, Any]:
    return blocks.concept(Code(value=code, system=f"{V}{number}", name=name), text)


def status(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"{HL7}{system}", "code": code}]}


def problem(code: dict[str, Any], sure: str = "unconfirmed", **more: Any) -> dict[str, Any]:
    kind = {"category": [status("condition-category", "encounter-diagnosis")]}
    ended = "resolved" if "abatementDateTime" in more else "active"
    return {"resourceType": "Condition", "clinicalStatus": status("condition-clinical", ended),
            "verificationStatus": status("condition-ver-status", sure), **kind, "code": code, **more, "subject": WHO}  # fmt: skip


def allergy(code: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "AllergyIntolerance", "clinicalStatus": status("allergyintolerance-clinical", "active"),
            "verificationStatus": status("allergyintolerance-verification", "unconfirmed"), "code": code, "patient": WHO}  # fmt: skip


def medicine(code: dict[str, Any], dose: str, **period: str) -> dict[str, Any]:
    made: dict[str, Any] = {"resourceType": "MedicationStatement", "status": "unknown", "subject": WHO,
            "medicationCodeableConcept": code, "dateAsserted": NOW.isoformat(), "dosage": [{"text": dose}]}  # fmt: skip
    return made | ({"effectivePeriod": period} if period else {})


SNOMED = blocks.concept(Code(value="91935009", system="2.16.840.1.113883.6.96", name="Peanøttallergi"), "")
TOLD = [
    problem(coded("7170", "K77", "Hjertesvikt", "Hjertesvikt, EF 38 %"), onsetDateTime="2019-03-01"),
    problem(coded("7110", "I48.9", "Atrieflimmer"), "provisional"),
    problem({"text": "Fall i hjemmet"}, onsetDateTime="2025", abatementDateTime="2026-02"),
    medicine(coded("7180", "C03CA01", "Furosemid", "Furix tab 40 mg"), "1 tablett morgen\n1 middag", start="2026-11-01"),
    medicine({"text": "Tran"}, "1 ss", start="2020-01-01", end="2026-12-31"),
    allergy(coded("7180", "J01CE02", "Fenoksymetylpenicillin", "Penicillin")), allergy(SNOMED), allergy({"text": "Plaster"}),
]  # fmt: skip


def message(kind: str, *words: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Communication", "category": [{"coding": [{"system": filing.MESSAGE_TYPE, "code": kind}]}],
            "payload": [{"contentString": each} for each in words], **more}  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_coded_comes_out_of_our_own_reader_as_it_went_in(kind: str) -> None:
    code, body = fagdokument.from_communication(message(kind, "Tungpust i trapper.\nVerre siste uke."), TOLD, NOW)
    root = parts.read(etree.fromstring(nodes.serialize(body)))
    read = blocks.proposals(root, WHO, NOW.isoformat())
    assert read == sorted(TOLD, key=lambda one: [each["resourceType"] for each in read].index(one["resourceType"]))
    assert code.value == kind and [each.value for each in root.all("TextResultValue")] == [
        "Tungpust i trapper.\nVerre siste uke."
    ]
    again = answers.tree(root.name, answers.items(root))
    assert again == root


def test_it_is_read_in_few_lines_and_no_allergy_stands_among_the_medicines() -> None:
    _, body = fagdokument.from_communication(message("HENVISNING_NYTILSTAND", "Tungpust.\nVerre."), TOLD, NOW)
    told = lettertelling.paragraphs(body)
    assert told == [
        "Diagnoser\n– Hjertesvikt (K77), Hjertesvikt, EF 38 %, Forløp (FO): Fra 01.03.2019\n– Atrieflimmer (I48.9), "
        "Diagnosestatus (DI): Tentativ (1)\n– Fall i hjemmet, Forløp (FO): Fra 2025, Forløp (FO): Til 2026-02",
        "Aktuell problemstilling (PROB)\nTungpust.\nVerre.",
        "Legemidler\n– Furosemid (C03CA01), Furix tab 40 mg, 1 tablett morgen 1 middag, fra 01.11.2026, Benyttes "
        "regelmessig (6)\n– Tran, 1 ss, fra 01.01.2020, til 31.12.2026, Benyttes regelmessig (6)",
        "Overfølsomhet\n– Fenoksymetylpenicillin (J01CE02), Penicillin, Allergisk overfor (10)\n– Peanøttallergi "
        "(91935009), Allergisk overfor (10)\n– Plaster, Allergisk overfor (10)",
    ]
    odd = etree.fromstring(nodes.serialize(body).replace(b"</Diagnosis>", b"<Merknad>Usikker</Merknad></Diagnosis>"))
    assert "– Merknad: Usikker" in "\n".join(lettertelling.paragraphs(odd)).splitlines()  # nothing is left out


ORDER = {
    "resourceType": "ServiceRequest", "priority": "stat", "occurrenceDateTime": "2026-12-01",
    "category": [{"text": "Henvisning"}, coded("8248", "1", "Utredning"), coded("8455", "10", "Utredning/behandling")],
    "code": coded("8451", "150", "Hjertesykdommer"), "reasonCode": [coded("7170", "K77", "Hjertesvikt")],
}  # fmt: skip


async def welcomed(office: Office) -> Places:
    """Return the places, where the hospital takes referrals and epikriser."""
    places = await make(office)
    takes = (*TYPES, "DIALOG_HELSEFAGLIG")
    await addresses.put(places.office.database, [
        Address(her_id=HEART.her_id, name=HEART.name, ours=False, parent=HEART.parent, takes=takes,
                endpoint="http://127.0.0.1:1/exchange/local")])  # fmt: skip
    return places


async def about(places: Places, subject: str = "") -> Stored:
    """Return a problem in Astrid's record, or another's."""
    who = {"reference": subject or places.astrid.reference}
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        return await journal.create(work, problem(coded("7170", "K77", "Hjertesvikt"), "confirmed") | {"subject": who})


async def goes(places: Places, kind: str, *named: str, order: dict[str, Any] | None = None, **more: Any) -> Stored:
    """Let the doctor send a message."""
    told = {"about": [{"reference": each} for each in named]} if named else {}
    made = message(kind, "Tungpust i trapper.", subject={"reference": places.astrid.reference}, **told, **more)
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        return await sending.send(work, made, to=HEART.her_id, beside=[order] if order else [])


async def bytes_of(places: Places) -> bytes:
    (row,) = await places.rows("SELECT body FROM message_out WHERE type <> 'APPREC'")
    return bytes(row["body"])


async def test_a_referral_is_the_same_order_to_whoever_gets_it(office: Office) -> None:
    places = await welcomed(office)
    sent = await goes(places, TYPES[0], (await about(places)).reference, order=ORDER)
    (ours,) = await places.found("ServiceRequest")
    assert sent.resource["basedOn"] == [{"reference": f"ServiceRequest/{ours['id']}"}]
    assert (
        ours["requester"]["reference"] == places.doctor.id and ours["performer"][0]["identifier"]["value"] == "99000031"
    )
    body = (await bytes_of(places)).replace(sent.resource["identifier"][0]["value"].encode(), b"en-annen")
    us = Address(her_id=HEART.her_id, name=HEART.name, ours=True, parent=NORDRE.parent, unit=places.practice.unit,
                 unit_id=places.practice.unit_id)  # fmt: skip
    await addresses.put(
        office.database, [us, Address(her_id=NORDRE.her_id, name=NORDRE.name, ours=False, parent=NORDRE.parent)]
    )
    await inbox.keep(office.database, body, now=office.clock())
    await delivery.receive_due(office)
    (theirs,) = [each for each in await places.found("ServiceRequest") if each["id"] != ours["id"]]
    for name in ("code", "category", "priority", "occurrenceDateTime", "reasonCode"):
        assert theirs[name] == ORDER[name] == ours[name], name
    assert [each["text"] for each in theirs["note"]] == ["Tungpust i trapper."]
    (diagnosis,) = (await places.found("List"))[0]["contained"]
    assert diagnosis["code"]["coding"] == ORDER["reasonCode"][0]["coding"]  # told once, though it is the reason too


async def test_an_epikrise_goes_under_its_own_head_with_the_notes_in_words_and_the_files_beside(office: Office) -> None:
    places = await welcomed(office)
    note, scan = (base64.b64encode(each).decode() for each in ("Ro og væske.".encode(), b"%PDF-1.7 x"))
    subject = {"reference": places.astrid.reference}
    async with office.work(JOB, Purpose.SYSTEM) as work:
        named = [
            (
                await journal.create(
                    work,
                    {
                        "resourceType": "DocumentReference",
                        "status": "current",
                        "subject": subject,
                        "date": "2026-11-22T10:00:00+01:00",
                        "content": [{"attachment": {"contentType": kind, "data": data, "title": title}}],
                    },
                )
            ).reference
            for kind, data, title in (("text/plain", note, "Notat"), ("application/pdf", scan, "Røntgen"))
        ]
        stay = await journal.create(work, {"resourceType": "Encounter", "status": "finished", "subject": subject, "class": {
            "system": f"{HL7}v3-ActCode", "code": "IMP"}, "period": {"start": "2026-11-20", "end": "2026-11-22"}})  # fmt: skip
    await goes(places, "EPIKRISE", *named, encounter={"reference": stay.reference})
    root = etree.fromstring(await bytes_of(places))
    assert nodes.local(root) == "Message" and "epikrise/2012-02-15" in nodes.namespace(root)
    report = root.find("{*}ServRprt")
    assert [nodes.local(each) for each in report] == [
        "ServType", "IssueDate", "Status", "MsgDescr", "Patient", "ServProvider", "Requester", "Event", "ReasonAsText",
        "ReasonAsText", "RefDoc"]  # fmt: skip
    envelope = opened(await bytes_of(places)).envelope
    assert envelope is not None and envelope.patient is not None
    assert (envelope.sender.her_id, envelope.receiver.her_id) == (NORDRE.her_id, HEART.her_id)
    assert envelope.sender.professional and envelope.sender.professional.ident("HPR")
    assert (envelope.patient.name, envelope.patient.idents[0].value) == ("Astrid Nordli", ASTRID)
    assert [(each.title, each.data) for each in envelope.attachments] == [("Røntgen", b"%PDF-1.7 x")]
    told = "\n".join(fagdokument.in_words(envelope).paragraphs)
    for said in ("Notat 22.11.2026", "Ro og væske.", "Heldøgnsopphold", "Inn: 20.11.2026"):
        assert said in told
    async with office.work(
        places.doctor, Purpose.TREATMENT
    ) as work:  # nobody there took it: to another, under its own head
        (row,) = await places.rows("SELECT msg_id FROM message_out")
        await office.database.execute("UPDATE message_out SET state = 'failed'")
        gone = await following.find(work, row["msg_id"], content=True)
        await addresses.put(office.database, [Address(her_id=99000051, name="Strandby", ours=False, endpoint="edi:")])
        new = await following.send_elsewhere(work, gone, 99000051, "Har byttet fastlege")
    (row,) = await places.rows("SELECT body FROM message_out WHERE msg_id = $1", new)
    again = opened(row["body"]).envelope
    assert again is not None and (again.receiver.her_id, again.attachments) == (99000051, envelope.attachments)
    assert fagdokument.in_words(again).paragraphs[-2:] == fagdokument.in_words(envelope).paragraphs[-2:]


async def test_a_referral_that_came_goes_on_as_it_was_with_our_assessment(office: Office) -> None:
    places = await welcomed(office)
    first = """<Henvisning xmlns="http://ehelse.no/xmlstds/henvisning/2017-11-30"><ReqServ><Priority V="NORM"/></ReqServ>
      <Diagnosis><Concept V="L89" S="2.16.578.1.12.4.1.1.7170" DN="Hofteleddsartrose"/></Diagnosis>
      <IndividuellPlan><Koordinator V="1" S="q" DN="Ja"/></IndividuellPlan></Henvisning>"""
    from tests.exchange.test_fagdokument import carried, comes

    assert await comes(places, carried(TYPES[0], first)) == ""
    (form,), (came,) = await places.found("QuestionnaireResponse"), await places.found("ServiceRequest")
    names = (f"QuestionnaireResponse/{form['id']}", f"ServiceRequest/{came['id']}")
    await goes(places, TYPES[1], *names, reasonCode=[coded("8444", "3", "Rett til nødvendig helsehjelp")])
    envelope = opened(await bytes_of(places)).envelope
    assert envelope is not None
    root = parts.read(envelope.body)
    before = parts.read(etree.fromstring(first))
    assert [each for each in root.parts if each in before.parts] == [*before.parts[:2], before.parts[2]]
    assert root.said("RettTilHelsehjelp") == "3" and len([*root.all("Diagnosis")]) == 1
    (said,) = root.all("ReasonAsText")
    assert (said.said("Heading"), said.said("TextResultValue")) == ("VU", "Tungpust i trapper.")


@pytest.mark.parametrize(("code", "how"), [
    ("AK-X034", {"role": "sykepleier"}), ("AK-X033", {"takes": ("DIALOG_HELSEFAGLIG",)}), ("AK-X035", {"other": True}),
    ("AK-X032", {"type": "Observation"}), ("AK-X001", {"blank": True}), ("AK-J001", {"gone": True}),
])  # fmt: skip
async def test_what_must_not_go_does_not(office: Office, code: str, how: dict[str, Any]) -> None:
    places = await welcomed(office)
    actor, named = places.doctor, [(await about(places)).reference]
    if "role" in how:
        actor = replace(await staff(office, places.practice, "Berg", role=how["role"]))
    if "takes" in how:
        known = (await addresses.find(office.database, [HEART.her_id]))[HEART.her_id]
        await addresses.put(office.database, [replace(known, takes=how["takes"])])
    if "other" in how:
        named = [(await about(places, (await patient(office, at=places.practice)).reference)).reference]
    if "type" in how:
        async with office.work(JOB, Purpose.SYSTEM) as work:
            measured = {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}}
            named = [
                (await journal.create(work, measured | {"subject": {"reference": places.astrid.reference}})).reference
            ]
    made = message(TYPES[0], "Tungpust", about=[{"reference": each} for each in named])
    if "blank" in how:
        made = message(TYPES[0], "  ")
    if "gone" in how:
        made["about"] = [{"reference": "Condition/finnes-ikke"}]
    with pytest.raises(Refused, match=code):
        async with office.work(actor, Purpose.TREATMENT) as work:
            await sending.send(
                work, made | {"subject": {"reference": places.astrid.reference}}, to=HEART.her_id, beside=[ORDER]
            )
    assert await places.counts() == {} and await places.found("ServiceRequest") == []


XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{space}" elementFormDefault="qualified">
  <xs:element name="Message"><xs:complexType><xs:sequence><xs:any processContents="skip" minOccurs="{least}"
  maxOccurs="99"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""


@pytest.mark.parametrize("least", [2, 50])
async def test_the_operators_schema_is_held_to_before_anything_goes(office: Office, tmp_path: Path, least: int) -> None:
    places = await welcomed(office)
    space = "http://www.kith.no/xmlstds/epikrise/2012-02-15"
    (tmp_path / "epikrise.xsd").write_text(XSD.format(space=space, least=least))
    office.schema = Schemas(tmp_path).check
    if least == 2:
        await goes(places, "EPIKRISE")
    else:
        with pytest.raises(Refused, match="AK-X031"):
            await goes(places, "EPIKRISE")
    assert bool(await places.counts()) is (least == 2)


def a_status(code: str, name: str, parent: str, first: str, msg_id: str) -> bytes:
    """Return a status on a referral as the hospital writes it."""
    ref = f"{conversation(parent, first)}<mh:Sender>"
    return written("Se vedtak.", msg_id=msg_id).replace(b"<mh:Sender>", ref.encode()).replace(
        b'"DIALOG_HELSEFAGLIG"', b'"DIALOG_STATUS_HENVISNING"').replace(
        f'V="6" S="{V}7322" DN="Henvendelse om pasient"'.encode(), f'V="{code}" S="{V}9148" DN="{name}"'.encode())  # fmt: skip


async def test_a_status_leads_to_our_order_and_stands_on_it(office: Office) -> None:
    places = await welcomed(office)
    sent = await goes(places, TYPES[0], order=ORDER)
    ours = sent.resource["identifier"][0]["value"]
    for number, (code, name, parent, state) in enumerate(
        (("2", "Rett til helsehjelp", ours, "active"), ("4", "Henvisningen er avvist", "deres-egen", "revoked"))
    ):
        body = a_status(code, name, parent, ours, f"status-{number}")
        await inbox.keep(office.database, body, now=office.clock(), envelope_from=HEART.her_id)
        await delivery.receive_due(office)
        (order,) = await places.found("ServiceRequest")
        (told,) = [each["valueCodeableConcept"] for each in order["extension"] if each["url"] == STATUS]
        assert (told["coding"][0]["code"], order["status"]) == (code, state)
    answers_ = [each for each in await places.found("Communication") if each.get("inResponseTo")]
    assert [each["basedOn"] for each in answers_] == [[{"reference": f"ServiceRequest/{order['id']}"}]] * 2
    stranger = await unit(office, "Et annet sykehus")
    assert stranger.unit
    await addresses.put(office.database, [Address(her_id=99000071, name="Fjern", ours=False, endpoint="edi:")])
    far = (
        a_status("1", "Innkalles", ours, ours, "fremmed")
        .replace(b"99000033", b"99000071")
        .replace(b"99000031", b"99000071")
    )
    await inbox.keep(office.database, far, now=office.clock())
    await delivery.receive_due(office)
    assert (await places.found("ServiceRequest"))[0]["extension"] == order["extension"]  # only who was asked can say
