"""Which messages of care are written here, what of the record goes along in each, and what its reader expects. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from akson.access.roles import Permission, has, may_read
from akson.base.web.messages import texts
from akson.base.work import Actor
from akson.exchange.filing import MESSAGE_TYPE
from akson.exchange.messages.pleieomsorg import KINDS as TYPES
from akson.patient.reading import display, stands, words
from akson.record.stored import Stored
from akson.workplace.along import Group, Item, label, more
from akson.workplace.model import Button, Tab

HOSPITAL, GP, LAST = "hospital", "gp", "last"  # who gets it unless its writer says otherwise
WANTED: Final[Mapping[str, int]] = {
    "Condition": 100, "AllergyIntolerance": 50, "MedicationStatement": 100, "EpisodeOfCare": 50,
}  # fmt: skip
FUNCTION: Final = "Observation"  # what somebody manages by themselves, as it was mapped last
_CLINICAL: Final = ("Condition", "AllergyIntolerance", "MedicationStatement")
_FOUND: Final = ("final", "amended", "corrected")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One message of care.

    type     Volven 8279
    to       HOSPITAL, GP or LAST
    brings   resource types that go along, in the order they are told; its reader expects each
    wordy    our own words are demanded: what is in the record does not say it
    """

    type: str
    to: str
    brings: tuple[str, ...]
    wordy: bool = True


KINDS: Final[Mapping[str, Kind]] = {  # by how they are called in an address
    "innleggelsesrapport": Kind(
        type="INNLEGGELSESRAPPORT", to=HOSPITAL, brings=(*_CLINICAL, FUNCTION, "EpisodeOfCare")
    ),
    "helseopplysninger": Kind(
        type="HELSEOPPLYSNINGER_LEGE", to=GP, brings=("Condition", "MedicationStatement", FUNCTION, "EpisodeOfCare")
    ),
    "medisinske-opplysninger": Kind(type="MEDISINSKE_OPPLYSNINGER", to=LAST, brings=_CLINICAL, wordy=False),
    "tjenestetilbud": Kind(type="ORIENTERING_TJENESTETILBUD", to=GP, brings=("EpisodeOfCare",), wordy=False),
    "dodsfall": Kind(type="LOG_DOD", to=GP, brings=(), wordy=False),
}


LETTERS: Final = ("henvisning", "epikrise")  # by how they are called in an address


def name(kind: Kind) -> str:
    """Return what the message is called where it is read."""
    return TYPES[kind.type].name


def standing(kind: Kind, found: Mapping[str, Sequence[Stored]]) -> list[Stored]:
    """Return what goes along: what is true of the patient now; of each function only what was found last.

    What several sources say alike of a medicine is told once; where they disagree, each is told.
    """
    return [one for type_ in kind.brings for one in _now(type_, found.get(type_, ()))]


def groups(kind: Kind, known: Sequence[Stored], chosen: Container[str] | None) -> tuple[Group, ...]:
    """Return what can go along, by type, for its writer to leave out what is not needed.

    known    from `standing`
    chosen   what is ticked; None: all
    """
    made = []
    for type_ in kind.brings:
        items = tuple(
            Item(id=each.reference, text=_label(each), more=more(each),
                 ticked=chosen is None or each.reference in chosen)
            for each in known if each.type == type_
        )  # fmt: skip
        made += [Group(kind=texts().plain(f"reports.of_{type_}"), items=items)] if items else []
    return tuple(made)


def lacking(kind: Kind, brought: Iterable[Stored], role: str) -> Iterator[str]:
    """Yield what its reader expects and will not find, in words, and whether it is for want of it or of seeing it."""
    there = {one.type for one in brought}
    for type_ in kind.brings:
        if type_ not in there:
            seen = "none" if may_read(role, type_) else "unseen"
            yield texts().plain(f"reports.{seen}", what=texts().plain(f"reports.of_{type_}"))


def communication(
    kind: Kind, patient: str, stay: Stored | None, brought: Iterable[Stored], text: str
) -> dict[str, Any]:
    """Return what was written as the Communication that `sending.send` takes."""
    called = name(kind)
    made: dict[str, Any] = {
        "resourceType": "Communication", "subject": {"reference": f"Patient/{patient}"},
        "category": [{"coding": [{"system": MESSAGE_TYPE, "code": kind.type, "display": called}]}],
        "topic": {"text": called}, "about": [{"reference": one.reference} for one in brought],
        "payload": [{"contentString": text}] if text.strip() else [],
    }  # fmt: skip
    made = {key: value for key, value in made.items() if value}
    return made | ({"encounter": {"reference": stay.reference}} if stay else {})


def tabs(actor: Actor, root: str, current: str, more: Iterable[Button] = ()) -> tuple[Tab, ...]:
    """Return the ways to write a new message: what a doctor writes first, then the messages of care.

    root      "/p/<id>/samhandling"
    current   of KINDS or LETTERS; "" a dialog
    more      what has a page of its own
    """
    dialog = Tab(text=texts().plain("reports.dialog"), href=f"{root}/ny", current=not current)
    rest = (Tab(text=name(one), href=f"{root}/ny/{key}", current=key == current) for key, one in KINDS.items())
    letters = LETTERS if has(actor.role, Permission.REFER) else ()
    mine = (
        Tab(text=texts().plain(f"referring.{key}"), href=f"{root}/{key}", current=key == current) for key in letters
    )
    return (dialog, *mine, *rest, *(Tab(text=one.text, href=one.href) for one in more))


def _now(type_: str, found: Sequence[Stored]) -> Iterator[Stored]:
    """Yield what is to be told of one type, each thing once. found: newest first."""
    told: set[str] = set()
    for one in found:
        same = _same(one)
        if _stands(one.resource) and same not in told:
            told.add(same)
            yield one


def _label(one: Stored) -> str:
    if one.type == "EpisodeOfCare":
        said = ", ".join(words(each) for each in one.resource.get("type", ()))
        return said or display(one.resource.get("managingOrganization")) or texts().plain("reports.of_EpisodeOfCare")
    found = words(one.resource.get("valueCodeableConcept")) if one.type == FUNCTION else ""
    return ": ".join(filter(None, (label(one), found)))


def _same(one: Stored) -> str:
    """Return what makes two entries say the same: the function that was mapped, the medicine and its dose."""
    if one.type == FUNCTION:
        return str(one.resource.get("code"))
    if one.type == "MedicationStatement":
        doses = [each.get("text", "") for each in one.resource.get("dosage", ())]
        return f"{words(one.resource.get('medicationCodeableConcept'))} {doses}".casefold()
    return one.id


def _stands(resource: Mapping[str, Any]) -> bool:
    """Say whether something is true of the patient now."""
    if resource["resourceType"] == FUNCTION:
        return resource.get("status") in _FOUND and "valueCodeableConcept" in resource
    return stands(resource)
