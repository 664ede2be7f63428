"""The operations there are: by name, with the types and levels they stand at.

Source: hl7.org/fhir/R4/operations.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from akson.fhir import types
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.everything import everything
from akson.fhirapi.expand import expand
from akson.fhirapi.export import of_all, of_group, of_patients
from akson.fhirapi.importing import import_
from akson.fhirapi.indexing import status
from akson.fhirapi.lookup import lookup
from akson.fhirapi.subscriptions import binding_token, events, standing
from akson.fhirapi.subsumes import subsumes
from akson.fhirapi.translate import translation
from akson.fhirapi.validate import validate
from akson.fhirapi.validate_code import batch, in_code_system, in_value_set

_SPEC = "http://hl7.org/fhir/OperationDefinition/"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation. methods: GET only where nothing is changed; levels: system, type, instance."""

    name: str
    perform: Callable[[Call], Awaitable[Answer]]
    type: str = ""
    levels: frozenset[str] = frozenset({"type"})
    methods: tuple[str, ...] = ("GET", "POST")
    definition: str = ""


_TYPE_AND_INSTANCE = frozenset({"type", "instance"})
OPERATIONS = (
    Operation(name="everything", type="Patient", perform=everything, levels=frozenset({"instance"}),
              definition=f"{_SPEC}Patient-everything"),
    Operation(name="export", perform=of_all, levels=frozenset({"system"}), definition=f"{_BULK}export"),
    Operation(name="import", perform=import_, levels=frozenset({"system"}), methods=("POST",),
              definition="https://akson.no/fhir/OperationDefinition/import"),
    Operation(name="export", type="Patient", perform=of_patients, definition=f"{_BULK}patient-export"),
    Operation(name="export", type="Group", perform=of_group, levels=frozenset({"instance"}),
              definition=f"{_BULK}group-export"),
    Operation(name="expand", type="ValueSet", perform=expand, levels=_TYPE_AND_INSTANCE,
              definition=f"{_SPEC}ValueSet-expand"),
    Operation(name="validate-code", type="ValueSet", perform=in_value_set, levels=_TYPE_AND_INSTANCE,
              definition=f"{_SPEC}ValueSet-validate-code"),
    Operation(name="batch-validate-code", type="ValueSet", perform=batch, methods=("POST",),
              definition="http://hl7.org/fhir/uv/tx-ecosystem/OperationDefinition/ValueSet-batch-validate-code"),
    Operation(name="lookup", type="CodeSystem", perform=lookup, levels=_TYPE_AND_INSTANCE,
              definition=f"{_SPEC}CodeSystem-lookup"),
    Operation(name="validate-code", type="CodeSystem", perform=in_code_system, levels=_TYPE_AND_INSTANCE,
              definition=f"{_SPEC}CodeSystem-validate-code"),
    Operation(name="subsumes", type="CodeSystem", perform=subsumes, levels=_TYPE_AND_INSTANCE,
              definition=f"{_SPEC}CodeSystem-subsumes"),
    Operation(name="status", type="Subscription", perform=standing, levels=_TYPE_AND_INSTANCE,
              definition=f"{_BACKPORT}status"),
    Operation(name="get-ws-binding-token", type="Subscription", perform=binding_token, levels=_TYPE_AND_INSTANCE,
              definition=f"{_BACKPORT}get-ws-binding-token"),
    Operation(name="events", type="Subscription", perform=events, levels=frozenset({"instance"}),
              definition=f"{_BACKPORT}events"),
    Operation(name="translate", type="ConceptMap", perform=translation, levels=_TYPE_AND_INSTANCE,
              definition=f"{_SPEC}ConceptMap-translate"),
    Operation(name="status", type="SearchParameter", perform=status, levels=_TYPE_AND_INSTANCE, methods=("GET",),
              definition="https://akson.no/fhir/OperationDefinition/status"),
)  # fmt: skip
VALIDATE = Operation(
    name="validate",
    perform=validate,
    levels=_TYPE_AND_INSTANCE,
    methods=("POST",),
    definition=f"{_SPEC}Resource-validate",
)  # of every type
_FOUND = {(level, one.type, f"${one.name}"): one for one in OPERATIONS for level in one.levels}


def find(level: str, type_: str, name: str) -> Operation | None:
    """Return the operation `$name` at this level of this type; None when there is none."""
    if name == f"${VALIDATE.name}" and level in VALIDATE.levels and types.is_type(type_):
        return VALIDATE
    return _FOUND.get((level, type_, name))
