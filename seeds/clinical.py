"""Clinical: problems, medicines, measurements, contacts and notes of one chart."""

from __future__ import annotations

from decimal import Decimal

from akson.registers import codes
from akson.registers.codes import ATC, LOINC, UCUM, Vital
from seeds.chart import Chart
from seeds.fjordvik import Unit
from seeds.shapes import HL7, MARK, MEDICINE_SOURCE, Resource, coded, hl7, icpc, period, plain_text, ref
from seeds.staff import Member

Number = int | Decimal
SOURCES = {"fastlege": "Fastlege", "sykehus": "Sykehus", "multidose": "Multidose", "pasient": "Pasient"}


def problem(chart: Chart, code: str, since: str, text: str = "", *, until: str = "", changed: str = "") -> str:
    """Add a problem; `until` makes it a former one, `changed` says when it was last altered."""
    made = {
        "clinicalStatus": hl7("condition-clinical", "resolved" if until else "active"),
        "verificationStatus": hl7("condition-ver-status", "confirmed"),
        "category": [hl7("condition-category", "problem-list-item")],
        "code": icpc(codes.icpc2()[code], text or None),
        "subject": chart.who,
        "onsetDateTime": since,
        "recordedDate": changed or since,
        "recorder": chart.of.gp.link,
    }
    return chart.add("Condition", made | ({"abatementDateTime": until} if until else {}), "" if until else code)


def medicine(
    chart: Chart,
    atc: str,
    name: str,
    dose: str,
    source: str,
    told_by: Resource,
    *,
    since: str,
    until: str = "",
    asserted: str = "",
    why: str = "",
    note: str = "",
) -> str:
    """Add one medicine as one source tells of it; the same substance from four sources is four of these."""
    made: Resource = {
        "status": "active",
        "category": coded(MEDICINE_SOURCE, source, SOURCES[source]),
        "medicationCodeableConcept": coded(ATC, atc, name),
        "subject": chart.who,
        "effectivePeriod": period(since, until),
        "dateAsserted": asserted or since,
        "informationSource": told_by,
        "dosage": [{"text": dose}],
    }
    if why:
        made["reasonReference"] = [ref(why)]
    if note:
        made["note"] = [{"text": note}]
    return chart.add("MedicationStatement", made)


def reconciled(chart: Chart, statements: list[str], at: str, by: Member) -> str:
    """Add the list of medicines as it was last gone through (samstemt)."""
    made = {
        "status": "current",
        "mode": "snapshot",
        "title": "Samstemt legemiddelliste",
        "code": {"coding": [{"system": LOINC, "code": "10160-0"}], "text": "Legemidler i bruk"},
        "subject": chart.who,
        "date": at,
        "source": by.link,
        "entry": [{"item": ref(key)} for key in statements],
    }
    return chart.add("List", made, "samstemt")


def amount(value: Number, unit: str, shown: str = "") -> Resource:
    """Return a Quantity in UCUM."""
    return {"value": value, "unit": shown or unit, "system": UCUM, "code": unit}


def vital(chart: Chart, kind: Vital, value: Number, at: str, by: Resource) -> str:
    """Add one vital sign."""
    return chart.add(
        "Observation", _vital(chart, kind.concept(), at, by) | {"valueQuantity": amount(value, kind.unit, kind.shown)}
    )


def blood_pressure(chart: Chart, over: int, under: int, at: str, by: Resource) -> str:
    """Add one blood pressure."""
    parts = ((codes.SYSTOLIC, over), (codes.DIASTOLIC, under))
    components = [
        {"code": kind.concept(), "valueQuantity": amount(value, kind.unit, kind.shown)} for kind, value in parts
    ]
    return chart.add("Observation", _vital(chart, codes.BLOOD_PRESSURE.concept(), at, by) | {"component": components})


def awake(chart: Chart, at: str, by: Resource) -> str:
    """Add that the person was alert."""
    return chart.add(
        "Observation",
        _vital(chart, codes.CONSCIOUSNESS.concept(), at, by) | {"valueCodeableConcept": codes.AWAKE.concept()},
    )


def news2(chart: Chart, score: int, parts: list[str], at: str, by: Resource) -> str:
    """Add a NEWS2 score and what it was counted from."""
    return chart.add(
        "Observation",
        _vital(chart, codes.NEWS2.concept(), at, by)
        | {"valueInteger": score, "derivedFrom": [ref(key) for key in parts]},
    )


def _vital(chart: Chart, code: Resource, at: str, by: Resource) -> Resource:
    return {
        "status": "final",
        "category": [hl7("observation-category", "vital-signs")],
        "code": code,
        "subject": chart.who,
        "effectiveDateTime": at,
        "issued": at,
        "performer": [by],
    }


