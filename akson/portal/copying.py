"""Taking the record along: everything the citizen sees in it, as a document to read and as a file for machines."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from akson.base.web import printing
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.work import Work
from akson.portal import paper
from akson.portal.opening import Opened
from akson.record.compartment import Place, Wanted, everything
from akson.record.stored import Stored

WANTED: Final[dict[str, int]] = {}  # of the record, besides who it is
_PART: Final = 1000


async def gathered(work: Work, opened: Opened) -> list[Stored]:
    """Return the whole record as the citizen sees it, and what it points at that belongs to nobody.

    Leaves  in the access log that it was taken out, and each thing that was
    """
    found: list[Stored] = []
    place: Place | None = Place()
    while place is not None:
        part = await everything(work, opened.identity.id, Wanted(), place, _PART)
        found, place = found + part.hits, part.next
    work.saw(opened.identity.owner, "page kopi", rule=opened.rule, basis=opened.basis)
    return found


async def to_read(work: Work, opened: Opened) -> Response:
    """Return the record as a PDF."""
    found = await gathered(work, opened)
    told = paper.paper([one.resource for one in found], name=opened.name, born=opened.identity.born, now=work.now)
    made = await asyncio.to_thread(printing.printed, told, work.now)
    return file(work, made, "application/pdf", "pdf")


async def as_data(work: Work, opened: Opened) -> Response:
    """Return the record as a FHIR Bundle of the kind "collection", each resource as it was written."""
    found = await gathered(work, opened)
    entries = b",".join(b'{"resource":' + one.body + b"}" for one in found if one.body)
    head = b'{"resourceType":"Bundle","type":"collection","timestamp":"' + work.now.isoformat().encode() + b'"'
    return file(work, head + b',"entry":[' + entries + b"]}", "application/fhir+json", "json")


def file(work: Work, content: bytes, mime: str, ending: str) -> Response:
    """Return what is to be saved, named by the day."""
    name = f"{texts().plain('copy.file')}-{local(work.now).date().isoformat()}.{ending}"
    return Response(content, media_type=mime, headers={
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"
    })  # fmt: skip
