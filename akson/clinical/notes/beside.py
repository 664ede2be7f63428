"""What one needs to see while writing: the problem, the last notes, the discharge summary, the medicines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from akson.advice.vitals.news2 import Scale
from akson.base.web.messages import texts
from akson.base.web.render import local, number, said
from akson.clinical.notes import measured
from akson.clinical.notes.model import Beside, Fact, Ref
from akson.clinical.notes.note import text_of
from akson.patient.chart import VITAL_SIGNS
from akson.patient.reading import Resource, code, display, moment, reference, words
from akson.record.journal import Mark
from akson.record.stored import Stored
from akson.registers import codes
from akson.registers.codes import ATC, DOCUMENT, ICPC2, LOINC, MEDICATION_SOURCE, SNOMED

WANTED: Final = {
    "Condition": 100, "MedicationStatement": 120, "DocumentReference:notes": 20, "DocumentReference:epikrise": 1,
    "Observation:vitals": 150,
}  # fmt: skip
MARKED: Final[Mapping[str, Mark]] = {
    "DocumentReference:notes": ("type", DOCUMENT, codes.JOURNAL_NOTE.code),
    "DocumentReference:epikrise": ("type", DOCUMENT, codes.DISCHARGE_SUMMARY.code),
    "Observation:vitals": VITAL_SIGNS,
}
CHIPS: Final = ((LOINC, codes.BLOOD_PRESSURE.code), (LOINC, codes.WEIGHT.loinc))
_WRONG: Final = ("entered-in-error", "cancelled")
_FRESH: Final = timedelta(days=7)
_SHOWN: Final = 6  # medicines
_CONCLUSION: Final = "Konklusjon:"
Parts = Mapping[str, Sequence[Stored]]


def panels(
    parts: Parts, chosen: Sequence[str], me: str, root: str, now: datetime, scale: Scale | None = Scale.ONE
) -> tuple[Beside, ...]:
    """Return the panels at the right.

    chosen  codes of the note, the main one first
    me      "Practitioner/<id>" of who writes
    root    "/p/<patient>"
    scale   how NEWS2 counts saturation; None: it is not for this patient, who is a child
    """
    found = (
        *_problem(parts, chosen), *measured.panel(parts["Observation:vitals"], root, now, scale),
        *_notes(parts["DocumentReference:notes"], me, root, now), *_summary(parts["DocumentReference:epikrise"], root),
        *_medicines(parts["MedicationStatement"], root),
    )  # fmt: skip
    return found


def _problem(parts: Parts, chosen: Sequence[str]) -> Iterator[Beside]:
    """Yield the problem the note is about; before a code is chosen, the one that was changed last."""
    active = [hit for hit in parts["Condition"] if "active" in _codes(hit.resource.get("clinicalStatus"))]
    about = [hit for one in chosen for hit in active if code(hit.resource.get("code"), ICPC2) == one]
    latest = sorted(active, key=lambda hit: str(hit.resource.get("recordedDate", "")), reverse=True)
    for hit in (about or latest)[:1]:
        concept, t = hit.resource.get("code"), texts().plain
        known = codes.icpc2().get(code(concept, ICPC2))
        year = str(hit.resource.get("onsetDateTime", ""))[:4]
        facts = [Fact(text=words(concept), side=t("note.since", year=year) if year else "")]
        for told in _told(parts["MedicationStatement"], "fastlege"):
            if hit.reference in map(reference, told.get("reasonReference", ())):
                facts.append(Fact(text=_named(told), side=t("note.medicine")))
        yield Beside(title=f"{known.code} {known.name}" if known else words(concept), facts=tuple(facts))


def _notes(notes: Sequence[Stored], me: str, root: str, now: datetime) -> Iterator[Beside]:
    """Yield my own last note, and the last one by others when it is newer."""
    signed = [hit for hit in notes if hit.resource.get("status") == "current"]
    own = [hit for hit in signed if me in map(reference, hit.resource.get("author", ()))]
    t = texts().plain
    for hit in signed[:1] if not own or signed[0] is not own[0] else ():
        who = next(map(display, hit.resource.get("author", ())), "")
        yield _panel(t("note.last_of", who=who), f"{_when(hit.resource, now)}, {hit.resource.get('description', '')}",
                     hit, root, text_of(hit.resource))  # fmt: skip
    for hit in own[:1]:
        yield _panel(t("note.last_mine"), _when(hit.resource, now), hit, root, text_of(hit.resource))


def _summary(letters: Sequence[Stored], root: str) -> Iterator[Beside]:
    for hit in letters:
        text = text_of(hit.resource)
        paragraphs = text.split("\n\n")
        shown = next((part for part in paragraphs if part.startswith(_CONCLUSION)), paragraphs[0])
        at = moment(hit.resource.get("date"))
        who = next(map(display, hit.resource.get("author", ())), "")
        note = ", ".join(filter(None, (f"{local(at):%d.%m}" if at else "", who)))
        yield _panel(texts().plain("note.summary"), note, hit, root, " ".join(shown.removeprefix(_CONCLUSION).split()))


def _panel(title: str, note: str, hit: Stored, root: str, text: str) -> Beside:
    link = texts().plain("note.open")
    return Beside(title=title, note=note, href=f"{root}/notat/{hit.id}", link=link, text=text)


def _medicines(statements: Sequence[Stored], root: str) -> Iterator[Beside]:
    """Yield the medicines, those the sources do not agree about first."""
    t, by_substance = texts().plain, dict[str, dict[str, Resource]]()
    for hit in statements:
        told = hit.resource
        if told.get("status") == "active":
            concept = told.get("medicationCodeableConcept")
            here = by_substance.setdefault(code(concept, ATC) or words(concept), {})
            here.setdefault(code(told.get("category"), MEDICATION_SOURCE), told)
    lines = sorted((_line(sources) for sources in by_substance.values()), key=lambda fact: (not fact.level, fact.text))
    if lines:
        differing = sum(bool(fact.level) for fact in lines)
        yield Beside(title=t("note.medicines"), note=t("note.differing", count=differing) if differing else "",
                     href=f"{root}#h-med", link=t("note.all", count=len(lines)),
                     facts=tuple(lines[:_SHOWN]))  # fmt: skip


def _line(sources: Mapping[str, Resource]) -> Fact:
    """Return one substance as the GP has it, and the first source that says otherwise."""
    ours = sources.get("fastlege")
    if ours is None:
        source, told = next(iter(sources.items()))
        return Fact(text=_named(told), side=_only(source), level="warn")
    for source, told in sources.items():
        if _dose(told) != _dose(ours):
            return Fact(text=_named(ours), side=f"{_source(source)} {_dose(told)}", level="warn")
    return Fact(text=_named(ours))


def chips(parts: Parts, root: str, now: datetime, scale: Scale | None = Scale.ONE) -> dict[str, Ref]:
    """Return what the note may point to: the newest measurements of the last week, by "Observation/<id>".

    A NEWS2 that newer parts have overtaken is not among them: beside the note stands what is known now.
    """
    vitals = [hit for hit in parts["Observation:vitals"] if hit.resource.get("status") not in _WRONG]
    kinds = CHIPS if measured.overtaken(vitals, scale) else ((SNOMED, codes.NEWS2.code), *CHIPS)
    newest = [next((hit for hit in vitals if code(hit.resource.get("code"), system) == kind), None)
              for system, kind in kinds]  # fmt: skip
    found: dict[str, Ref] = {}
    for hit in (*newest, *parts["Observation:egfr"]):
        at = moment(hit.resource.get("effectiveDateTime")) if hit else None
        head, text = figure(hit.resource) if hit else ("", "")
        if hit and at is not None and now - at <= _FRESH and text:
            found[hit.reference] = Ref(head=head, text=f"{text} {said(at, now)}", href=f"{root}/malinger")
    return found


def figure(observation: Resource) -> tuple[str, str]:
    """Return an Observation as ("BT", "108/62"); ("", "") when it has no figure."""
    concept, parts = observation.get("code"), observation.get("component", ())
    if code(concept, LOINC) == codes.BLOOD_PRESSURE.code:
        figures = [number((part.get("valueQuantity") or {}).get("value")) for part in parts]
        return texts().plain("note.pressure"), "/".join(figures)
    if "valueInteger" in observation:
        return words(concept), str(observation["valueInteger"])
    amount = observation.get("valueQuantity") or {}
    unit = amount.get("unit", "")
    return (words(concept), f"{number(amount['value'])} {unit}".strip()) if "value" in amount else ("", "")


def pointed(observation: Resource) -> str:
    """Return an Observation as a signed note has it: "BT 108/62, 23.11.2026 08.12"."""
    at = moment(observation.get("effectiveDateTime"))
    return f"{' '.join(figure(observation))}, {local(at):%d.%m.%Y %H.%M}" if at else " ".join(figure(observation))


def _told(statements: Iterable[Stored], source: str) -> Iterator[dict[str, Any]]:
    for hit in statements:
        if hit.resource.get("status") == "active" and code(hit.resource.get("category"), MEDICATION_SOURCE) == source:
            yield hit.resource


def _named(told: Resource) -> str:
    return f"{words(told.get('medicationCodeableConcept'))} {_dose(told)}".strip()


def _dose(told: Resource) -> str:
    return str((told.get("dosage") or [{}])[0].get("text", ""))


def _source(name: str) -> str:
    return texts().plain(f"note.source_{name}") if f"note.source_{name}" in texts() else name


def _only(name: str) -> str:
    return texts().plain(f"note.only_{name}") if f"note.only_{name}" in texts() else name


def _when(resource: Resource, now: datetime) -> str:
    return said(moment(resource.get("date")), now)


def _codes(concept: Resource | None) -> set[str]:
    return {one.get("code", "") for one in (concept or {}).get("coding", ())}
