"""Taking in what a message proposed: each draft becomes a resource of whoever vouches for it, or is left out.

The List remembers what was decided of each; a draft is decided once. What was taken in says which draft it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from akson.access.roles import may_write
from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.stored import Stored
from akson.registers.codes import MEDICATION_SOURCE

Resource = dict[str, Any]
PROPOSAL: Final = "https://akson.no/fhir/proposal"  # identifier of what was taken in: "<List>/<draft>"; codes of flags
TAKEN, LEFT = "taken", "left"
TYPES: Final = ("Condition", "AllergyIntolerance", "MedicationStatement", "Observation")
_HL7: Final = "http://terminology.hl7.org/CodeSystem/"
_VOUCHED: Final = {"Condition": "condition-ver-status", "AllergyIntolerance": "allergyintolerance-verification"}


def waiting(proposed: Mapping[str, Any]) -> list[Resource]:
    """Return the drafts of a List that nobody has decided on, of the types that can be taken in."""
    decided = {entry["item"]["reference"] for entry in proposed.get("entry", ()) if entry.get("flag")}
    drafts = proposed.get("contained", ())
    return [each for each in drafts if f"#{each['id']}" not in decided and each["resourceType"] in TYPES]


async def decide(work: Work, proposed: Stored, taken: Collection[str], *, version: int) -> list[Stored]:
    """Take in the drafts with the ids `taken`, and leave out the others that the actor's role could take in.

    version  of the List, as it was shown
    Raises   Refused AK-J003 when somebody else has decided meanwhile, AK-J007 for a draft that does not wait, and what
             the journal refuses; then nothing is written
    Leaves   the resources, and the List with what was decided
    """
    if proposed.version != version:
        raise Refused("AK-J003", expected=version, current=proposed.version)
    drafts = [each for each in waiting(proposed.resource) if may_write(work.actor.role, each["resourceType"])]
    if not set(taken) <= {each["id"] for each in drafts}:
        raise Refused("AK-J007")
    made = [await journal.create(work, vouched(each, proposed, work.now)) for each in drafts if each["id"] in taken]
    decided = {f"#{each['id']}": TAKEN if each["id"] in taken else LEFT for each in drafts}
    entries = [_decided(entry, decided) for entry in proposed.resource["entry"]]
    await journal.update(work, {**proposed.resource, "entry": entries}, id_=proposed.id, if_match=version)
    return made


def vouched(draft: Mapping[str, Any], proposed: Stored, now: datetime) -> Resource:
    """Return a draft as what it is once somebody here has vouched for it."""
    type_ = draft["resourceType"]
    made = {name: value for name, value in draft.items() if name != "id"}
    made["identifier"] = [{"system": PROPOSAL, "value": f"{proposed.id}/{draft['id']}"}]
    if type_ in _VOUCHED and not _is_tentative(draft):
        made["verificationStatus"] = {"coding": [{"system": f"{_HL7}{_VOUCHED[type_]}", "code": "confirmed"}]}
    if type_ == "Observation":
        made["status"] = "final"
    if type_ == "MedicationStatement":
        end = (made.get("effectivePeriod") or {}).get("end")
        made["status"] = "completed" if end and interval(end)[1] <= now else "active"
        source = "sykehus" if proposed.resource.get("encounter") else "annet"
        made["category"] = {"coding": [{"system": MEDICATION_SOURCE, "code": source}]}
    return made


def _is_tentative(draft: Mapping[str, Any]) -> bool:
    """Say whether its sender was not sure of a diagnosis: then nobody here is, by taking it in."""
    states = (draft.get("verificationStatus") or {}).get("coding", ())
    return any(each.get("code") == "provisional" for each in states)


def _decided(entry: Resource, decided: Mapping[str, str]) -> Resource:
    what = decided.get(entry["item"]["reference"])
    return {**entry, "flag": {"coding": [{"system": PROPOSAL, "code": what}]}} if what else entry
