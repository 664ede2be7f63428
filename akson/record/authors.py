"""Who wrote a resource first, as it stands in the chain: whatever the resource itself says of its authors."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.masking import whereabouts_hidden
from akson.record.session import fetch

SQL = queries(__file__, "authors.sql")


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """id: "Practitioner/<id>", "Patient/<id>" or "Device/<name>"; role: a key of akson.access.roles.ROLES.

    Of staff and programs all but the sort is "" where the reader may not know where the person is or is to be.
    """

    id: str
    name: str
    role: str = ""
    unit_name: str = ""


async def authors(work: Work, owner: int, type_: str, ids: Collection[str]) -> dict[str, Author]:
    """Return who wrote each of these resources of one owner first; one statement, none for nothing.

    For what the caller has been given already: nothing is decided here.
    """
    if not ids:
        return {}
    rows = await fetch(work, SQL.authors, owner, types.code_of(type_), list(ids))
    found = {row["id"]: msgspec.json.decode(row["author"], type=Author) for row in rows}
    hides = await whereabouts_hidden(work, owner)
    return {id_: _nameless(one) for id_, one in found.items()} if hides else found


def _nameless(one: Author) -> Author:
    kind, _, _ = one.id.partition("/")
    return one if kind == "Patient" else Author(id=f"{kind}/", name="")
