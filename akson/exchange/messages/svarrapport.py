"""Svarrapport 1.3 and 1.4: answers from laboratory, pathology and radiology; received only.

In: a DiagnosticReport with its Observations and Specimens; a changed, added to or withdrawn report becomes new versions
of the same resources, what came before stays in their history. The message itself is a Communication with a Task.
Source: docs/sources.md#svarrapport; statuses as Norsk Helsenett maps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from akson.base.work import Work
from akson.exchange import fagmelding, filing, labreport, labresults
from akson.exchange.envelope import Code, Envelope
from akson.exchange.filing import MESSAGE_ID, VOLVEN, Resource, coding, concept, filled
from akson.exchange.labreport import Report, Result, Sample
from akson.exchange.labresults import HL7
from akson.exchange.labtelling import WITHDRAWN, paragraphs, result_status, title
from akson.exchange.registry import Filed, Letter, Standard, message, speaks
from akson.exchange.safexml import Fault, Unreadable
from akson.exchange.telling import Told, told
from akson.record import journal, releasing
from akson.record.search.searching import search
from akson.record.search.values import escape
from akson.record.stored import Stored

REPORT_ID: Final = "https://akson.no/fhir/report-id"  # ServProvId, with the number of the sender behind it
RESULT_ID: Final = "https://akson.no/fhir/result-id"
SAMPLE_ID: Final = "https://akson.no/fhir/sample-id"
REQUEST_ID: Final = "https://akson.no/fhir/request-id"
TYPES: Final = ("SVAR_LAB", "SVAR_RTG", "SVAR_CYT", "SVAR_HIST", "SVAR_MBIO", "SVAR_KKL", "S")  # "S": as 1.3 wrote it
_REPORT: Final = {"S": "registered", "P": "preliminary", "F": "final", "A": "appended"}  # Volven 7306 of a new report
_CHANGED: Final = {"M": "amended", "A": "appended", "C": "cancelled", "H": "unknown"}  # Volven 7309
_IMAGING: Final = frozenset({"BLD", "CT", "MA", "MR", "NUK", "RAD", "RTG", "SCI", "UL"})  # Volven 8202
_UNNAMED: Final = Code(value="", name="Undersøkelse")
_LATE: Final = "Denne utgaven av rapporten er eldre enn den som står i journalen, og endrer den ikke."
_UNREADABLE_FILE: Final = Fault("X99", "Svarene er tatt imot, men et vedlegg kunne ikke leses.")

speaks(Standard(name="Svarrapport", namespaces=fagmelding.REPORTS, reads=TYPES))


def in_words(envelope: Envelope) -> Told:
    """Return a report as people read it. Raises Unreadable T02, T10."""
    report = labreport.read(envelope.body)
    return told(envelope, title=title(report), paragraphs=paragraphs(report), contacts=report.by)


@message(*TYPES, told=in_words)
async def receive(work: Work, letter: Letter) -> Filed:
    """Put a report into the record, as new or as the next version of what stands there, and a task into the inbox.

    Raises   Unreadable T02, T10, T99 -> negative AppRec; the message is kept for a human
    Leaves   DiagnosticReport, Observations, Specimens, Communication, Task; for a large attachment a Binary and a
             DocumentReference. An older version that comes late, and a test message, leaves the Communication and the
             Task alone
    """
    report, test = labreport.read(letter.envelope.body), letter.envelope.test
    standing = None if test else await _standing(work, letter, report)
    releasing.let_wait(work, [report.field.value], standing.resource if standing else None)
    late = standing is not None and _is_late(standing.resource, letter.envelope.sent)
    kept = standing if test or late else await _Filing(work, letter, report, standing).write()
    about = kept.reference if kept else ""
    documents = await filing.documents(work, letter)
    stored = await journal.create(work, as_communication(report, letter, documents, about, late=late))
    await journal.create(work, filing.task(letter, stored.id, title=title(report)))
    return Filed(communication=stored.id, fault=_UNREADABLE_FILE if fagmelding.broken_files(letter.envelope) else None)


def as_communication(report: Report, letter: Letter, documents: Sequence[str], about: str, *, late: bool) -> Resource:
    """Return the message as a Communication. about: reference of the DiagnosticReport, "" where it makes none."""
    return filing.communication(
        letter,
        documents,
        topic=concept(_field(report), title(report)),
        said=[*([_LATE] if late else []), *paragraphs(report)],
        about=[{"reference": about}] if about else [],
        note=[{"text": each} for each in report.by],
    )


def _field(report: Report) -> Code:
    return Code(value=report.field.value, system=f"{VOLVEN}8202", name=report.field.name)


def _is_late(standing: Resource, sent: datetime) -> bool:
    """Say whether a version that is newer than one sent then stands in the record."""
    return datetime.fromisoformat(standing["issued"]) > sent


async def _standing(work: Work, letter: Letter, report: Report) -> Stored | None:
    """Return the report of this id by this sender in this patient's record, or None."""
    own = [{"system": system, "value": report.id} for system in _systems(letter)]
    named = ",".join(f"{each['system']}|{escape(report.id)}" for each in own)
    wanted = [("subject", f"Patient/{_patient(letter)}"), ("identifier", named)]
    found = (await search(work, "DiagnosticReport", wanted)).hits
    return next((each for each in found if any(one in own for one in each.resource["identifier"])), None)


