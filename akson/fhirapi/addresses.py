"""Which interaction an address and a method stand for. Source: hl7.org/fhir/R4/http.html"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from akson.base.errors import Refused
from akson.fhir import types
from akson.fhir.definitions import facts
from akson.fhirapi import operations
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.create import create
from akson.fhirapi.delete import delete, delete_matching
from akson.fhirapi.export_jobs import cancel, file, status
from akson.fhirapi.history import history
from akson.fhirapi.patching import patch, patch_matching
from akson.fhirapi.read import read
from akson.fhirapi.search import by_get, by_post
from akson.fhirapi.update import update, update_matching
from akson.fhirapi.vread import vread

Interaction = Callable[[Call], Awaitable[Answer]]
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What an address names, and what can be done there by which method."""

    interactions: Mapping[str, Interaction]
    type: str = ""
    id: str = ""
    version: str = ""
    within: tuple[str, str] | None = None  # the compartment that is searched
    operation: str = ""  # its name, e.g. "$expand"

    def interaction(self, method: str) -> Interaction:
        """Return what `method` means here. Raises Refused AK-F002."""
        if method not in self.interactions:
            raise Refused("AK-F002", allowed=", ".join(self.interactions))
        return self.interactions[method]


_TYPE: Mapping[str, Interaction] = {"GET": by_get, "POST": create, "PUT": update_matching, "PATCH": patch_matching,
                                     "DELETE": delete_matching}  # fmt: skip
_SEARCH: Mapping[str, Interaction] = {"POST": by_post}
_COMPARTMENT: Mapping[str, Interaction] = {"GET": by_get}
_INSTANCE: Mapping[str, Interaction] = {"GET": read, "PUT": update, "PATCH": patch, "DELETE": delete}
_HISTORY: Mapping[str, Interaction] = {"GET": history}
_VERSION: Mapping[str, Interaction] = {"GET": vread}
# "": the base itself, as an entry of a Bundle writes it
_OF_ALL: Mapping[str, Mapping[str, Interaction]] = {"": {"GET": by_get}, "_search": _SEARCH, "_history": _HISTORY}
# What writes nothing: an Idempotency-Key means nothing there.
READING = frozenset({by_get, by_post, read, vread, history})
_JOB: Mapping[str, Interaction] = {"GET": status, "DELETE": cancel}
_FILE: Mapping[str, Interaction] = {"GET": file}


def find(segments: Sequence[str]) -> Place:
    """Return the place that the parts of an address below the base name.

    Raises  Refused AK-F001 when there is no such type or operation, AK-J001 when nothing could have such an id
    """
    if len(segments) == 1 and segments[0] in _OF_ALL:
        return Place(interactions=_OF_ALL[segments[0]])
    if len(segments) == 2 and segments[0][:1] != "$" and ID.fullmatch(segments[1]):  # most that are asked for
        return Place(interactions=_INSTANCE, type=_type(segments[0]), id=segments[1])
    if "$" in (segments[0][:1], segments[-1][:1]):
        return _operation(segments) if segments[-1].startswith("$") else _export(segments)
    type_ = _type(segments[0])
    match segments[1:]:
        case []:
            return Place(interactions=_TYPE, type=type_)
        case ["_search"]:
            return Place(interactions=_SEARCH, type=type_)
        case ["_history"]:
            return Place(interactions=_HISTORY, type=type_)
        case [id_] if not id_.startswith("_"):
            return Place(interactions=_INSTANCE, type=type_, id=_id(id_))
        case [id_, "_history"]:
            return Place(interactions=_HISTORY, type=type_, id=_id(id_))
        case [id_, "_history", version]:
            return Place(interactions=_VERSION, type=type_, id=_id(id_), version=version)
    return _compartment(segments)


def _compartment(segments: Sequence[str]) -> Place:
    """Return the place of a search in a compartment: Patient/x/Observation, Patient/x/*, each also with _search."""
    if len(segments) not in (3, 4):
        raise Refused("AK-F001", name="/".join(segments)[:80])
    type_, id_, *rest = segments
    members = facts()["compartments"].get(type_, {})
    by_form = rest[-1] == "_search"
    inner = rest[:-1] if by_form else rest
    if not members or len(inner) > 1 or (inner and inner[0] != "*" and inner[0] not in members):
        raise Refused("AK-F001", name="/".join(segments)[:80])
    chosen = "" if not inner or inner[0] == "*" else inner[0]
    return Place(interactions=_SEARCH if by_form else _COMPARTMENT, within=(type_, _id(id_)), type=chosen)


def _type(name: str) -> str:
    if not types.is_type(name):
        raise Refused("AK-F001", name=name[:80])
    return name


def _operation(segments: Sequence[str]) -> Place:
    """Return the place of an operation: $name for the whole server, Type/$name or Type/id/$name."""
    *before, name = segments
    levels, type_ = ("system", "type", "instance"), before[0] if before else ""
    if len(before) >= len(levels):
        raise Refused("AK-F001", name="/".join(segments)[:80])
    found = operations.find(levels[len(before)], type_, name)
    if found is None and type_ and any(operations.find(level, type_, name) for level in ("type", "instance")):
        level = f"at {type_}" if len(before) > 1 else f"at one resource, {type_}/[id]"
        raise Refused("AK-F034", name=name, level=level)
    if found is None:
        raise Refused("AK-F001", name="/".join(segments)[:80])
    id_ = _id(before[1]) if len(before) > 1 else ""
    return Place(interactions=dict.fromkeys(found.methods, found.perform), type="".join(before[:1]), id=id_,
                 operation=name)  # fmt: skip


def _export(segments: Sequence[str]) -> Place:
    """Return the place of an export that was begun, or of one of its files."""
    match segments:
        case ["$export", job]:
            return Place(interactions=_JOB, id=_id(job), operation="$export")
        case ["$export", job, name]:
            return Place(interactions=_FILE, id=_id(job), version=name, operation="$export")
    raise Refused("AK-F001", name="/".join(segments)[:80])


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise Refused("AK-J001")
    return text
