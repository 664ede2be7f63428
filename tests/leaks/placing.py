"""Where somebody with a hidden address is, in words and numbers of its own: written by hand from R29 and R30.

Their whereabouts are told by every place, unit and helper that their record points to, whatever these are said to have
done; and by all that is said of what is to happen, or goes between units, but whose it is, when, and how far it has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.leaks.canary import REGISTERS, THERE
from tests.leaks.marks import Marks

Resource = dict[str, Any]
NOBODYS: Final = "nobody's place"
# Of these types no more than this is told, beside whose it is: when, how far it has come, and of what sort it is.
SORTS: Final[Mapping[str, frozenset[str]]] = {
    "Appointment": frozenset(), "AppointmentResponse": frozenset({"appointment"}),
    "Communication": frozenset({"category", "inResponseTo"}),
    "CommunicationRequest": frozenset(), "DocumentReference": frozenset({"category", "type"}),
    "Encounter": frozenset({"class", "length"}), "EpisodeOfCare": frozenset({"type"}), "Provenance": frozenset(),
    "ServiceRequest": frozenset(), "Task": frozenset({"code"}),
}  # fmt: skip
_CALLED: Final = {
    "Location": "Stedet",
    "Organization": "Enheten",
    "HealthcareService": "Tilbudet",
    "Practitioner": "Hjelperen",
}
_WORKS_AS: Final = {"coding": [{"system": "https://akson.no/fhir/role", "code": "legevaktlege"}]}
_MONEY: Final = frozenset({"insurer", "payor", "policyHolder", "manufacturer", "authority"})  # is where nobody is


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """What the registers hold of where one person is ("Location" -> "Location/x"), and of a place that nobody is at."""

    whose: str
    there: Mapping[str, str]
    nobodys: Mapping[str, str]

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Return (id or name, the same of nobody's place) of each."""
        ids = [(_id(self.there[kind]), _id(self.nobodys[kind])) for kind in REGISTERS]
        return (*ids, *((self.called(kind), called(kind, NOBODYS)) for kind in _CALLED))

    def called(self, kind: str) -> str:
        """Return what the place, the unit or who works there is called; it stands nowhere else."""
        return called(kind, self.whose)

    def said_in(self, resource: Resource) -> bool:
        return any(one["reference"] in self.there.values() for one in _references(resource))

    def marked(self, resource: Resource, marks: Marks, me: str) -> Resource:
        """Return a resource that calls each of its places by these marks, and its person by none."""
        for one in _references(resource):
            if one["reference"] in self.there.values():
                one["display"] = f"{marks.word} synger"
            elif one["reference"] == me:
                one.pop("display", None)
        return resource


def registers(names: Mapping[str, str], whose: str) -> Iterator[Resource]:
    """Yield a place with the unit there and who works in it. names: "Location/<whose>" -> "Location/x"."""
    at = {kind: {"reference": names[f"{kind}/{whose}"]} for kind in REGISTERS}
    held: Mapping[str, Resource] = {
        "Location": {"managingOrganization": at["Organization"]}, "Organization": {},
        "HealthcareService": {"providedBy": at["Organization"], "location": [at["Location"]]},
        "PractitionerRole": {"practitioner": at["Practitioner"], "organization": at["Organization"], "code": [_WORKS_AS]},
        "Practitioner": {"name": [{"family": called("Practitioner", whose)}]},
    }  # fmt: skip
    for kind, told in held.items():
        name = {"name": called(kind, whose)} if kind in _CALLED and kind != "Practitioner" else {}
        yield {"resourceType": kind, "id": _id(names[f"{kind}/{whose}"]), **name, **told}


def called(kind: str, whose: str) -> str:
    """Return what the registers call something where a person is."""
    return f"{_CALLED[kind]} til {whose}"


def told_in_part(resource: Resource) -> bool:
    """Say whether of a resource that leads to a place no more is told than when it is.

    A note or a task is of that sort when it is about an appointment or a place; else it is like all else in the record.
    """
    kind = resource["resourceType"]
    about = any(one["reference"].startswith(("Location/", "Appointment/")) for one in _references(resource))
    return kind in SORTS and (about or kind not in ("DocumentReference", "Task"))


def sorted_plainly(resource: Resource, word: str) -> Resource:
    """Return a resource with plain words in what is told of it to those who may not know where it is."""
    plain = _replaced(word, "slik")
    kind = resource["resourceType"]
    told = {name: plain(value) if name in SORTS[kind] else value for name, value in resource.items()}
    return (
        told | {"meta": told["meta"] | {"profile": plain(told["meta"].get("profile", []))}} if "meta" in told else told
    )


def without_payers(resource: Resource) -> Resource:
    """Return a filled resource that points to no place as the one that pays or made it: they are nowhere near."""

    def kept(value: Any) -> Any:
        if isinstance(value, list):
            return [kept(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {name: _ours(inner) if name in _MONEY else kept(inner) for name, inner in value.items()}

    found: Resource = kept(resource)
    return found


def at_appointments(resource: Resource) -> Resource:
    """Return a filled resource; of an appointment, with a place beside the person."""
    if resource["resourceType"] == "Appointment":
        there = {"actor": {"reference": f"Location/{THERE}", "display": ""}, "status": "accepted"}
        resource = resource | {"participant": [*resource["participant"], there]}
    return resource


def _ours(value: Any) -> Any:
    if isinstance(value, list):
        return [_ours(one) for one in value]
    return {"display": "Helfo"} if isinstance(value, dict) and "reference" in value else value


def _replaced(word: str, instead: str) -> Callable[[Any], Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [plain(one) for one in value]
        return value.replace(word, instead) if isinstance(value, str) else value

    return plain


def _references(value: Any) -> Iterator[Resource]:
    """Yield every object in `value` that points to something."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _id(reference: str) -> str:
    return reference.partition("/")[2]
