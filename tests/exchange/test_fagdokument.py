"""Documents that are not taken apart yet can all the same be read to the end, and stand in the right record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from akson.base.work import Purpose
from akson.exchange import delivery, erasing, hodemelding, inbox, prose
from akson.exchange.envelope import Code
from akson.exchange.messages import fagdokument
from akson.exchange.opening import opened
from akson.record.office import Office
from tests.exchange.letters import sample, written
from tests.exchange.places import Places, make
from tests.offices import JOB

READY = """<MeldingUtskrivningsklarPasient xmlns="http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"
  xmlns:po="http://www.kith.no/xmlstds/po/poKomponent/2012-04-01"><po:TidsfestetHendelse>
  <po:Hendelsekode V="3" S="2.16.578.1.12.4.1.1.9121" DN="Utskrivningsklar"/>
  <po:TidspunktForHendelse V="2026-11-23T14:00:00"/></po:TidsfestetHendelse></MeldingUtskrivningsklarPasient>"""
REFERRAL = """<Henvisning xmlns="http://ehelse.no/xmlstds/henvisning/2017-11-30"><ReqServ><Purpose V="10" DN="Utredning"/>
  </ReqServ><Diagnosis><Concept V="I50.9" S="2.16.578.1.12.4.1.1.7110" DN="Hjertesvikt"/></Diagnosis></Henvisning>"""
LETTER = sample("svar-1.4.xml").decode().replace("labsvar/2012-02-15", "epikrise/2012-02-15").replace(
    "SVAR_LAB", "EPIKRISE").replace("ServReport>", "ServRprt>")  # fmt: skip


def carried(kind: str, content: str, name: str = "", *, test: bool = False) -> bytes:
    """Return a document in a Hodemelding."""
    envelope = opened(written()).envelope
    assert envelope is not None
    return hodemelding.build(
        replace(envelope, type=Code(value=kind, name=name), body=etree.fromstring(content), test=test)
    )


async def comes(places: Places, body: bytes) -> str:
    """Let a message in; return the code it is answered with."""
    await inbox.keep(places.office.database, body, now=places.office.clock())
    await delivery.receive_due(places.office)
    (row,) = await places.rows("SELECT fault_code FROM message_in")
    return str(row["fault_code"])


@pytest.mark.parametrize(("body", "name", "said", "priority"), [
    (carried("LOG_UTSKRIVNINGSKLAR", READY), "Melding om utskrivningsklar pasient",
     ("– Hendelsekode: Utskrivningsklar (3)", "– Tidspunkt for hendelse: 23.11.2026 14.00"), "urgent"),
    (carried("HENVISNING_NYTILSTAND", REFERRAL), "Henvisning", ("– Formål: Utredning (10)", "– Hjertesvikt (I50.9)"),
     "routine"),
    (carried("HENVISNING_NYTILSTAND", REFERRAL.replace("</ReqServ>", '<Priority V="OHJELP"/></ReqServ>')), "Henvisning",
     ("– Formål: Utredning (10)",), "stat"),
    (LETTER.encode(), "Epikrise", ("– – Tekst: Hjertesvikt",), "routine"),
    (carried("EPIKRISE", LETTER.partition("?>")[2]), "Epikrise", ("Kommentar: Prøven var noe hemolysert.",), "routine"),
])  # fmt: skip
async def test_a_document_is_read_in_words_and_lies_there_whole(
    office: Office, body: bytes, name: str, said: tuple[str, ...], priority: str
) -> None:
    places = await make(office)
    assert await comes(places, body) == ""
    (message,), (task,) = await places.found("Communication"), await places.found("Task")
    told = "\n".join(part.get("contentString", "") for part in message["payload"]).splitlines()
    assert set(said) <= set(told), told
    assert message["subject"] == {"reference": places.astrid.reference}
    assert (task["priority"], task["description"].partition(" – ")[0]) == (priority, name)
    due = {"urgent": timedelta(hours=2), "routine": timedelta(days=7), "stat": timedelta(hours=4)}[priority]
    assert task["restriction"]["period"]["end"] == (office.clock() + due).isoformat()
    files = [part["contentAttachment"] for part in message["payload"] if "contentAttachment" in part]
    assert [(each["title"], each["contentType"]) for each in files] == [(f"{name} (XML)", "application/xml")]


@pytest.mark.parametrize("body", [
    carried("LOG_UTSKREVET", READY),
    carried("HENVISNING_NYTILSTAND", REFERRAL.replace("2017-11-30", "2031-01-01")),
    carried("EPIKRISE", READY),
    LETTER.replace("EPIKRISE", "HENVISNING_VIDERE").encode(),
])  # fmt: skip
async def test_another_content_than_the_type_says_is_refused_and_kept(office: Office, body: bytes) -> None:
    places = await make(office)
    assert await comes(places, body) == "T10"
    assert await places.found("Communication") == []
    assert len(await inbox.for_humans(office.database, None)) == 1


@pytest.mark.parametrize(("xml", "lines"), [
    ("<a><B V='1'/></a>", ["B: 1"]),
    ("<a><InfoOmHJELPMidler>Rullator</InfoOmHJELPMidler></a>", ["Info om HJELP midler: Rullator"]),
    ("<a><Dose V='5' U='mg'/></a>", ["Dose: 5 mg"]),
    ("<a><Dato V='2026-11-24'/><Ja>true</Ja></a>", ["Dato: 24.11.2026", "Ja: ja"]),
    ("<a><Tid V='2026-11-23T23:30:00.000Z'/></a>", ["Tid: 24.11.2026 00.30"]),  # by the clock here, whatever the sender's
    ("<a><Tid V='2026-07-01T09:00:00-04:00' DN='Inn'/></a>", ["Tid: Inn"]),
    ("<a><Tid>2026-07-01T09:00:00+00:00</Tid><Tid>2026-07-01T09:00:00</Tid><Tid>2026-07-01T09:00 ca.</Tid></a>",
     ["Tid: 01.07.2026 11.00", "Tid: 01.07.2026 09.00", "Tid: 01.07.2026 09.00"]),
    ("<a><Tid V='0001-01-01T00:00:00+05:00'/></a>", ["Tid: 01.01.0001 00.00"]),
    ("<a><Tekst><p>Ett</p><p>To</p></Tekst></a>", ["Tekst: Ett\n\nTo"]),
    ("<a><Pasient><Ident><Id>1</Id></Ident><Navn>Astrid</Navn></Pasient></a>", ["Pasient\n– Navn: Astrid"]),
    ("<a><Tom/></a>", ["(Meldingen har ingen tekst.)"]),
])  # fmt: skip
def test_every_element_is_told_by_its_name(xml: str, lines: list[str]) -> None:
    assert prose.paragraphs(etree.fromstring(xml)) == lines


def test_a_document_without_end_is_cut_and_says_so() -> None:
    many = etree.fromstring("<a>" + "<B>x</B>" * (prose.MOST_LINES + 5) + "</a>")
    told = prose.paragraphs(many)
    assert len(told) == prose.MOST_LINES + 1 and told[-1].startswith("(Resten står i den opprinnelige meldingen")


def test_every_document_has_a_name_of_its_own() -> None:
    assert len({one.name for one in fagdokument.DOCUMENTS.values()}) == len(fagdokument.DOCUMENTS)


DISCHARGE = """<Message xmlns="http://www.kith.no/xmlstds/epikrise/2012-02-15"><Type V="EPIKRISE"/>
  <MsgId>epi-1</MsgId><GenDate V="2026-11-23T09:00:00"/><ServRprt><ServType V="N"/><Patient><Name>Nordli, Astrid</Name>
  <OffId>14834142059</OffId></Patient><Diagnosis><Concept V="I50.9" S="2.16.578.1.12.4.1.1.7110" DN="Hjertesvikt"/>
  </Diagnosis><ReasonAsText><Heading V="FO" S="2.16.578.1.12.4.1.1.8231" DN="Forløp"/><TextResultValue>Bedre.
  </TextResultValue></ReasonAsText>{medicines}</ServRprt></Message>"""
TOLD = """<Medication><DrugId V="{atc}" S="2.16.578.1.12.4.1.1.7180" DN="{name}"/><Status V="{status}"/>
  <DosageText>1 x 1</DosageText></Medication>"""


async def test_an_epikrise_proposes_what_it_tells_and_the_form_names_nobody(office: Office) -> None:
    places = await make(office)
    told = (("C03CA01", "Furosemid", "2"), ("J01CE02", "Penicillin", "10"), ("M01AE01", "Ibuprofen", "4"))
    medicines = "".join(TOLD.format(atc=atc, name=name, status=status) for atc, name, status in told)
    assert await comes(places, carried("EPIKRISE", DISCHARGE.format(medicines=medicines))) == ""
    (proposed,), (form,), (message,) = [
        await places.found(each) for each in ("List", "QuestionnaireResponse", "Communication")
    ]
    drafts = {each["resourceType"]: each for each in proposed["contained"]}
    assert drafts.keys() == {"Condition", "MedicationStatement", "AllergyIntolerance"}  # the one to stop is no medicine
    assert drafts["Condition"]["code"]["coding"][1] == {
        "system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9", "display": "Hjertesvikt"
    }  # fmt: skip
    assert drafts["MedicationStatement"]["dosage"] == [{"text": "1 x 1"}]
    assert drafts["AllergyIntolerance"]["code"]["text"] == "Penicillin"
    assert "14834142059" not in str(form) and "I50.9" in str(form) and "Forløp" in str(form)
    assert {each["reference"] for each in message["about"]} == {
        f"List/{proposed['id']}", f"QuestionnaireResponse/{form['id']}"
    }  # fmt: skip
    assert await places.found("Condition") == []


ASKING = """<Henvisning xmlns="http://ehelse.no/xmlstds/henvisning/2017-11-30"><ReqServ><ReqDate V="2026-11-23"/><Service>
  <MedSpeciality V="050" S="2.16.578.1.12.4.1.1.8451" DN="Ortopedi"/></Service></ReqServ><Diagnosis><Concept V="L89"
  S="2.16.578.1.12.4.1.1.7170" DN="Hofteleddsartrose"/></Diagnosis><ReasonAsText><Heading V="BG" DN="Begrunnelse"/>
  <TextResultValue>Smerter i hofte.</TextResultValue></ReasonAsText></Henvisning>"""


@pytest.mark.parametrize("test", [False, True])
async def test_a_referral_asks_our_unit_for_something_unless_it_is_a_test(office: Office, *, test: bool) -> None:
    places = await make(office)
    assert await comes(places, carried("HENVISNING_NYTILSTAND", ASKING, test=test)) == ""
    asked = await places.found("ServiceRequest")
    assert len(asked) == (not test)
    if test:
        return
    (one,), (message,) = asked, await places.found("Communication")
    assert (one["status"], one["intent"], one["code"]["text"]) == ("active", "order", "Ortopedi")
    assert one["performer"][0]["reference"] == places.practice.unit_id
    assert one["occurrenceDateTime"] == "2026-11-23" and one["note"] == [{"text": "Smerter i hofte."}]
    assert one["reasonCode"][0]["coding"][1]["system"] == "http://hl7.org/fhir/sid/icpc-2"
    async with office.work(JOB, Purpose.SYSTEM) as work:
        gone = await erasing.all_of(work, message["id"])
    assert f"ServiceRequest/{one['id']}" in gone  # filed in the wrong record it leaves with its message
