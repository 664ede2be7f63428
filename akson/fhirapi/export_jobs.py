"""An export after its kick-off: how far it is, its files, giving it up. Source: hl7.org/fhir/uv/bulkdata (2.0)"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from email.utils import format_datetime

import msgspec
from msgspec.structs import replace

from akson.base.errors import Refused
from akson.fhir import bodies, subsets
from akson.fhirapi import answers, contents
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.streams import Stream
from akson.record import exports
from akson.record.exports import LASTS, Export
from akson.record.stored import Stored

FILES = "$export/"  # the addresses of these
_NDJSON = frozenset({"application/fhir+ndjson", "application/ndjson", "application/*", "*/*"})
_MEDIA = "application/fhir+ndjson"
_PASSED = "passed.ndjson"
_END, _GONE = ".ndjson", ".deleted.ndjson"


async def status(call: Call) -> Answer:
    """Return the manifest, or 202 while something that ran at the kick-off may still write up to the watermark."""
    call.refuse_parameters()
    contents.refuse_other_answers(call.headers, ())
    async with call.work("export status") as work:
        export = await exports.look(work, call.id)
        if export.ready:
            export = await exports.listed(work, export)
    if not export.ready:
        return Answer(status=202, headers=((b"x-progress", b"waiting for writes under way"), (b"retry-after", b"1")))
    expires = format_datetime(export.at + LASTS, usegmt=True).encode()
    return Answer(status=200, body=_manifest(call, export), media="application/json", headers=((b"expires", expires),))


def _manifest(call: Call, export: Export) -> bytes:
    kinds, gone = export.files or ((), ())
    passed = [("OperationOutcome", _PASSED)] if export.wanted.passed else []
    told = {
        "transactionTime": bodies.instant(export.at),
        "request": export.request,
        "requiresAccessToken": True,
        "output": _files(call, [(kind, kind + _END) for kind in kinds]),
        "deleted": _files(call, [("Bundle", kind + _GONE) for kind in gone]),
        "error": _files(call, passed),
    }
    return msgspec.json.encode(told)


def _files(call: Call, files: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"type": type_, "url": f"{call.server.base}/{FILES}{call.id}/{name}"} for type_, name in files]


async def cancel(call: Call) -> Answer:
    """Give an export up; its files are gone from then on, also for one who is fetching them."""
    call.refuse_parameters()
    async with call.work("export given up") as work:
        await exports.end(work, call.id)
    return Answer(status=202)


async def file(call: Call) -> Answer:
    """Send one file, made meanwhile."""
    call.refuse_parameters()
    _refuse_other_forms(call)
    async with call.work("export file") as work:
        export = await exports.look(work, call.id)
    if not export.ready:
        raise Refused("AK-J001")
    if call.version == _PASSED and export.wanted.passed:
        return Stream(status=200, parts=_passed(export), media=_MEDIA)
    gone = call.version.endswith(_GONE)
    type_ = call.version.removesuffix(_GONE if gone else _END)
    if (
        type_ not in export.wanted.types
        or (gone and not export.wanted.since)
        or type_ + (_GONE if gone else _END) != call.version
    ):
        raise Refused("AK-J001")
    of_type = replace(call, type=type_)
    parts = exports.parts(lambda: of_type.again(f"export {type_}", "r"), export, type_, gone=gone)
    first = await anext(parts)  # a refusal is answered as such
    told = _deletions if gone else _lines(_cut(export, type_))
    return Stream(status=200, parts=_told(first, parts, told), media=_MEDIA)


def _refuse_other_forms(call: Call) -> None:
    given = {part.partition(";")[0].strip().lower() for part in call.headers.get("accept", "*/*").split(",")}
    if given.isdisjoint(_NDJSON):
        raise Refused("AK-F004")


async def _told(
    first: list[Stored], rest: AsyncIterator[list[Stored]], told: Callable[[list[Stored]], bytes]
) -> AsyncIterator[bytes]:
    if text := told(first):
        yield text
    async for hits in rest:
        if text := told(hits):
            yield text


async def _passed(export: Export) -> AsyncIterator[bytes]:
    for name in export.wanted.passed:
        issue = {"severity": "warning", "code": "not-supported", "details": {"text": "Ikke fulgt."},
                 "diagnostics": f"parameter {name} was not followed"}  # fmt: skip
        yield answers.outcome([issue]) + b"\n"


def _cut(export: Export, type_: str) -> Callable[[bytes], bytes] | None:
    """Return what leaves only the elements asked for; None when all are."""
    named = [one.rpartition(".") for one in export.wanted.elements]
    names = frozenset(name for kind, _, name in named if kind in ("", type_) and subsets.is_element(type_, name))
    return (lambda body: subsets.only(body, names)) if names else None


def _lines(cut: Callable[[bytes], bytes] | None) -> Callable[[list[Stored]], bytes]:
    def told(hits: list[Stored]) -> bytes:
        return b"".join([_line(cut(hit.body or b"") if cut else hit.body or b"") for hit in hits])

    return told


def _line(body: bytes) -> bytes:
    """Return the body as one line; every number stays as it was."""
    return (msgspec.json.format(body, indent=-1) if b"\n" in body or b"\r" in body else body) + b"\n"


def _deletions(hits: list[Stored]) -> bytes:
    if not hits:
        return b""
    entries = [{"request": {"method": "DELETE", "url": hit.reference}} for hit in hits]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "transaction", "entry": entries}) + b"\n"
