"""Signing, correcting and marking notes: each is one write set, and the draft goes in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from akson.access.releasing import release_in
from akson.access.roles import Permission, has
from akson.base.errors import Refused
from akson.base.work import Work
from akson.clinical.notes import drafts
from akson.clinical.notes.note import (
    ENCOUNTERS,
    Note,
    Stamp,
    contact,
    corrected,
    document,
    marked_wrong,
    problem,
)
from akson.patient import refusing
from akson.patient.chart import local
from akson.patient.reading import code, moment, reference
from akson.record import journal, releasing
from akson.record.deciding import facts_for
from akson.record.drafts import Draft
from akson.record.stored import Stored, marks_on
from akson.registers.codes import CONDITION_CLINICAL, ICPC2, icpc2

MUST_CODE: Final = frozenset({"fastlege", "legevaktlege", "sykehjemslege"})  # doctors name what a contact was about
_OVER: Final = frozenset({"cancelled", "entered-in-error"})
_ACTIVE: Final = frozenset({"active", "recurrence", "relapse"})
_SHORTEST: Final = 5  # letters in a reason


async def sign(work: Work, patient: str, id_: str, note: Note) -> Stored:
    """Sign a note: from now on it is part of the record and cannot be changed, only corrected.

    id_      minted when the note was begun; the draft has it too
    Raises   Refused AK-N001 an unknown code, AK-N002 no code, or an access refusal; then nothing is written
    Leaves   DocumentReference, Encounter unless today's contact exists, Condition for each new problem; no draft
    Source   helsepersonelloven §§ 39, 40; pasientjournalforskriften §§ 4-8
    """
    check_codes(work, note.codes)
    parts = await journal.chart(work, patient, {"Encounter": 40, "Condition": 200})
    stamp, owner = _stamp(work, patient), _owner(work, id_)
    made: list[Draft] = []
    encounter = _todays(work, note, parts["Encounter"])
    if not encounter and note.kind in ENCOUNTERS:
        made.append(_new(work, owner, _seen(note, contact(note, stamp))))
        encounter = f"Encounter/{made[0].id}"
    have = active_codes(parts["Condition"])
    wanted = [one for one in note.problems if one not in have and has(work.actor.role, Permission.WRITE_DIAGNOSES)]
    made += [_new(work, owner, _seen(note, problem(one, stamp, encounter))) for one in wanted]
    made.append(journal.draft("POST", _seen(note, document(note, stamp, encounter)), id_=id_))
    written = await journal.write_set(work, made)
    await drafts.close(work, id_, owner, patient)
    return written[-1]


async def correct(work: Work, patient: str, id_: str, version: int, note: Note, *, draft: str) -> Stored:
    """Correct a signed note by a new version; the old one stays readable.

    version  that the correction was written from
    draft    id of the draft the correction was written in
    Raises   Refused AK-J003 somebody corrected it meanwhile, AK-N003 not the author, AK-N004 marked as an error
    Source   helsepersonelloven § 42; domain rule R21
    """
    check_codes(work, note.codes)
    before = await mine(work, patient, id_)
    resource = corrected(before.resource, note, _stamp(work, patient).at)
    written = await journal.update(work, resource, id_=id_, if_match=version)
    await drafts.close(work, draft, before.owner, patient)
    return written


async def mark_wrong(work: Work, patient: str, id_: str, version: int, reason: str) -> Stored:
    """Mark a signed note as an error; it stays in the record with its reason and is shown as what it is.

    Raises  Refused AK-N005 without a reason, AK-N003, AK-N004, AK-J003
    Source  helsepersonelloven § 42
    """
    if len(reason.strip()) < _SHORTEST:
        raise Refused("AK-N005", path="grunn")
    before = await mine(work, patient, id_)
    return await journal.update(work, marked_wrong(before.resource, reason.strip()), id_=id_, if_match=version)


async def withhold(work: Work, patient: str, id_: str, version: int, *, ground: str, reason: str) -> None:
    """Keep a note from the patient, who is told that it is and why, and how to appeal.

    ground  one of withholding.GROUNDS; reason: as the patient reads it, so nothing of the note may stand in it
    Raises  Refused AK-B010 without ground and reason, AK-N003, AK-N004, AK-J003
    Source  pbrl § 5-1; domain rule R35
    """
    before = await mine(work, patient, id_)
    await refusing.refuse(work, before, version, ground=ground, reason=reason)


async def give_insight(work: Work, patient: str, id_: str, version: int) -> None:
    """Let the patient see a note that was kept from them. Raises Refused AK-N003, AK-N004, AK-J003."""
    await refusing.give(work, await mine(work, patient, id_), version)


async def release(work: Work, patient: str, id_: str, version: int) -> None:
    """Let the patient see a note now that was to be seen later, with the contact and problems it was signed with.

    Raises  Refused AK-N003, AK-N004, AK-J003
    Source  domain rule C1
    """
    before = await mine(work, patient, id_)
    code = release_in(marks_on(before.resource), work.now)
    if not code or before.version != version:
        raise Refused("AK-J003", expected=version, current=before.version)
    facts = (await facts_for(work, [before.owner]))[before.owner]
    together = [f"{one.type}/{one.id}" for one in facts.labelled
                if code in one.security and one.author == work.actor.key]  # fmt: skip
    for hit in (await journal.read_many(work, together)).values():
        await journal.update(work, releasing.sooner(hit.resource, work.now), id_=hit.id, if_match=hit.version)


async def mine(work: Work, patient: str, id_: str) -> Stored:
    """Return a note that the actor wrote and may correct.

    Raises  Refused AK-J001, AK-N003, AK-N004, or an access refusal
    """
    before = await journal.read(work, "DocumentReference", id_)
    if reference(before.resource.get("subject")) != f"Patient/{patient}":
        raise Refused("AK-J001")
    if not is_author(work, before.resource):
        raise Refused("AK-N003")
    if before.resource.get("status") != "current":
        raise Refused("AK-N004")
    return before


def is_author(work: Work, resource: dict[str, Any]) -> bool:
    """Tell whether the actor wrote the note."""
    return work.actor.id in map(reference, resource.get("author", ()))


def active_codes(conditions: list[Stored]) -> set[str]:
    """Return the ICPC-2 codes of the problems that are active."""
    known = (hit.resource for hit in conditions)
    active = (one for one in known if code(one.get("clinicalStatus"), CONDITION_CLINICAL) in _ACTIVE)
    return {code(one.get("code"), ICPC2) for one in active} - {""}


def check_codes(work: Work, chosen: Sequence[str]) -> None:
    """Check what a note is to be coded with. Raises Refused AK-N001 an unknown code, AK-N002 no code."""
    if unknown := [one for one in chosen if one not in icpc2()]:
        raise Refused("AK-N001", typed=unknown[0])
    if not chosen and work.actor.role in MUST_CODE:
        raise Refused("AK-N002")


def _todays(work: Work, note: Note, encounters: list[Stored]) -> str:
    """Return today's contact of the same sort between the patient and this person or unit, or ""."""
    today = local(work.now).date()
    for hit in encounters:
        one = hit.resource
        start = moment((one.get("period") or {}).get("start"))
        people = {reference(part.get("individual")) for part in one.get("participant", ())}
        same = (one.get("class") or {}).get("code") == ENCOUNTERS.get(note.kind)
        ours = reference(one.get("serviceProvider")) == work.actor.unit_id and (not people or work.actor.id in people)
        begun = start is not None and local(start).date() == today and start <= work.now + timedelta(hours=1)
        if same and ours and begun and one.get("status") not in _OVER and _told_in_time(work, note, one):
            return hit.reference
    return ""


def _told_in_time(work: Work, note: Note, encounter: dict[str, Any]) -> bool:
    """Tell whether the patient sees a contact when they see the note: a note must not tell of one that is to wait."""
    later = releasing.release_of(encounter, work.now)
    return later is None or (note.seen is not None and later[0] <= note.seen[0])


def _stamp(work: Work, patient: str) -> Stamp:
    actor = work.actor
    return Stamp(
        patient=f"Patient/{patient}", author={"reference": actor.id, "display": actor.name},
        unit={"reference": actor.unit_id, "display": actor.unit_name}, at=local(work.now).isoformat(timespec="seconds"),
    )  # fmt: skip


def _owner(work: Work, id_: str) -> int:
    """Return the owner key of the record an id of ours belongs to."""
    owner: int | None = work.office.ids.open(id_)
    if owner is None:
        raise Refused("AK-W005")
    return owner


def _seen(note: Note, resource: dict[str, Any]) -> dict[str, Any]:
    """Return what is signed as the patient sees it: from when the note says, so that nothing tells of it before."""
    return releasing.until(resource, *note.seen) if note.seen else resource


def _new(work: Work, owner: int, resource: dict[str, Any]) -> Draft:
    return journal.draft("POST", resource, id_=work.office.ids.mint(owner))