def _patient(letter: Letter) -> str:
    if letter.patient is None:
        raise Unreadable("E30", "Et prøvesvar gjelder en pasient.")
    return letter.patient.id


def _systems(letter: Letter) -> list[str]:
    """Return the systems of the sender's own numbers: two laboratories may use the same. What is new has the first."""
    return [f"{REPORT_ID}/{each['value']}" for each in reversed(letter.sender.numbers)]


@dataclass
class _Filing:
    """One report on its way into the record: the resources that stand there, and those that are made now."""

    work: Work
    letter: Letter
    report: Report
    standing: Stored | None
    old: dict[str, Stored] = field(default_factory=dict)  # Observations and Specimens, by reference
    alike: dict[str, list[str]] = field(default_factory=dict)  # references of those not met yet, by what they are
    kept: set[str] = field(default_factory=set)  # references of those that are in this version too

    async def write(self) -> Stored:
        """Write the report and all it tells of; return the DiagnosticReport."""
        await self._gather()
        samples = {sample.id: await self._put(self._specimen(sample)) for sample in self.report.samples}
        results = list(self.report.all_results())
        made = await self._results(results, samples)
        tops = [made[index] for index, _ in self._tops(results)]
        if self.report.change.value == "A":  # an addition: what stood there stands
            before = [each["reference"] for each in self._was().get("result", ())]
            tops = list(dict.fromkeys([*before, *tops]))
        elif self.standing:
            await self._withdraw_rest()
        return await self._put_report(tops, list(samples.values()))

    def _was(self) -> Resource:
        return dict(self.standing.resource) if self.standing else {}

    async def _gather(self) -> None:
        """Read what the report told of before: its results, theirs, and the samples."""
        waiting = [each["reference"] for name in ("result", "specimen") for each in self._was().get(name, ())]
        while waiting := [each for each in waiting if each not in self.old]:
            found = await journal.read_many(self.work, waiting)
            self.old |= found
            waiting = [each["reference"] for one in found.values() for each in one.resource.get("hasMember", ())]
        for ref, one in self.old.items():
            self.alike.setdefault(_key(one.resource), []).append(ref)

    async def _put(self, resource: Resource) -> str:
        """Write a resource as new, or as the next version of the one with the same number and code."""
        alike = self.alike.get(_key(resource))
        before = alike.pop(0) if alike else ""
        if not before:
            return (await journal.create(self.work, resource)).reference
        self.kept.add(before)
        stands = self.old[before]
        if {name: value for name, value in stands.resource.items() if name != "meta"} != resource | {"id": stands.id}:
            await journal.update(self.work, resource | {"id": stands.id}, id_=stands.id, if_match=stands.version)
        return before

    async def _results(self, results: list[Result], samples: Mapping[str, str]) -> dict[int, str]:
        """Write the results, parts first; return their references by place."""
        members = labresults.members(results)
        made: dict[int, str] = {}
        for index in labresults.parts_first(members):
            parts = [made[each] for each in members[index] if each in made]
            made[index] = await self._put(self._observation(results[index], parts, samples))
        return made

    def _tops(self, results: list[Result]) -> list[tuple[int, Result]]:
        """Return the results that are no part of another."""
        inside = {part for parts in labresults.members(results).values() for part in parts}
        return [(index, result) for index, result in enumerate(results) if index not in inside]

    async def _withdraw_rest(self) -> None:
        """Withdraw the results that are not in the report any more: their values stay in the history only."""
        for ref, one in self.old.items():
            if ref in self.kept or one.type != "Observation" or one.resource["status"] == "cancelled":
                continue
            bare = {name: value for name, value in one.resource.items() if name != "meta"}
            await journal.update(self.work, _withdrawn(bare), id_=one.id, if_match=one.version)

    async def _put_report(self, results: list[str], specimens: list[str]) -> Stored:
        resource = self._diagnostic_report(results, specimens)
        if self.standing is None:
            return await journal.create(self.work, resource)
        id_, version = self.standing.id, self.standing.version
        return await journal.update(self.work, resource | {"id": id_}, id_=id_, if_match=version)

    def _diagnostic_report(self, results: list[str], specimens: list[str]) -> Resource:
        report, envelope = self.report, self.letter.envelope
        change, state = report.change.value, report.state.value
        status = _CHANGED.get(change) or _REPORT.get(state, "unknown")
        known = self._effective()
        return filled({
            "resourceType": "DiagnosticReport",
            "identifier": [{"system": _systems(self.letter)[0], "value": report.id},
                           {"use": "secondary", "system": MESSAGE_ID, "value": envelope.msg_id}],
            "basedOn": [self._request()] if report.request else None,
            "status": status,
            "category": [{"coding": [{"system": f"{HL7}v2-0074", "code": "RAD" if self._is_imaging() else "LAB"},
                                     coding(_field(report))]}],
            "code": concept(_field(report)),
            "subject": filing.subject(self.letter),
            "effectiveDateTime": known,
            "issued": envelope.sent.isoformat(),
            "performer": [{"type": "Organization", "display": envelope.sender.known_first}],
            "resultsInterpreter": [{"type": "Practitioner", "display": each} for each in report.by],
            "specimen": [{"reference": each} for each in dict.fromkeys(specimens)],
            "result": [{"reference": each} for each in results],
            "conclusion": "\n".join(report.remarks),
        })  # fmt: skip

    def _request(self) -> Resource:
        return {"type": "ServiceRequest", "identifier": {"system": REQUEST_ID, "value": self.report.request}}

    def _is_imaging(self) -> bool:
        return self.report.field.value in _IMAGING

    def _effective(self) -> str:
        """Return when the first sample was taken or the first examination made; else when the report was issued."""
        known = [each.collected for each in self.report.samples] + [each.at for each in self.report.all_results()]
        return min(filter(None, known), default=self.report.issued.isoformat())

    def _specimen(self, sample: Sample) -> Resource:
        numbers = [(SAMPLE_ID, sample.id), (f"{SAMPLE_ID}/requester", sample.requester_id)]
        return filled({
            "resourceType": "Specimen",
            "identifier": [{"system": system, "value": value} for system, value in numbers if value],
            "type": concept(sample.kind, sample.name) if sample.kind else filled({"text": sample.name}),
            "subject": filing.subject(self.letter),
            "request": [self._request()] if self.report.request else None,
            "collection": filled({
                "collectedDateTime": sample.collected, "bodySite": filled({"text": sample.origin}),
            }),
            "note": [{"text": each} for each in sample.remarks],
        })  # fmt: skip

    def _observation(self, result: Result, parts: list[str], samples: Mapping[str, str]) -> Resource:
        sample = next((each for each in self.report.samples if each.id in result.samples and each.id), None)
        at = (sample.collected if sample else "") or result.at or self._effective()
        status = "cancelled" if self.report.change.value == "C" else result_status(result)
        by = [{"type": "Practitioner", "display": each} for each in result.by or self.report.by]
        resource = filled({
            "resourceType": "Observation",
            "identifier": [{"system": RESULT_ID, "value": result.id}] if result.id else None,
            "status": status,
            "category": [*self._categories(result)],
            "code": labresults.coded(result.investigation, result.name) or concept(_UNNAMED),
            "subject": filing.subject(self.letter),
            "effectiveDateTime": at,
            "issued": self.letter.envelope.sent.isoformat(),
            "performer": [{"type": "Organization", "display": self.letter.envelope.sender.known_first}, *by],
            **labresults.value(result),
            "interpretation": [labresults.interpretation(result.deviation)] if result.deviation else None,
            "note": [{"text": each} for each in result.remarks],
            "method": concept(result.spec) if result.spec else None,
            "specimen": {"reference": samples[sample.id]} if sample else None,
            "referenceRange": [labresults.limits(result)] if result.reference else None,
            "hasMember": [{"reference": each} for each in dict.fromkeys(parts)],
            "component": [*labresults.components(result)],
        })  # fmt: skip
        return _withdrawn(resource) if status == "cancelled" else resource

    def _categories(self, result: Result) -> Iterator[Resource]:
        """Yield what sort of result it is: the standard's word, and the heading of its only text."""
        kind = "imaging" if self._is_imaging() else "laboratory"
        yield {"coding": [{"system": f"{HL7}observation-category", "code": kind}]}
        headings = {each.heading for each in result.texts if each.heading}
        yield from (concept(each) for each in headings if len(result.texts) == 1)


def _withdrawn(observation: Resource) -> Resource:
    """Return an Observation that no longer says anything: its values stand in its history."""
    gone = ("valueQuantity", "valueString", "valueCodeableConcept", "valueDateTime", "interpretation", "component")
    left = {name: value for name, value in observation.items() if name not in gone}
    return left | {"status": "cancelled", "note": [{"text": WITHDRAWN}]}


def _key(resource: Resource) -> str:
    """Return what makes two resources versions of the same: type, number, and what was examined."""
    code = resource.get("code", {})
    return str((resource["resourceType"], resource.get("identifier"), code.get("coding") or code))