def lab(
    chart: Chart,
    loinc: str,
    name: str,
    value: Number,
    unit: tuple[str, str],
    at: str,
    by: Resource,
    *,
    low: Number | None = None,
    high: Number | None = None,
) -> str:
    """Add one laboratory result; `unit` is (UCUM, as shown); outside `low` and `high` it is marked L or H."""
    made: Resource = {
        "status": "final",
        "category": [hl7("observation-category", "laboratory")],
        "code": coded(LOINC, loinc, name),
        "subject": chart.who,
        "effectiveDateTime": at,
        "issued": at,
        "performer": [by],
        "valueQuantity": amount(value, *unit),
    }
    limits = {side: amount(limit, *unit) for side, limit in (("low", low), ("high", high)) if limit is not None}
    if limits:
        made["referenceRange"] = [limits]
        mark = "L" if low is not None and value < low else "H" if high is not None and value > high else "N"
        made["interpretation"] = [hl7("v3-ObservationInterpretation", mark)]
    return chart.add("Observation", made)


def lab_report(chart: Chart, title: str, results: list[str], at: str, by: Resource) -> str:
    """Add the report that binds laboratory results together."""
    made = {
        "status": "final",
        "category": [hl7("v2-0074", "LAB")],
        "code": {"coding": [{"system": LOINC, "code": "11502-2"}], "text": title},
        "subject": chart.who,
        "effectiveDateTime": at,
        "issued": at,
        "performer": [by],
        "result": [ref(key) for key in results],
    }
    return chart.add("DiagnosticReport", made)


KINDS = {
    "AMB": "Konsultasjon",
    "VR": "Telefon eller e-konsultasjon",
    "HH": "Hjemmebesøk",
    "IMP": "Innleggelse",
    "EMER": "Legevakt",
}


def contact(
    chart: Chart,
    kind: str,
    start: str,
    end: str,
    unit: Unit,
    *,
    who: Member | None = None,
    why: str = "",
    status: str = "finished",
    text: str = "",
) -> str:
    """Add a contact; `kind` is an ActEncounterCode, `why` an ICPC-2 code."""
    made: Resource = {
        "status": status,
        "class": {"system": HL7 + "v3-ActCode", "code": kind, "display": KINDS[kind]},
        "type": [{"text": text or KINDS[kind]}],
        "subject": chart.who,
        "period": period(start, end),
        "serviceProvider": unit.link,
    }
    if who:
        made["participant"] = [{"individual": who.link}]
    if why:
        made["reasonCode"] = [icpc(codes.icpc2()[why])]
    return chart.add("Encounter", made)


def note(
    chart: Chart,
    text: str,
    at: str,
    by: Member,
    *,
    why: tuple[str, ...] = (),
    about: str = "",
    title: str = "Journalnotat",
    name: str = "",
    withheld: bool = False,
) -> str:
    """Add a signed note; `why` are ICPC-2 codes, `about` its contact, `withheld`: not for a child's parents."""
    context: Resource = {"period": period(at, at)}
    if why:
        context["event"] = [icpc(codes.icpc2()[code]) for code in why]
    if about:
        context["encounter"] = [ref(about)]
    marks = ("withheld-parents",) if withheld else ()
    return document(
        chart,
        codes.JOURNAL_NOTE.concept(),
        title,
        text,
        at,
        [by.link],
        by.unit,
        context=context,
        name=name,
        marks=marks,
    )


def discharge_summary(chart: Chart, text: str, at: str, by: Unit, *, why: str, name: str = "") -> str:
    """Add an epikrise as the hospital sent it."""
    context = {"event": [icpc(codes.icpc2()[why])]}
    title = f"Epikrise, {codes.icpc2()[why].name.lower()}"
    return document(
        chart, codes.DISCHARGE_SUMMARY.concept(), title, text, at, [by.link], by, context=context, name=name
    )


def document(
    chart: Chart,
    kind: Resource,
    title: str,
    text: str,
    at: str,
    authors: list[Resource],
    keeper: Unit,
    *,
    context: Resource | None = None,
    name: str = "",
    marks: tuple[str, ...] = (),
) -> str:
    """Add a document with its text inside; `marks` are read by the access rules."""
    made: Resource = {
        "status": "current",
        "docStatus": "final",
        "type": kind,
        "subject": chart.who,
        "date": at,
        "author": authors,
        "custodian": keeper.link,
        "description": title,
        "content": [{"attachment": plain_text(title, text, at)}],
    }
    if marks:
        made["meta"] = {"security": [{"system": MARK, "code": mark} for mark in marks]}
    return chart.add("DocumentReference", made | ({"context": context} if context else {}), name)


def vaccine(chart: Chart, atc: str, name: str, on: str, by: Member, dose: int) -> str:
    """Add one vaccination."""
    made = {
        "status": "completed",
        "vaccineCode": coded(ATC, atc, name),
        "patient": chart.who,
        "occurrenceDateTime": on,
        "primarySource": True,
        "performer": [{"actor": by.link}],
        "protocolApplied": [{"doseNumberPositiveInt": dose}],
    }
    return chart.add("Immunization", made)
