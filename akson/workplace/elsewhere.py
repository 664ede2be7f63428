"""Hent fra andre: what another organisation holds about a patient, shown with its source and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.messages import texts
from akson.base.web.screens import Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import asking
from akson.exchange.asking import Document, File, Held
from akson.fhir.files import unlike
from akson.patient.chart import open_chart
from akson.patient.reading import codes, display, moment, words
from akson.record import scanning
from akson.record.deciding import asked
from akson.registers.sources import Source

SCREENS = Screens(__name__)
_SHOWABLE: Final = frozenset({"application/pdf", "image/png", "image/jpeg"})
_WRONG: Final = frozenset({"entered-in-error", "refuted"})
Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One entry. id: of a document that can be opened; by: who wrote it."""

    text: str
    at: datetime | None = None
    by: str = ""
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One kind of entries. rows: None where the source gives none of the kind."""

    type: str
    rows: tuple[Row, ...] | None
    more: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One file of a document. text: where it is plain; empty: it could not be had."""

    number: int
    text: str
    empty: bool


@SCREENS.screen("/p/{patient}/andre", needs="read-clinical", title="elsewhere.title",
                menu=Menu(text="elsewhere.menu", icon="swap", order=65, where="sources"))  # fmt: skip
async def elsewhere(work: Work, visit: Visit, patient: str) -> Page | Response:
    """Show whom one can ask; ask one of them what they have, or for one document."""
    chart = await open_chart(work, patient, page="andre")
    sources: Sequence[Source] = work.office.sources
    source = next((one for one in sources if one.number == visit.form.get("kilde")), None)
    if visit.sent and source is None:
        raise Refused("AK-J001")
    values: dict[str, Any] = {"document": None, "parts": None}
    fault = ""
    if source:
        try:
            answer = await _asked(work, visit, patient, source)
            if isinstance(answer, Response):
                return answer
            values |= answer
        except Refused as refused:
            fault = refused.text
    basis = asked(work, chart.facts, None, Act.READ).basis
    return Page("andre.html", status=422 if fault else 200, patient=chart.banner, sources=sources, source=source,
                fault=fault, basis=basis, action=f"/p/{patient}/andre", **values)  # fmt: skip


async def _asked(work: Work, visit: Visit, patient: str, source: Source) -> dict[str, Any] | Response:
    """Ask for what the form says: the list, a document, or a file of one."""
    id_ = visit.form.get("dokument", "")
    if not id_:
        held = await asking.overview(work, patient, source)
        return {"known": held.known, "parts": tuple(_parts(held))}
    found = await asking.document(work, patient, source, id_)
    if wanted := visit.form.get("fil", ""):
        return await _file(work, found, wanted)
    return {"document": _document(found.resource), "sheets": tuple(_sheets(found))}


async def _file(work: Work, found: Document, wanted: str) -> Response:
    """Hand over a file, to be saved: it is never shown as a page of ours."""
    file = found.files[sent.place(wanted, len(found.files))]
    await scanning.refuse(work, file.data)
    safe = file.mime in _SHOWABLE and not unlike(file.mime, file.data)
    name = quote(_document(found.resource).text, safe="")
    return Response(file.data, media_type=file.mime if safe else "application/octet-stream",
                    headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"})  # fmt: skip


def _parts(held: Held) -> Iterator[Part]:
    for type_, found in held.found.items():
        stands = [one for one in found or () if not _withdrawn(one)]
        rows = tuple(_ROWS[type_](one) for one in stands)
        yield Part(type=type_, rows=None if found is None else rows, more=type_ in held.more)


def _withdrawn(resource: Resource) -> bool:
    """Say whether its author has taken it back."""
    said = {resource.get("status"), *codes([resource.get("verificationStatus") or {}])}
    return not _WRONG.isdisjoint(said)


def _allergy(one: Resource) -> Row:
    reactions = [words(each) for reaction in one.get("reaction", ()) for each in reaction.get("manifestation", ())]
    return Row(text=", ".join(filter(None, (words(one.get("code")), *reactions))), at=moment(one.get("recordedDate")),
               by=display(one.get("recorder")))  # fmt: skip


def _condition(one: Resource) -> Row:
    at = one.get("onsetDateTime") or one.get("recordedDate")
    return Row(text=words(one.get("code")), at=moment(at), by=display(one.get("recorder")))


def _medicine(one: Resource) -> Row:
    name = words(one.get("medicationCodeableConcept")) or display(one.get("medicationReference"))
    doses = [each.get("text", "") for each in one.get("dosage", ())]
    return Row(text=" ".join(filter(None, (name, *doses))), at=moment(one.get("dateAsserted")),
               by=display(one.get("informationSource")))  # fmt: skip


def _document(one: Resource) -> Row:
    titles = [content["attachment"].get("title", "") for content in one["content"]]
    called = next(filter(None, (one.get("description", ""), words(one.get("type")), *titles)), "")
    writers = ", ".join(filter(None, (display(each) for each in one.get("author", ()))))
    return Row(text=called or texts().plain("elsewhere.untitled"), at=moment(one.get("date")), by=writers,
               id=str(one.get("id", "")))  # fmt: skip


def _sheets(found: Document) -> Iterator[Sheet]:
    for number, file in enumerate(found.files):
        yield Sheet(number=number, text=_plain(file), empty=not file.data)


def _plain(file: File) -> str:
    return file.data.decode("utf-8", "replace") if file.mime.partition(";")[0].strip() == "text/plain" else ""


_ROWS: Final = {
    "AllergyIntolerance": _allergy, "Condition": _condition, "MedicationStatement": _medicine,
    "DocumentReference": _document,
}  # fmt: skip
