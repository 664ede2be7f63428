"""Insight refused and given again, for any entry of a record; and what a patient asks for somebody who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.base.errors import Refused
from akson.base.work import Work
from akson.patient import cases as answering
from akson.patient.reading import code, reference
from akson.record import cases, journal, representative, withholding
from akson.record.deciding import facts_for
from akson.record.drafts import Draft
from akson.record.parts import parts_of
from akson.record.stored import Stored
from akson.registers.codes import JOURNAL_NOTE

Resource = Mapping[str, Any]
# What can be withheld: what is written and found about the patient; not who they are, their choices and their cases.
TYPES: Final = (
    "DocumentReference", "Observation", "DiagnosticReport", "MedicationStatement", "MedicationRequest", "Condition",
    "AllergyIntolerance", "Procedure", "Immunization", "CarePlan", "Communication", "QuestionnaireResponse",
    "ClinicalImpression",
)  # fmt: skip
_MOST_PARTS: Final = 100


async def find(work: Work, patient: str, item: str) -> Stored:
    """Return an entry of a patient that can be withheld, as it is kept. item: "Type/id".

    Raises  Refused AK-J001 when it is another's or unknown, AK-B016 of a type that is not withheld, AK-N003 for a note
            that somebody else has signed, or what access says
    """
    type_, _, id_ = item.partition("/")
    if type_ not in TYPES:
        raise Refused("AK-B016")
    found = await journal.whole(work, type_, id_)
    if found.owner != (await journal.read(work, "Patient", patient)).owner:
        raise Refused("AK-J001")
    refuse_unfit(work, found.resource)
    return found


def refuse_unfit(work: Work, resource: Resource) -> None:
    """Refuse to decide on a note of another's. Raises Refused AK-N003."""
    authors = [reference(one) for one in resource.get("author") or ()]
    note = resource["resourceType"] == "DocumentReference" and code(resource.get("type"), JOURNAL_NOTE.system)
    if note == JOURNAL_NOTE.code and work.actor.id not in authors:
        raise Refused("AK-N003")


async def refuse(work: Work, entry: Stored, version: int, *, ground: str, reason: str) -> None:
    """Keep an entry from the patient, with its files and the results that it is made of.

    ground  one of withholding.GROUNDS; reason: as the patient reads it, so nothing of the entry may stand in it
    Raises  Refused AK-B010 without ground and reason, AK-B022 of too many parts, AK-J003 changed meanwhile, or what
            access says of any part; then nothing is written
    Leaves  a new version of each, under one name; access-log rows, news
    Source  pbrl § 5-1 second paragraph; domain rule R35
    """
    said = withholding.of(entry.resource)
    name = (said and said.name) or withholding.new_name()
    kept = withholding.withheld(entry.resource, ground, reason, name)
    drafts = [journal.draft("PUT", kept, id_=entry.id, if_match=version)]
    drafts += [_changed(one, withholding.with_it(one.resource, name)) for one in await _parts(work, entry)]
    await journal.write_set(work, drafts)


async def give(work: Work, entry: Stored, version: int) -> None:
    """Let the patient see an entry that was kept from them, and what was kept with it; as `refuse`.

    What is withheld for something else too, its own refusal or that of another it belongs to, stays so for that.
    """
    said = withholding.of(entry.resource)
    facts = (await facts_for(work, [entry.owner]))[entry.owner]
    with_it = representative.withheld_as(facts, said.name) if said and said.name else []
    parts = [
        await journal.whole(work, one.type, one.id) for one in with_it if (one.type, one.id) != (entry.type, entry.id)
    ]
    given = withholding.without(entry.resource, said.name) if said else withholding.shown(entry.resource)
    drafts = [journal.draft("PUT", given, id_=entry.id, if_match=version)]
    drafts += [_changed(one, withholding.without(one.resource, said.name)) for one in parts if said]
    await journal.write_set(work, drafts)


def _changed(one: Stored, resource: dict[str, Any]) -> Draft:
    return journal.draft("PUT", resource, id_=one.id, if_match=one.version)


async def _parts(work: Work, entry: Stored) -> list[Stored]:
    """Return what belongs to an entry and would tell what it says: files, results, what a measurement consists of."""
    found: dict[str, Stored] = {entry.reference: entry}
    waiting = _named(entry.resource)
    for name in waiting:  # it grows: what belongs to a part belongs to the whole
        if name not in found:
            if len(found) > _MOST_PARTS:
                raise Refused("AK-B022")
            found[name] = one = await journal.whole(work, *name.split("/", 1))
            waiting += _named(one.resource) if one.owner == entry.owner else ()
    return [one for one in found.values() if one is not entry and one.owner == entry.owner]


def _named(resource: Resource) -> list[str]:
    """Return its files and the results it is made of; what else belongs to it tells nothing by itself."""
    return [name for name in parts_of(resource) if name.startswith(("Binary/", "Observation/"))]


async def ask(work: Work, person: Resource, held: str, *, named: str, as_: str, reached: str, words: str) -> Stored:
    """Ask that a representative be told what is withheld; the journal says who answers, and by when.

    person  reference to the Patient; held: the name it is withheld under; as_: one of cases.REPRESENTATIVES
    Raises  Refused AK-B014, AK-B015, or what access says
    Leaves  Task in the record, access-log row, news that bring it to those who answer
    Source  pbrl § 5-1 fourth paragraph: what a patient is refused is told to a representative, to a doctor or lawyer
            unless special reasons speak against it
    """
    inputs = [cases.told(cases.INPUT, cases.HELD, valueString=held), cases.told(cases.INPUT, cases.AS, valueCode=as_),
              cases.told(cases.INPUT, cases.NAMED, valueString=named),
              cases.told(cases.INPUT, cases.REACHED, valueString=reached)]  # fmt: skip
    inputs += [cases.told(cases.INPUT, cases.WORDS, valueString=words)] if words else []
    return await journal.create(work, {
        "resourceType": cases.TASK, "status": "requested", "intent": "order", "for": dict(person), "input": inputs,
        "code": {"coding": [{"system": cases.SYSTEM, "code": cases.TOLD_TO}]},
    })  # fmt: skip


async def withheld_in(work: Work, case: answering.Case) -> list[Stored]:
    """Return the entries that a case is about, for who answers it while it waits."""
    facts = (await facts_for(work, [case.stored.owner]))[case.stored.owner]
    named = [f"{one.type}/{one.id}" for one in representative.withheld_as(facts, case.held)]
    found = await journal.read_many(work, named) if named else {}
    return [hit for hit in found.values() if hit.type != "Binary"]
