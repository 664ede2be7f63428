"""$import: NDJSON of any size into the record, each line through the same checks, rules and log as a write of its own.

The answer is NDJSON of OperationOutcomes: how it went, then one for each line that was refused.
`onFault=refuse` writes all or nothing.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import IO, Any, Final

import msgspec

from akson.base.errors import Refused
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir.issues import Invalid
from akson.fhirapi import answers, packing, references
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.fhirapi.lines import Line, lines, too_long
from akson.fhirapi.refusing import as_seen
from akson.fhirapi.streams import Stream
from akson.fhirapi.update import refuse_subsetted
from akson.record import importing
from akson.record.drafts import Draft
from akson.record.importing import Item

SET: Final = 500  # lines written at once
SET_BYTES: Final = 4 * 1024 * 1024
MOST_TOGETHER: Final = 20_000  # lines that are written all or none
_IN_MEMORY = 4 * 1024 * 1024  # bytes of the report; what is more goes to a file without a name
_MEDIA = "application/fhir+ndjson"
_KNOWN = frozenset({_MEDIA, "application/ndjson", "application/x-ndjson"})


@dataclass
class Report:
    """What becomes of an import. seen: lines; written: of them."""

    seen: int = 0
    written: int = 0
    refused: int = 0
    file: IO[bytes] = field(default_factory=lambda: tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115

    def add(self, n: int, why: Refused | Invalid) -> None:
        """Note why line `n` was not written."""
        self.refused += 1
        self.file.write(msgspec.json.encode(fault(n, why)) + b"\n")

    def faults(self) -> list[dict[str, Any]]:
        """Return what was noted, and forget it."""
        with self.file:
            self.file.seek(0)
            return [msgspec.json.decode(line) for line in self.file]

    async def told(self) -> AsyncIterator[bytes]:
        """Yield the report: the sum, then each fault."""
        text = f"{self.seen} lines: {self.written} written, {self.refused} refused"
        nb = f"{self.seen} linjer: {self.written} skrevet, {self.refused} avvist."
        severity = "warning" if self.refused else "information"
        issue = {"severity": severity, "code": "informational", "details": {"text": nb}, "diagnostics": text}
        yield answers.outcome([issue]) + b"\n"
        with self.file:
            self.file.seek(0)
            while part := self.file.read(65536):
                yield part


def fault(n: int, why: Refused | Invalid) -> dict[str, Any]:
    """Return the OperationOutcome that tells why line `n` was not written."""
    answer = answers.invalid(why) if isinstance(why, Invalid) else answers.refusal(as_seen(why))
    told: dict[str, Any] = msgspec.json.decode(answer.body)
    for issue in told["issue"]:
        issue["location"] = [f"line {n}"]
    return told


async def import_(call: Call) -> Answer:
    """Write what is sent, line by line."""
    await call.refuse_beyond_token("cu")
    call.refuse_parameters(known=frozenset({"onFault"}))
    if call.chunks is None:
        raise Refused("AK-F011", name="$import in a Bundle")
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() not in _KNOWN:
        raise Refused("AK-F003", given=call.headers.get("content-type", "nothing")[:80])
    modes = [value for _, value in call.query] or ["skip"]
    if modes not in (["skip"], ["refuse"]):
        raise Refused("AK-F007", name="parameter onFault")
    packing.unpacker(call.headers.get("content-encoding", "").strip().lower(), 1)  # refused before anything is read
    report = Report()
    carried_out = _together if modes == ["refuse"] else _one_by_one
    try:
        await carried_out(call, report, _sets(call, lines(call.chunks(), LARGEST_RESOURCE), report))
        await importing.settle(call.server.office.database, report.written)
    except BaseException:
        report.file.close()
        raise
    failed = modes == ["refuse"] and report.refused > 0
    return Stream(status=422 if failed else 200, parts=report.told(), media=_MEDIA)


async def take(call: Call, found: AsyncIterator[Line], report: Report) -> None:
    """Write lines that were read already, each refused by itself. report: gets what becomes of them."""
    await _one_by_one(call, report, _sets(call, found, report))


async def _sets(call: Call, found: AsyncIterator[Line], report: Report) -> AsyncIterator[list[Item]]:
    """Yield checked lines in sets in which nothing stands twice; note those that are wrong in themselves."""
    items: list[Item] = []
    taken: set[tuple[str, str | None]] = set()
    size = last = 0
    try:
        async for line in found:
            last, report.seen = line.n, report.seen + 1
            draft = _checked(call, line, report)
            if draft is None:
                continue
            key = draft.type, draft.id
            if key in taken or len(items) >= SET or size + len(line.body) > SET_BYTES:
                yield items
                items, taken, size = [], set(), 0
            items.append(Item(n=line.n, body=line.body, draft=draft))
            size += len(line.body)
            taken |= {key} if key[1] else set()
    except Refused as cut:
        report.add(last + 1, cut)
    if items:
        yield items


def _checked(call: Call, line: Line, report: Report) -> Draft | None:
    """Return the draft of a line; None when it is wrong, which is then noted."""
    try:
        if not line.body:
            raise too_long(line, LARGEST_RESOURCE)
        draft = importing.draft_of(Item(n=line.n, body=line.body))
        refuse_subsetted(draft)
        references.localise(draft, call.server.base)
    except (Refused, Invalid) as fault:
        report.add(line.n, fault)
        return None
    return draft


async def _one_by_one(call: Call, report: Report, sets: AsyncIterator[list[Item]]) -> None:
    """Write set after set; the database writes one while the next is read and checked."""
    writing: asyncio.Task[None] | None = None
    try:
        async for items in sets:
            if writing is not None:
                await writing
            writing = asyncio.create_task(_written(call, report, items))
        if writing is not None:
            await writing
    except BaseException:
        if writing is not None:
            writing.cancel()
            await asyncio.wait([writing])
        raise


async def _written(call: Call, report: Report, items: list[Item]) -> None:
    faults = [fault async for fault in importing.write(lambda: call.work("import"), items)]
    report.written += len(items) - len(faults)
    async for fault in in_turns(sorted(faults, key=lambda one: one.n)):
        report.add(fault.n, fault.why)


class _Nothing(Exception):
    """Nothing is to be written after all."""


async def _together(call: Call, report: Report, sets: AsyncIterator[list[Item]]) -> None:
    try:
        async with call.work("import") as work:
            async for items in sets:
                if report.seen > MOST_TOGETHER:
                    raise Refused("AK-F033", most=MOST_TOGETHER)
                if not report.refused:
                    await _part(work, items, report)
            if report.refused:
                raise _Nothing
    except _Nothing:
        report.written = 0


async def _part(work: Work, items: list[Item], report: Report) -> None:
    try:
        await importing.write_all(work, items)
    except (Refused, Invalid) as why:
        for fault in importing.faults_of(why, items):
            report.add(fault.n, fault.why)
    else:
        report.written += len(items)
