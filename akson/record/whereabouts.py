"""Where somebody with a protected address is to be: hidden from those who act for them as the address itself is.

Of an appointment, a stay, an order or a message they see when, and no more: all else may tell where, in words, numbers
or references. Of all else in a record they see what does not say where it was, or at which place's hands: placed.py
reads from the definitions which elements those are. So no search of theirs looks at what they are not shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from akson.access.facts import Facts
from akson.base.work import Actor, Kind
from akson.fhir.invariants import local
from akson.fhir.owners import OF_PERSONS
from akson.fhir.parameters import Parameter
from akson.record.addresses import hidden_from
from akson.record.cases import ABOUT, ANSWERED_BY
from akson.record.consents import OPENING
from akson.record.marked import MASKED, UNSHOWN
from akson.record.placed import PARTLY, PLACES, looks_there, unplaced

# What tells not where it is, nor with whom, by type.
_WHEN: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(f"resourceType id meta status {kept}".split()) for name, kept in {
        "Appointment": "start end minutesDuration created participant",
        "AppointmentResponse": "appointment start end participantStatus actor",
        "Communication": "category subject about inResponseTo sent received",
        "CommunicationRequest": "subject about authoredOn occurrenceDateTime occurrencePeriod",
        "DocumentReference": "docStatus type category subject date",
        "Encounter": "class subject period length",
        "EpisodeOfCare": "type patient period",
        "Provenance": "target recorded occurredDateTime occurredPeriod",
        "ServiceRequest": "intent subject authoredOn occurrenceDateTime occurrencePeriod",
        "Task": "intent code for authoredOn lastModified executionPeriod",
    }.items()
}  # fmt: skip
WHOLLY: Final = frozenset(_WHEN)  # tell where somebody is to be by nearly all they say
PLACED: Final = WHOLLY | PARTLY  # may say where somebody is to be
# Of these many tell nothing of a place; those do that point to what does.
_BY_REFERENCE: Final = {"DocumentReference": ("Appointment/", "Location/"),
                        "Task": ("Appointment/", "Communication/", "Location/")}  # fmt: skip
STAND_INS: Final[Mapping[str, Mapping[str, Any]]] = {
    "DocumentReference": {"content": [{"attachment": MASKED}]}, "Provenance": {"agent": [{"who": MASKED}]},
}  # fmt: skip
# A source and tags are of whom it came from, as what a code is called may be.
_OF_PART: Final = {
    "meta": frozenset("versionId lastUpdated security profile".split()),
    "class": frozenset({"system", "code"}),
}
_IN_RECORDS: Final = tuple(f"{name}/" for name in sorted(OF_PERSONS - {"RelatedPerson"}))
_IN_PART: Final = frozenset({"meta", "participant", "actor", "about", "target"})  # kept, but not all of them
_NAMING: Final = frozenset({"appointment", "inResponseTo", "about", "target"})
_NAMING_MARKS: Final = frozenset({ANSWERED_BY, ABOUT})
_ALWAYS: Final = frozenset({"_id", "_lastUpdated", "patient", "part-status"})


def places_hidden_from(actor: Actor, facts: Facts) -> bool:
    """Say whether it is hidden from the actor where the person is to be: from citizens who act for them."""
    return actor.kind is Kind.CITIZEN and hidden_from(actor, facts)


def tells_place(resource: Mapping[str, Any]) -> bool:
    """Say whether a resource may tell where the person is to be: all that have a time, and what points to a place."""
    return _wholly(resource) or (resource.get("resourceType") in PLACED and placeless(resource) != resource)


def _wholly(resource: Mapping[str, Any]) -> bool:
    """Say whether nearly all that a resource says may tell where the person is to be."""
    kind = str(resource.get("resourceType"))
    if kind in _BY_REFERENCE:
        return "location" in resource or _refers(resource, _BY_REFERENCE[kind])
    return kind in WHOLLY


def placeless(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells a place as when it is, or without the place: what is said of it, where it is, and with whom."""
    found = _shown(aligned(resource))
    if "meta" in found:
        found["meta"] = _shown(found["meta"])
    return found


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return members without the items that are not shown, and without a list of which none is."""
    left = {
        name: [one for one in value if one is not UNSHOWN] if isinstance(value, list) else value
        for name, value in found.items()
    }
    return {name: value for name, value in left.items() if value != [] or not found[name]}


def unpointed(resource: Mapping[str, Any]) -> set[int]:
    """Return which of the resources that one holds nothing else in it leads to: R4 lets none stand so."""
    held = resource.get("contained") or []
    said = [{*local(one)} for one in held]
    left = defaultdict[str, list[int]](list)
    for n, one in enumerate(held):
        left[f"#{one.get('id')}"].append(n)
    stand = {n for n, one in enumerate(held) if "#" in said[n] and one.get("resourceType") not in PLACES}
    more = {*local({name: value for name, value in resource.items() if name != "contained"})}.union(
        *(said[n] for n in stand)
    )
    while fresh := more & left.keys():
        led = [n for name in fresh for n in left.pop(name)]
        stand |= {*led}
        more = set[str]().union(*(said[n] for n in led))
    return {*range(len(held))} - stand


def aligned(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same item for item as it stands, with UNSHOWN for each that is left out of a list.

    What it holds is left out when nothing that is left points to it.
    """
    found = _when(resource) if _wholly(resource) else _without_the_place(resource)
    if found.get("contained") and found != resource and (gone := unpointed(found)):
        found["contained"] = [UNSHOWN if n in gone else one for n, one in enumerate(found["contained"])]
    return found


