"""What another organisation holds about a patient, asked for by its FHIR API: shown here, and kept nowhere.

Each look is two works: what is asked, of whom and by which decision stands in the log before anything leaves. An answer
that is not about the patient who was asked about is not believed, nor any part of it.

Source   pjl §§ 19, 22 (access across organisations, logged by both); the national trust framework (docs/attestation.md)
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from akson.access.asking import Act, Ask
from akson.access.blocking import objects
from akson.access.facts import Facts
from akson.access.roles import OUTSIDE
from akson.base.errors import Refused
from akson.base.work import Actor, Kind, Purpose, Work
from akson.exchange.vouching import Vouched, vouch
from akson.fhir import checks
from akson.patient.reading import reference
from akson.record import journal
from akson.record.deciding import asked, facts_for
from akson.registers.sources import Source

TYPES: Final = ("AllergyIntolerance", "Condition", "MedicationStatement", "DocumentReference")
MOST: Final = 100  # of each type
_BINARY: Final = re.compile(r"Binary/[A-Za-z0-9\-.]{1,64}")
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_NOT_GIVEN: Final = frozenset({401, 403, 404, 410})
Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Held:
    """What an organisation answered. known: it knows the patient; found: by type, None where it gives none of it.

    more   types of which there was more than is shown
    """

    known: bool
    found: Mapping[str, Sequence[Resource] | None]
    more: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a document. mime: as its source says."""

    mime: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document, and the files in it."""

    resource: Resource
    files: tuple[File, ...]


async def overview(work: Work, patient: str, source: Source) -> Held:
    """Return what an organisation holds: allergies, problems, medicines, documents.

    patient  id of the Patient
    Raises   Refused: as a read of the record; AK-X022 the citizen has closed the record to them, AK-X023 they do not
             answer, AK-X024 they say no, AK-X025 the answer cannot be read, or is about somebody else, AK-X026 nobody
             can vouch for the actor
    Leaves   the decision and whom it was told to, in the access log, before anything is asked
    """
    them = await _begun(work, patient, source, "list")
    person = await them.person()
    if person is None:
        return Held(known=False, found={})
    answers = await asyncio.gather(*(them.search(f"{type_}?patient={person}&_count={MOST}", type_) for type_ in TYPES))
    given = {type_: answer for type_, answer in zip(TYPES, answers, strict=True) if answer is not None}
    if not given:
        raise Refused("AK-X024", name=source.name)
    for found, _ in given.values():
        them.believe(found, person)
    return Held(known=True, found={type_: given[type_][0] if type_ in given else None for type_ in TYPES},
                more=frozenset(type_ for type_, (_, more) in given.items() if more))  # fmt: skip


async def document(work: Work, patient: str, source: Source, id_: str) -> Document:
    """Return one document that an organisation holds, with its files.

    Raises  as `overview`; AK-J001 there is no such document
    """
    if not _ID.fullmatch(id_):
        raise Refused("AK-J001")
    them = await _begun(work, patient, source, f"document/{id_}")
    person = await them.person()
    found = await them.read(f"DocumentReference/{id_}", "DocumentReference") if person else None
    if found is None or person is None:
        raise Refused("AK-J001")
    them.believe([found], person)
    return Document(resource=found, files=tuple([await them.file(each["attachment"]) for each in found["content"]]))


async def _begun(work: Work, patient: str, source: Source, what: str) -> _Asked:
    """Vouch for the actor, and leave that in the log: a work of its own, over before anything is asked.

    what  of audit/words-nb.toml [asked]
    """
    try:
        async with work.office.work(work.actor, work.purpose, screen=work.screen, request=work.request) as own:
            vouched = await _vouched(own, patient, source, f"asked {what} {source.name}")
    except Refused as refused:
        raise Refused("AK-X026", detail=refused.diagnostics) if refused.code == "AK-L025" else refused from None
    return _Asked(source=source, vouched=vouched)


async def _vouched(work: Work, patient: str, source: Source, what: str) -> Vouched:
    owner = (await journal.key_of(work, "Patient", patient))[0]
    facts = (await facts_for(work, [owner])).get(owner)
    if facts and asked(work, facts, None, Act.READ).permit and await _closed(work, facts, source):
        work.saw(owner, what, outcome="refuse")
        raise Refused("AK-X022", name=source.name)
    vouched = await vouch(work, patient)
    work.saw(owner, what)
    return vouched


async def _closed(work: Work, facts: Facts, source: Source) -> bool:
    """Say whether the citizen has closed the record to them, to all outside or to everybody; then none is asked."""
    known = await work.office.register.known(work.office.hasher, patient="", person="", hpr="",
                                             legal_entity=source.number, point_of_care="")  # fmt: skip
    them = Actor(kind=Kind.STAFF, id="", key=0, name=source.name, role="", unit=known.legal_entity,
                 controller=known.legal_entity, numbered=known.numbered)  # fmt: skip
    readers = (them, replace(them, role=OUTSIDE))
    return any(objects(Ask(reader, Purpose.TREATMENT, facts, None, Act.READ, work.now)) for reader in readers)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """One organisation, asked by one decision."""

    source: Source
    vouched: Vouched

    async def person(self) -> str | None:
        """Return the id they know the patient by; None when they do not. Raises Refused AK-X024, AK-X025."""
        answer = await self.search("Patient?_count=2", "Patient")
        if answer is None:
            raise Refused("AK-X024", name=self.source.name)
        known = answer[0]
        theirs = [one.get("value") for each in known for one in each.get("identifier", ())]
        if known and (len(known) > 1 or self.vouched.patient not in theirs or "id" not in known[0]):
            raise self._unread()
        return str(known[0]["id"]) if known else None

    async def search(self, path: str, type_: str) -> tuple[list[Resource], bool] | None:
        """Return the resources of a type that are found, and whether there are more; None when they are not given."""
        body = await self.read(path, "Bundle")
        if body is None:
            return None
        hits = [entry.get("resource", {}) for entry in body.get("entry", ())]
        found = [hit for hit in hits if hit.get("resourceType") == type_]
        return found, any(link["relation"] == "next" for link in body.get("link", ()))

    def believe(self, found: Sequence[Resource], person: str) -> None:
        """Take what is about the patient, as a whole. Raises Refused AK-X025 where anything is about somebody else."""
        meant = {f"Patient/{person}", f"{self.source.base}/Patient/{person}"}
        if any(reference(each.get("patient") or each.get("subject")) not in meant for each in found):
            raise self._unread()

    async def read(self, path: str, type_: str) -> Resource | None:
        """Return one resource; None when it is not there, or not given."""
        try:
            answer = await self.source.get(self.vouched, path)
        except Refused as refused:
            raise Refused("AK-X023", name=self.source.name, detail=refused.code) from None
        if answer.status_code in _NOT_GIVEN:
            return None
        if answer.status_code != 200:
            raise Refused("AK-X023", name=self.source.name, detail=f"status {answer.status_code}")
        try:
            return checks.check(answer.content, expected=type_).data
        except checks.Invalid:
            raise self._unread() from None

    async def file(self, attachment: Resource) -> File:
        """Return a file: as it stands in the document, or where that says, with the same organisation only."""
        path = str(attachment.get("url", "")).removeprefix(f"{self.source.base}/")
        kept = "data" not in attachment and _BINARY.fullmatch(path)
        held = await self.read(path, "Binary") or {} if kept else attachment
        mime = str(attachment.get("contentType") or held.get("contentType", ""))
        return File(mime=mime, data=base64.b64decode(held.get("data", "")))

    def _unread(self) -> Refused:
        return Refused("AK-X025", name=self.source.name)
