"""Svarrapport 1.3 and 1.4 as values: one report of laboratory, pathology or radiology; read leniently. Pure.

Source   http://www.kith.no/xmlstds/labsvar/2008-12-01 (1.3) and …/2012-02-15 (1.4)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from akson.exchange import hcp, nodes
from akson.exchange.envelope import Code
from akson.exchange.fagmelding import REPORTS, value
from akson.exchange.nodes import child, children, code, text
from akson.exchange.safexml import Unreadable

_VERSIONS: Final = {space: version for version, space in REPORTS.items()}
MOST_RESULTS: Final = 5000
NLK: Final = "2.16.578.1.12.4.1.1.7280"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An AnalysedSubject: what was examined."""

    id: str
    kind: Code | None = None  # Volven 8351
    name: str = ""
    collected: str = ""  # FHIR date or instant
    origin: str = ""
    requester_id: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Said:
    """One text of a result: under which heading, in words, coded."""

    heading: Code | None
    text: str
    codes: tuple[Code, ...]

    @property
    def coded(self) -> str:
        """Return what the codes are called."""
        return ", ".join(dict.fromkeys(each.name or each.other or each.value for each in self.codes))


@dataclass(frozen=True, kw_only=True)
class Result:
    """One ResultItem.

    number      value as written, with its unit; comparator: LT, GT …
    belongs_to  ids of the results it is a part of
    """

    id: str
    investigation: tuple[Code, ...]  # what was examined, in each list the sender uses: NLK (7280) first
    spec: Code | None = None
    number: str = ""
    unit: str = ""
    comparator: Code | None = None
    date: str = ""
    texts: tuple[Said, ...] = ()
    structured: tuple[tuple[Code, Code | None, str], ...] = ()  # what, coded, in words
    reference: str = ""
    deviation: Code | None = None  # Volven 8244
    status: Code | None = None  # Volven 8245
    change: Code | None = None  # Volven 8270
    at: str = ""
    samples: tuple[str, ...] = ()
    belongs_to: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    parts: tuple[Result, ...] = ()

    @property
    def name(self) -> str:
        """Return what was examined, as people read it."""
        return next((each.name or each.other or each.value for each in self.investigation), "")


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. change: Volven 7309; state: 7306; field: 8202."""

    id: str
    version: str
    change: Code
    state: Code
    field: Code
    issued: datetime
    request: str = ""
    remarks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    results: tuple[Result, ...] = ()
    by: tuple[str, ...] = ()

    def all_results(self) -> Iterator[Result]:
        """Yield every result, each before its parts."""
        waiting = list(reversed(self.results))
        while waiting:
            result = waiting.pop()
            yield result
            waiting.extend(reversed(result.parts))


def read(body: etree._Element) -> Report:
    """Read a report.

    Raises   Unreadable T10 (not a report we know), T02
    """
    version = _VERSIONS.get(nodes.namespace(body)) if nodes.local(body) == "Message" else None
    if version is None:
        raise Unreadable("T10", "Innholdet er ikke en svarrapport i versjon 1.3 eller 1.4.")
    reports = children(body, "ServReport")
    if len(reports) != 1:
        raise Unreadable("T02" if not reports else "T10", "Meldingen må ha nøyaktig én svarrapport.")
    node, patient = reports[0], child(reports[0], "Patient")
    report = Report(
        id=text(node, "ServProvId") or text(body, "MsgId"),
        version=version,
        change=_coded(node, "ServType"),
        state=_coded(node, "Status"),
        field=_coded(node, "MsgDescr"),
        issued=nodes.moment(value(node, "IssueDate") or value(body, "GenDate"), what="IssueDate"),
        request=text(node, "ServReq", "Id"),
        remarks=_remarks(node, "Comment", "CodedComment"),
        reasons=tuple(_reasons(node, patient)),
        samples=tuple(map(_sample, children(patient, "AnalysedSubject"))),
        results=tuple(map(_result, children(patient, "ResultItem"))),
        by=tuple(_performers(node)),
    )
    if sum(1 for _ in report.all_results()) > MOST_RESULTS:
        raise Unreadable("T99", "Svarrapporten har for mange resultater.")
    return report


def moment(written: str) -> str:
    """Return a point in time as FHIR writes it, a day where no more is said; "" where it is none."""
    try:
        return nodes.moment(written, what="tid").isoformat() if "T" in written else nodes.iso_day(written)
    except Unreadable:
        return nodes.iso_day(written)


def _codes(node: etree._Element | None, name: str) -> tuple[Code, ...]:
    return tuple(found for each in children(node, name) if (found := code(each)))


def _coded(node: etree._Element, name: str) -> Code:
    found = code(node, name)
    if found is None:
        raise Unreadable("T02", f"Svarrapporten mangler {name}.")
    return found


def _remarks(node: etree._Element, *names: str) -> tuple[str, ...]:
    """Return comments: text, or what a code is called."""
    found = [(nodes.prose(each), code(node, name)) for name in names for each in children(node, name)]
    return tuple(filter(None, (said or (coded.name if coded else "") for said, coded in found)))


def _reasons(node: etree._Element, patient: etree._Element | None) -> Iterator[str]:
    """Yield why it was asked for, and what else was told."""
    request = child(node, "ServReq")
    told = [each for name in ("ReasonAsText", "ReqComment", "Comment") for each in children(request, name)]
    for each in (*told, *children(patient, "InfItem")):
        if said := nodes.prose(each):
            heading = code(each, "Heading")
            yield f"{heading.name}: {said}" if heading and heading.name else said


def _sample(node: etree._Element) -> Sample:
    kind = code(node, "TypeCoded")
    number = text(node, "Number")
    collected = value(node, "CollectedSample", "CollectedDate") or value(node, "CollectedStudyProduct", "ProducedDate")
    taken = child(node, "CollectedSample")
    remarks = _remarks(node, "Comment", "Pretreatment", "SampleHandling")
    remarks += _remarks(taken, "CollectorComment", "CollectorCommentCoded") if taken is not None else ()
    return Sample(
        id=text(node, "IdByServProvider"),
        kind=kind,
        name=text(node, "Type") or (kind.name if kind else ""),
        collected=moment(collected),
        origin=nodes.prose(child(node, "AnatomicalOrigin")),
        requester_id=text(node, "IdByRequester"),
        remarks=remarks + ((f"Antall: {number}",) if number not in ("", "1") else ()),
    )


def _result(node: etree._Element) -> Result:
    number = child(node, "NumResult", "NumResultValue")
    interval = child(node, "Interval")
    return Result(
        id=text(node, "IdResultItem"),
        investigation=tuple(sorted(_codes(child(node, "Investigation"), "Id"), key=lambda each: each.system != NLK)),
        spec=code(node, "Investigation", "Spec"),
        number="" if number is None else number.get("V", "").strip(),
        unit=_unit(node, number),
        comparator=code(node, "NumResult", "ArithmeticComp"),
        date=value(node, "DateResult", "DateResultValue"),
        texts=tuple(
            filter(lambda said: said.text or said.codes or said.heading, map(_said, children(node, "TextResult")))
        ),
        structured=tuple(_structured(node)),
        reference="; ".join(filter(None, (text(each, "Descr") for each in children(node, "RefInterval")))),
        deviation=code(node, "DevResultInd"),
        status=code(node, "StatusInvestigation"),
        change=code(node, "ServType"),
        at=moment(value(node, "InvDate")),
        samples=tuple((each.text or "").strip() for each in children(node, "RefAnalysedSubject")),
        belongs_to=tuple((each.text or "").strip() for each in children(node, "RefIdResultItem")),
        remarks=_remarks(node, "Comment", "DiagComment")
        + tuple(filter(None, (text(node, "Investigation", "Comment"), nodes.prose(interval)))),
        by=tuple(_performers(node)),
        parts=tuple(map(_result, children(node, "ResultItem"))),
    )


def _unit(node: etree._Element, number: etree._Element | None) -> str:
    """Return the unit; "0" and "1" are senders' way of saying that there is none."""
    written = "" if number is None else number.get("U", "").strip()
    return "" if written in ("0", "1") else written or text(node, "TextResult", "Unit")


def _said(node: etree._Element) -> Said:
    unit = text(node, "Unit")
    said = nodes.prose(child(node, "TextResultValue"))
    return Said(
        heading=code(node, "Heading"), text=f"{said} {unit}".strip() if said else "", codes=_codes(node, "TextCode")
    )


def _structured(node: etree._Element) -> Iterator[tuple[Code, Code | None, str]]:
    for each in children(node, "StructuredInfo"):
        what = code(each, "Type")
        coded = code(each, "CodedInfo", "Code")
        quantity = child(each, "PhysicalInfo", "Quantity")
        amount = "" if quantity is None else f"{quantity.get('V', '')} {quantity.get('U', '')}".strip()
        said = (coded.name or coded.value) if coded else amount or nodes.prose(child(each, "IntegerInfo"))
        if what:
            yield what, coded, said or " ".join(filter(None, map(nodes.prose, each)))


def _performers(node: etree._Element) -> Iterator[str]:
    """Yield who stands for a report or a result: "Mykke Plasme (Ansvarlig helsepersonell)"."""
    for each in children(node, "RelServProv"):
        party, relation = hcp.read(child(each, "HCP")), code(each, "Relation")
        if party and party.name:
            yield f"{party.name} ({relation.name})" if relation and relation.name else party.name
