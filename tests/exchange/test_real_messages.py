"""The real messages of other vendors go the same way as all others: filed, or refused with the right code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from akson.exchange import delivery, inbox
from akson.exchange.opening import opened
from akson.record.office import Office
from tests.exchange.places import DIALOGS_REFUSED, make, welcome


async def test_every_real_message_is_filed_or_refused_with_its_code(office: Office, shared: Path) -> None:
    places = await make(office)
    persons: dict[str, str] = {}
    codes: dict[str, str] = {}
    files = sorted((shared / "fixtures/hodemelding-dialog-apprec").glob("*.xml"))
    for number, file in enumerate(files):
        body = file.read_bytes()
        if envelope := opened(body).envelope:
            await welcome(places, envelope, persons)
            body = body.replace(envelope.msg_id.encode(), f"m-{number}".encode())  # some share one id
        await inbox.keep(office.database, body, now=office.clock(), envelope_id=file.name)
        await delivery.receive_due(office)
        (row,) = await places.rows("SELECT * FROM message_in WHERE envelope_id = $1", file.name)
        assert row["body"] == body
        codes[file.name] = row["fault_code"]
    assert {name: code for name, code in codes.items() if code} == DIALOGS_REFUSED
    filed = await places.found("Communication", ("_count", "50"))
    assert len(filed) == len(await places.found("Task", ("_count", "50"))) == len(files) - len(DIALOGS_REFUSED)
    assert {each["subject"]["reference"] for each in filed if "subject" in each} == {
        f"Patient/{i}" for i in persons.values()
    }


async def test_a_real_message_in_every_use_reads_well_in_the_record(office: Office, shared: Path) -> None:
    places = await make(office)
    persons: dict[str, str] = {}
    for file in sorted((shared / "fixtures/hodemelding-dialog-apprec").glob("*.xml")):
        envelope = opened(file.read_bytes()).envelope
        if envelope is None or file.name in ("dialogmelding_dialog_notat_pridok_bug.xml",):
            continue
        await welcome(places, replace(envelope, patient=None), persons)
        body = file.read_bytes()
        if envelope.patient:  # somebody we know, so that all uses can be filed
            body = body.replace(envelope.patient.idents[0].value.encode(), b"14834142059")
        await inbox.keep(
            office.database, body.replace(envelope.msg_id.encode(), file.name.encode()), now=office.clock()
        )
    await delivery.receive_due(office)
    assert await inbox.for_humans(office.database, None) == []
    filed = await places.found("Communication", ("_count", "50"))
    types = {each["category"][0]["coding"][0]["code"] for each in filed}
    assert types == {
        "DIALOG_HELSEFAGLIG", "DIALOG_FORESPORSEL", "DIALOG_NOTAT", "DIALOG_SVAR", "DIALOG_INNBYGGER_EKONTAKT",
        "DIALOG_INNBYGGER_RESEPTFORNYELSE", "DIALOG_INNBYGGER_TEST",
    }  # fmt: skip
    assert all(each["payload"][0]["contentString"].strip() for each in filed)
    assert len(await places.found("Binary")) == len(await places.found("DocumentReference")) > 0