def _when(resource: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(resource["resourceType"])
    found = {name: value for name, value in resource.items() if name in _WHEN[kind]} | dict(STAND_INS.get(kind, {}))
    if "participant" in found:
        found["participant"] = [_participant(one) for one in found["participant"]]
    if "actor" in found:
        found["actor"] = _person(found["actor"])
    found |= _parts(found)
    for name in _NAMING & found.keys():  # what another thing is called may tell where it was
        found[name] = _nameless(found[name])
    for name in {"about", "target"} & found.keys():
        found[name] = [
            one if str(one.get("reference", "")).startswith(_IN_RECORDS) else UNSHOWN for one in found[name]
        ]  # fmt: skip
    return found


def asks_when(type_: str, parameter: Parameter) -> bool:
    """Say whether a search parameter of what tells a place looks at no more of it than is shown."""
    if type_ not in WHOLLY:
        return parameter.name in _ALWAYS or not looks_there(parameter)
    kept = _WHEN[type_] - _IN_PART
    looks = bool(parameter.slots) and all(one.steps and one.steps[0].member in kept for one in parameter.slots)
    return parameter.name in _ALWAYS or looks


def _without_the_place(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource without its places; of one that has any, without its text and whom it came from too."""
    found = unplaced(resource, _inside)
    if found == resource and not any(map(_names_somebody, (resource.get("meta") or {}).get("security") or ())):
        return found
    found.pop("text", None)
    if found["resourceType"] == "Consent" and "category" in found:
        found["category"] = [_without_the_reason(one) for one in found["category"]]
    return found | _parts({name: value for name, value in found.items() if name == "meta"})


def _without_the_reason(category: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a category of a Consent; of an opening without what was written of why, which may tell where it was."""
    opens = any(one.get("system") == OPENING for one in category.get("coding") or ())
    return {name: value for name, value in category.items() if name != "text"} if opens else category


def _inside(resource: Mapping[str, Any]) -> dict[str, Any]:
    return placeless(resource) if tells_place(resource) else dict(resource)


def _parts(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of these members tells no place, of those that are kept in part."""
    parts = {
        name: {one: value for one, value in found[name].items() if one in kept}
        for name, kept in _OF_PART.items() if name in found
    }  # fmt: skip
    if marks := parts.get("meta", {}).get("security"):
        parts["meta"]["security"] = [UNSHOWN if _names_somebody(one) else one for one in marks]
    return parts


def _names_somebody(mark: Mapping[str, Any]) -> bool:
    """Say whether a mark has the id of who is to answer, or of whose looks a case is about."""
    return mark.get("system") in _NAMING_MARKS


def _nameless(value: Any) -> Any:
    """Return references to things of the record without what those are called."""
    if isinstance(value, list):
        return [_nameless(one) for one in value]
    return {name: inner for name, inner in value.items() if name != "display"}


def _participant(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"actor": _person(one.get("actor") or {})} | ({"status": one["status"]} if "status" in one else {})


def _person(actor: Mapping[str, Any]) -> dict[str, Any]:
    return dict(actor) if str(actor.get("reference", "")).startswith("Patient/") else dict(MASKED)


def _refers(value: Any, to: tuple[str, ...]) -> bool:
    """Say whether a resource or part of one points to one of these types, wherever the address begins."""
    if isinstance(value, dict):
        said = value.get("reference")
        here = isinstance(said, str) and any(said.startswith(one) or f"/{one}" in said for one in to)
        return here or any(_refers(inner, to) for inner in value.values())
    return isinstance(value, list) and any(_refers(one, to) for one in value)
