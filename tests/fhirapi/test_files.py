"""A file that is not what it says to be, or that has malware in it, is refused with its place, whichever way it comes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from akson.base.clamd import Scanner
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.fhir import bodies
from akson.record import journal
from akson.record.office import Office
from tests.offices import JOB, LOADING, VENDOR, patient
from tests.scanners import EICAR, peer

EXE = base64.b64encode(b"MZ\x90\x00\x03\x00").decode()
PDF = base64.b64encode(b"%PDF-1.7\n").decode()


def document(person: str, data: str) -> dict[str, Any]:
    return {"resourceType": "DocumentReference", "status": "current", "subject": {"reference": person},
            "content": [{"attachment": {"contentType": "application/pdf", "data": data}}]}  # fmt: skip


async def test_a_program_that_names_it_wrongly_is_told_where_and_nothing_is_kept(office: Office) -> None:
    person = (await patient(office)).reference
    with pytest.raises(Refused, match="AK-F037") as refused:
        async with office.work(VENDOR, Purpose.TREATMENT) as work:
            await journal.create(work, document(person, PDF))
            await journal.create(work, document(person, EXE))
    assert refused.value.path == "DocumentReference.content[0].attachment.data"
    assert "application/pdf" in refused.value.text
    assert await office.database.fetchval("SELECT count(*) FROM resource") == 1  # the person


async def test_of_several_the_faulty_one_is_named(office: Office) -> None:
    person = (await patient(office)).reference
    drafts = [journal.draft("POST", document(person, data)) for data in (PDF, EXE)]
    for n, draft in enumerate(drafts):
        draft.path = f"Bundle.entry[{n}].resource"
    with pytest.raises(Refused, match="AK-F037") as refused:
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.write_set(work, drafts)
    assert refused.value.path == "Bundle.entry[1].resource.content[0].attachment.data"


async def test_what_a_system_that_is_phased_out_held_is_loaded_as_it_was(office: Office) -> None:
    person = (await patient(office)).reference
    async with office.work(LOADING, Purpose.SYSTEM) as work:
        stored = await journal.create(work, document(person, EXE))
    async with office.work(JOB, Purpose.SYSTEM) as work:
        kept = await journal.read(work, "DocumentReference", stored.id)
    assert kept.resource["content"][0]["attachment"]["data"] == EXE


BAD = base64.b64encode(b"%PDF-1.7\n" + EICAR).decode()


async def test_malware_is_not_taken_and_the_file_it_is_in_is_told(office: Office) -> None:
    person = (await patient(office)).reference
    async with peer() as scanner:
        office.scanner = Scanner(host="127.0.0.1", port=scanner.port)
        with pytest.raises(Refused, match="AK-F038") as refused:
            async with office.work(VENDOR, Purpose.TREATMENT) as work:
                await journal.create(work, document(person, BAD))
        async with office.work(VENDOR, Purpose.TREATMENT) as work:
            await journal.create(work, document(person, PDF))
    assert refused.value.path == "DocumentReference.content[0].attachment.data"
    assert await office.database.fetchval("SELECT count(*) FROM resource") == 2  # the person, and the clean one


@pytest.mark.parametrize(("data", "refused"), [(EXE, "AK-F037"), (BAD, "AK-F038")])
@pytest.mark.parametrize("name", ["data", "contentType"])
async def test_a_file_whose_name_is_written_in_escapes_is_looked_at_like_any(
    office: Office, name: str, data: str, refused: str
) -> None:
    person = (await patient(office)).reference
    plain = bodies.dumps(document(person, data))
    body = plain.replace(f'"{name}"'.encode(), f'"\\u{ord(name[0]):04x}{name[1:]}"'.encode())
    assert body != plain
    async with peer() as scanner:
        office.scanner = Scanner(host="127.0.0.1", port=scanner.port)
        with pytest.raises(Refused, match=refused):
            async with office.work(VENDOR, Purpose.TREATMENT) as work:
                await journal.write_set(work, [journal.draft("POST", body)])


async def test_nothing_is_taken_while_the_scanner_is_away_but_what_holds_no_file(office: Office) -> None:
    person = (await patient(office)).reference
    async with peer() as scanner:
        gone = scanner.port
    office.scanner = Scanner(host="127.0.0.1", port=gone)
    with pytest.raises(Refused, match="AK-F039") as refused:
        async with office.work(VENDOR, Purpose.TREATMENT) as work:
            await journal.create(work, document(person, PDF))
    assert refused.value.status == 503
    async with office.work(VENDOR, Purpose.TREATMENT) as work:
        await journal.create(work, {"resourceType": "Basic", "code": {"text": "x"}})
