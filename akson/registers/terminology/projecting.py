"""Resources of the record that are terminology: usable as soon as they are written, in the same transaction.

What an operator loaded stands: a client's resource with the same url and version is kept in the record, but does not
replace it. Among clients' resources the last one written counts.
"""

from __future__ import annotations

from typing import Any

import asyncpg

from akson.base.errors import Refused
from akson.registers.terminology import store
from akson.registers.terminology.closure import Cyclic

TYPES = frozenset(store.PUT)


async def project(connection: asyncpg.Connection, type_: str, id_: str, resource: dict[str, Any] | None) -> None:
    """Put what one resource says in the place of what it said before; None: it was deleted.

    Raises  Refused AK-T003 when a concept stands above itself
    """
    source = f"{type_}/{id_}"
    await store.forget(connection, source)
    if resource is None or not resource.get("url"):
        return
    try:
        await store.PUT[type_](connection, resource, place=store.Place(source=source))
    except Cyclic:
        raise Refused("AK-T003", path="CodeSystem.concept") from None
