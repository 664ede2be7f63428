"""$validate: whether a resource could be written, and what is to be said of it. Nothing is written.

Source: hl7.org/fhir/R4/resource-operation-validate.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from akson.base.errors import Refused
from akson.fhir import bodies
from akson.fhir.issues import GRAVE, Invalid, Issue
from akson.fhir.outcome import outcome
from akson.fhirapi import contents
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.patient import content
from akson.record import journal, own, profiling
from akson.record.session import fetch

MODES: Final = frozenset({"create", "update", "delete", "profile"})
_KNOWN: Final = frozenset({"mode", "profile"})


async def validate(call: Call) -> Answer:
    """Answer with an OperationOutcome: errors, warnings and information, each with its path."""
    contents.refuse_other_than_json(call.headers)
    body = await call.content(LARGEST_RESOURCE)
    mode, profiles, body = _asked_for(call, body)
    await call.refuse_beyond_token("r" if call.id else "cu")
    async with call.work("validate") as work:
        if call.id:
            stored = await journal.read(work, call.type, call.id)
            body = body or stored.body or b""
        else:
            work.saw(0, f"{call.type}/$validate")
        found = [] if mode == "delete" else await profiling.examine(work, _given(body), profiles)
        if call.type == own.TYPE and mode != "delete" and not any(issue.severity in GRAVE for issue in found):
            found = [*found, *await own.faults(partial(fetch, work), [("", bodies.loads(body))])]
        found = [*_of_the_address(call, mode, body), *found]
        if mode != "delete" and not any(issue.severity in GRAVE for issue in found):
            found = [*found, *_lacking(body)]
    return Answer(status=200, body=bodies.dumps(outcome(found)), outcome=True)


class _Parameter(msgspec.Struct, forbid_unknown_fields=True):
    """One parameter; the resource is not looked at yet, so that its faults are told as the answer."""

    name: str
    resource: msgspec.Raw = msgspec.Raw(b"")
    valueCode: str | None = None
    valueUri: str | None = None
    valueCanonical: str | None = None
    valueString: str | None = None

    @property
    def value(self) -> str | None:
        return self.valueCode or self.valueUri or self.valueCanonical or self.valueString


class _Parameters(msgspec.Struct, tag_field="resourceType", tag="Parameters"):
    """What the operation may be given as a body."""

    parameter: list[_Parameter] = []


_parameters = msgspec.json.Decoder(_Parameters).decode


def _asked_for(call: Call, body: bytes) -> tuple[str, list[str], bytes]:
    """Return mode, profiles and resource, from the address and from Parameters. Raises Refused AK-F007, Invalid."""
    call.refuse_parameters(known=_KNOWN)
    given: list[tuple[str, str | None]] = list(call.query)
    if call.type != "Parameters" and _type_of(body) == "Parameters":
        parameters, body = _read(body), b""
        for one in parameters:
            if one.name == "resource" and one.resource and not body:
                body = bytes(one.resource)
            else:
                given.append((one.name, one.value))
    for name, value in given:
        if name not in _KNOWN or not value:
            raise Refused("AK-F007", name=f"parameter {name[:80]}")
    modes = [value for name, value in given if name == "mode"] or ["profile" if call.id else "create"]
    if len(modes) > 1 or modes[0] not in MODES:
        raise Refused("AK-F007", name="parameter mode")
    return str(modes[0]), [str(value) for name, value in given if name == "profile"], body


def _read(body: bytes) -> list[_Parameter]:
    try:
        return _parameters(body).parameter
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Invalid([Issue("fatal", "structure", "Parameters", str(error))]) from None


def _type_of(body: bytes) -> str:
    return bodies.split(body).resource_type if body else ""


def _given(body: bytes) -> bytes:
    if not body:
        raise Refused("AK-F007", name="parameter resource (missing)")
    return body


def _lacking(body: bytes) -> list[Issue]:
    """Return what an entry of this kind should hold and does not say: it is told, and stops nobody (R22)."""
    resource = bodies.loads(body)
    type_ = resource["resourceType"]
    expected = content.EXPECTED.get(type_, {})
    return [
        Issue("information", "informational", type_, f"says nothing of its {name}: {' or '.join(expected[name])}")
        for name in content.lacking(resource)
    ]


def _of_the_address(call: Call, mode: str, body: bytes) -> list[Issue]:
    """Return what does not fit the address: another type, or an id that an update could not have."""
    if not body:
        return []
    parts = bodies.split(body)
    if parts.resource_type != call.type:
        told = f"expected {call.type}, got {parts.resource_type}"
        return [Issue("error", "invalid", f"{parts.resource_type}.resourceType", told)]
    if mode == "update" and parts.id is None:
        return [Issue("error", "required", f"{call.type}.id", "an update needs an id")]
    if mode == "update" and call.id and parts.id != call.id:
        return [Issue("error", "invalid", f"{call.type}.id", f"expected {call.id}, got {parts.id}")]
    return []
