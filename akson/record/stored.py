"""A resource as it comes out of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from akson.fhir import bodies, types
from akson.record.packing import unpacked


@dataclass
class Stored:
    """One version of one resource. `body` is None after a delete or an erasure.

    last_updated  set when the set it was written in has been flushed
    made          by a change: nothing stood there before it, or what was deleted
    """

    type: str
    id: str
    version: int
    owner: int
    last_updated: datetime
    packed: bytes | None = field(repr=False)
    method: str = "POST"
    erased: bool = False
    made: bool = False

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.id}"

    @cached_property
    def body(self) -> bytes | None:
        """The JSON, token for token as received but for id and meta."""
        if self.packed is None:
            return None
        return bodies.join(self.type, self.id, self.version, self.last_updated, unpacked(self.packed))

    @cached_property
    def resource(self) -> dict[str, Any]:
        """The JSON as a dict; decimals are Decimal."""
        read: dict[str, Any] = bodies.loads(self.body or b"{}")
        return read


def stored(row: Mapping[str, Any]) -> Stored:
    """Return a row of reading.sql as what callers get."""
    return Stored(
        types.name_of(row["type"]), row["id"], row["version"],
        row["owner"], row["last_updated"], row["body"], row.get("method", "PUT"), bool(row.get("erased")),
    )  # fmt: skip


def marks_in(meta: Mapping[str, Any]) -> frozenset[str]:
    """Return the codes of the security labels in the meta of a resource."""
    return frozenset(one["code"] for one in meta.get("security") or () if " " not in one.get("code", " "))


def marks_on(resource: Mapping[str, Any]) -> frozenset[str]:
    """Return the codes of the security labels of a resource; those of all in it, if it is a Bundle."""
    inside = (entry.get("resource") for entry in resource.get("entry") or ())
    return marks_in(resource.get("meta") or {}).union(*(marks_on(one) for one in inside if isinstance(one, dict)))


def marks_of(packed: bytes) -> frozenset[str]:
    """Return the codes of the security labels that a version carries itself, and what is in it if it is a Bundle."""
    meta, _, rest = unpacked(packed).partition(b"\n")  # see bodies.pack
    found = marks_in(msgspec.json.decode(meta)) if b'"security"' in meta else frozenset()
    return found | marks_on(msgspec.json.decode(b"{" + rest + b"}")) if bodies.may_say(rest, b'"security"') else found
