"""Answers from the laboratory: new, changed, added to, withdrawn and late, all the way into the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from akson.base.work import Purpose
from akson.clinical.vitals import pages
from akson.exchange import addresses, delivery, erasing, hodemelding, inbox, labreport, registry
from akson.exchange.addresses import Address
from akson.exchange.messages import apprec
from akson.exchange.messages.apprec import Status
from akson.exchange.opening import opened
from akson.record import journal
from akson.record.office import Office
from tests.exchange.letters import sample
from tests.exchange.places import Places, make
from tests.offices import JOB, citizen, let_pass

FIRST = sample("svar-1.4.xml")
SECOND = "2026-11-22T12:00:00+01:00"


def version(change: str, *swaps: tuple[str, str], msg_id: str = "svar-2", sent: str = SECOND) -> bytes:
    """Return a later version of the report."""
    body = FIRST.decode()
    wanted = (('<ServType V="N" DN="Ny"/>\n    <Issue', f'<ServType V="{change}"/>\n    <Issue'), ("svar-1<", f"{msg_id}<"),
              ("2026-11-22T10:00:00+01:00", sent), *swaps)  # fmt: skip
    for old, new in wanted:
        assert old in body, old
        body = body.replace(old, new)
    return body.encode()


async def comes(places: Places, *bodies: bytes) -> list[str]:
    """Let messages in, one after the other; return the error codes they are answered with."""
    for body in bodies:
        await inbox.keep(places.office.database, body, now=places.office.clock())
        await delivery.receive_due(places.office)
    rows = await places.rows("SELECT msg_id, fault_code FROM message_in ORDER BY msg_id")
    return [row["fault_code"] for row in rows]


async def results(places: Places) -> dict[str, dict[str, Any]]:
    """Return the Observations by their first code."""
    return {each["code"]["coding"][0]["code"]: each for each in await places.found("Observation")}


async def test_a_report_becomes_what_fhir_has_for_it(office: Office) -> None:
    places = await make(office)
    assert await comes(places, FIRST) == [""]
    (report,) = await places.found("DiagnosticReport")
    (specimen,) = await places.found("Specimen")
    found = await results(places)
    assert (report["status"], report["code"]["text"], len(report["result"])) == ("final", "Medisinsk biokjemi", 3)
    assert report["effectiveDateTime"] == specimen["collection"]["collectedDateTime"] == "2026-11-21T08:15:00+01:00"
    assert set(found) == {"NPU03230", "NPU19748", "EGEN", "AMP"}
    potassium, culture = found["NPU03230"], found["EGEN"]
    assert [each["code"] for each in potassium["code"]["coding"]] == ["NPU03230", "KA"]
    assert potassium["valueQuantity"] == {"value": Decimal("5.6"), "unit": "mmol/L"}
    assert potassium["referenceRange"][0]["high"] == {"value": Decimal("5.0"), "unit": "mmol/L"}
    assert [each["code"] for each in potassium["interpretation"][0]["coding"]] == ["H", "1"]
    assert potassium["specimen"] == {"reference": f"Specimen/{specimen['id']}"}
    assert found["NPU19748"]["valueQuantity"]["comparator"] == "<"
    assert culture["valueCodeableConcept"]["coding"][0] == {
        "system": "urn:oid:1.2.3", "code": "X1", "display": "Ukjent mikrobe"
    }  # fmt: skip
    assert culture["hasMember"] == [{"reference": f"Observation/{found['AMP']['id']}"}]
    assert {"reference": f"Observation/{found['AMP']['id']}"} not in report["result"]
    assert {each["subject"]["reference"] for each in (report, specimen, *found.values())} == {places.astrid.reference}


async def test_the_report_is_told_in_words_and_somebody_has_it_to_do(office: Office) -> None:
    places = await make(office)
    await comes(places, FIRST)
    (message,), (task,) = await places.found("Communication"), await places.found("Task")
    said = "\n".join(part["contentString"] for part in message["payload"])
    for line in ("Medisinsk biokjemi, endelig rapport. Rapport av 22.11.2026.", "Problemstilling: Hjertesvikt",
                 "Prøve: Serum, tatt 21.11.2026 08.15", "P-Kalium: 5,6 mmol/L (3,5 - 5,0) Over øvre referansegrense",
                 "P-CRP: < 5 mg/L (< 5)", "Dyrkning: Ukjent mikrobe: Vekst", "– Ampicillin: Følsom",
                 "Prøven var noe hemolysert."):  # fmt: skip
        assert line in said.splitlines(), (line, said)
    assert task["description"] == "Svar: Medisinsk biokjemi – fra Hjertepoliklinikken, Vestfjell sykehus"
    assert message["note"] == [{"text": "Mina Lund (Ansvarlig helsepersonell)"}]
    (report,) = await places.found("DiagnosticReport")
    assert message["about"] == [{"reference": f"DiagnosticReport/{report['id']}"}]


async def test_a_changed_report_becomes_the_next_version_and_what_is_gone_is_withdrawn(office: Office) -> None:
    places = await make(office)
    before = FIRST.decode()
    crp = before[
        before.index("<ResultItem>\n        <NumResult><Arith") : before.index("<ResultItem>\n        <TextResult>")
    ]
    changed = version("M", ('NumResultValue V="5.6"', 'NumResultValue V="4.6"'), (crp, ""))
    assert await comes(places, FIRST, changed) == ["", ""]
    (report,) = await places.found("DiagnosticReport")
    found = await results(places)
    assert report["status"] == "amended" and len(report["result"]) == 2
    assert found["NPU03230"]["valueQuantity"]["value"] == Decimal("4.6")
    assert found["NPU19748"]["status"] == "cancelled" and "valueQuantity" not in found["NPU19748"]
    assert len(found) == 4 and len(await places.found("Specimen")) == 1
    async with office.work(JOB, Purpose.SYSTEM) as work:
        potassium = await journal.history(work, "Observation", found["NPU03230"]["id"])
        crps = await journal.history(work, "Observation", found["NPU19748"]["id"])
    assert [one.resource["valueQuantity"]["value"] for one in potassium] == [Decimal("4.6"), Decimal("5.6")]
    assert "valueQuantity" in crps[-1].resource


async def test_a_withdrawn_report_says_nothing_more_and_its_history_stays(office: Office) -> None:
    places = await make(office)
    await comes(places, FIRST, version("C"))
    (report,) = await places.found("DiagnosticReport")
    found = await results(places)
    assert report["status"] == "cancelled"
    assert {each["status"] for each in found.values()} == {"cancelled"}
    assert not any(name.startswith("value") for each in found.values() for name in each)
    assert (await places.found("Communication", ("_sort", "-sent")))[0]["topic"]["text"].endswith("(trukket tilbake)")


async def test_an_older_version_that_comes_late_changes_nothing_but_is_read(office: Office) -> None:
    places = await make(office)
    assert await comes(places, version("M", ('NumResultValue V="5.6"', 'NumResultValue V="4.6"')), FIRST) == ["", ""]
    found, (report,) = await results(places), await places.found("DiagnosticReport")
    assert found["NPU03230"]["valueQuantity"]["value"] == Decimal("4.6") and report["status"] == "amended"
    late = [each for each in await places.found("Communication") if each["identifier"][0]["value"] == "svar-1"]
    assert late[0]["payload"][0]["contentString"].startswith("Denne utgaven av rapporten er eldre")
    assert len(await places.found("Task")) == 2


async def test_an_addition_leaves_what_stood_there(office: Office) -> None:
    places = await make(office)
    body = FIRST.decode()
    only = body[body.index("<ResultItem>") : body.index("<ResultItem>\n        <TextResult>")]
    added = version(
        "A", (only, ""), ('V="EGEN" DN="Dyrkning"', 'V="NYTT" DN="Nytt svar"'), ("<IdResultItem>3<", "<IdResultItem>9<")
    )
    await comes(places, FIRST, added)
    (report,) = await places.found("DiagnosticReport")
    assert report["status"] == "appended" and len(report["result"]) == 4
    assert {each["status"] for each in (await results(places)).values()} == {"final"}


async def test_two_laboratories_may_use_the_same_number(office: Office) -> None:
    places = await make(office)
    await addresses.put(office.database, [Address(her_id=99000041, name="Fürst", ours=False, endpoint="edi:")])
    other = version("N", ("<Id>99000031<", "<Id>99000041<"), ("<Id>99000033<", "<Id>99000044<"), msg_id="annen")
    assert await comes(places, FIRST, other) == ["", ""]
    assert len(await places.found("DiagnosticReport")) == 2


@pytest.mark.parametrize(("swap", "code"), [
    (("L-1001", "L&#x2028;1001 "), ""),
    (('V="5.6" U="mmol/L"', 'V="ca. 5" U="mmol/L"'), ""),
    (("<RefIdResultItem>3<", "<RefIdResultItem>finnes ikke<"), ""),
    (("2026-11-21T08:15:00", "i går"), ""),
    (("3,5 - 5,0", "fra litt til mye"), ""),
    (("<OffId>14834142059", "<OffId>14834142050"), "E31"),
    (("<OffId>14834142059", "<OffId>13916900362"), "E35"),
    (('<Status V="F" DN="Endelig rapport"/>', ""), "T02"),
    (("ServReport>", "AnnetSvar>"), "T02"),
    (("<MsgId>svar-1</MsgId>", ""), "E10"),
    (('GenDate V="2026-11-22T10:00:00+01:00"', 'GenDate V="nå"'), "T02"),
    (("2012-02-15\"", "2099-01-01\""), "T10"),
    (('V="SVAR_LAB"', 'V="SVAR_NYTT"'), "T10"),
])  # fmt: skip
async def test_odd_reports_are_taken_and_wrong_ones_get_their_code(
    office: Office, swap: tuple[str, str], code: str
) -> None:
    places = await make(office)
    assert swap[0] in FIRST.decode()
    assert await comes(places, FIRST.decode().replace(*swap).encode()) == [code]
    assert len(await inbox.for_humans(office.database, None)) == bool(code)
    assert len(await places.found("DiagnosticReport")) == (not code)


async def test_results_that_belong_to_each_other_in_a_circle_are_filed(office: Office) -> None:
    places = await make(office)
    circle = FIRST.decode().replace("<IdResultItem>1<", "<RefIdResultItem>2</RefIdResultItem><IdResultItem>1<").replace(
        "<IdResultItem>2<", "<RefIdResultItem>1</RefIdResultItem><IdResultItem>2<")  # fmt: skip
    assert await comes(places, circle.encode()) == [""]
    assert len(await places.found("Observation")) == 4


async def test_a_file_that_cannot_be_read_is_told_of_and_the_answers_are_filed(office: Office) -> None:
    places = await make(office)
    broken = ('<RefDoc><MsgType V="A"/><MimeType>application/pdf</MimeType><Description>Kurve</Description><Content>'
              '<Base64Container xmlns="http://www.kith.no/xmlstds/base64container">#!</Base64Container></Content></RefDoc>')  # fmt: skip
    body = FIRST.decode().replace("<ServReq>", broken + "<ServReq>", 1).encode()
    assert await comes(places, body) == ["X99"]
    assert len(await places.found("Observation")) == 4
    (row,) = await places.rows("SELECT body FROM message_out WHERE type = 'APPREC'")
    receipt = opened(row["body"]).receipt
    assert receipt is not None and receipt.status is Status.PARTIAL
    assert "vedlegg" in apprec.in_words(receipt)


async def test_what_one_report_became_leaves_the_record_together(office: Office) -> None:
    places = await make(office)
    await comes(places, FIRST)
    (message,) = await places.found("Communication")
    async with office.work(JOB, Purpose.SYSTEM) as work:
        found = await erasing.all_of(work, message["id"])
    assert sorted(each.partition("/")[0] for each in found) == sorted(
        ["Communication", "Task", "DiagnosticReport", "Specimen", *["Observation"] * 4]
    )


async def test_the_answers_stand_among_the_measurements(office: Office) -> None:
    places = await make(office)
    await comes(places, FIRST)
    source, lines = pages.laboratory(await places.found("Observation"))
    assert source == "21.11.2026, Hjertepoliklinikken, Vestfjell sykehus"
    assert [(line.text, line.abnormal) for line in lines] == [("P-Kalium 5,6 mmol/L", True), ("P-CRP < 5 mg/L", False)]


def test_a_report_in_a_hodemelding_reads_as_one_without() -> None:
    bare = opened(FIRST).envelope
    assert bare is not None
    inside = opened(hodemelding.build(replace(bare, test=True))).envelope
    assert inside is not None and inside.test
    for envelope in (bare, inside):
        told = registry.in_words(envelope)
        assert told is not None and told.patient == "Astrid Nordli"
        assert told.receiver == "Nordre legesenter, Fjordvik kommune"
        assert [each.name for each in labreport.read(envelope.body).all_results()] == [
            "P-Kalium", "P-CRP", "Dyrkning", "Ampicillin"
        ]  # fmt: skip


async def test_a_test_makes_no_result_and_changes_none_that_stands(office: Office) -> None:
    places = await make(office)
    await comes(places, FIRST)
    before = await results(places), await places.found("DiagnosticReport"), await places.found("Specimen")
    as_test = opened(version("M", ('V="5.6"', 'V="9.9"'))).envelope
    assert as_test is not None
    assert await comes(places, hodemelding.build(replace(as_test, test=True))) == ["", ""]
    assert (await results(places), await places.found("DiagnosticReport"), await places.found("Specimen")) == before
    (test,) = [one for one in await places.found("Communication") if "tag" in one["meta"]]
    assert "about" not in test and any("9,9" in part.get("contentString", "") for part in test["payload"])
    assert len(await places.found("Task")) == 2


async def test_what_the_controller_lets_wait_waits_with_all_that_came_with_it_and_so_does_what_is_changed(
    office: Office,
) -> None:
    places = await make(office)
    places.office.release_days = {(0, "CLIN"): 14}
    assert await comes(places, FIRST, version("E")) == ["", ""]
    types = ("DiagnosticReport", "Observation", "Specimen", "Communication", "DocumentReference", "Task")
    me = citizen(places.astrid)

    async def seen() -> dict[str, int]:
        async with places.office.work(me, Purpose.OWN) as work:
            found = await journal.chart(work, places.astrid.id, dict.fromkeys(types, 50))
        return {type_: len(hits) for type_, hits in found.items() if hits}

    everything = {type_: many for type_ in types if (many := len(await places.found(type_)))}
    assert await seen() == {} and {"DiagnosticReport", "Observation", "Specimen", "Communication"} <= everything.keys()
    let_pass(places.office, timedelta(days=14))
    assert await seen() == everything
