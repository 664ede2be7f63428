"""What SQL on FHIR adds: keys by which rows of one view find rows of another (sql-on-fhir.org, "Functions")."""

from __future__ import annotations

from typing import Any

from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.code import Code, of_system
from akson.fhir.fhirpath.functions.registry import Compiling, built, collected, type_argument
from akson.fhir.fhirpath.model import Node
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items
from akson.fhir.types import is_type
from akson.fhir.values import split_reference


@collected("getResourceKey", static=of_system("String", one=False))
def get_resource_key(items: Items) -> Items:
    """Return the key of each resource: its type and id."""
    return [f"{item.type}/{item.value['id']}" for item in items if _is_resource(item)]


def _is_resource(item: Any) -> bool:
    return item.__class__ is Node and is_type(item.type) and item.value.__class__ is dict and "id" in item.value


@built("getReferenceKey", 0, 1)
def get_reference_key(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the key of the resource that each Reference points to, of one type if it is named."""
    before, wanted = of.run, type_argument(c, call) if call.arguments else None

    def run(s: Scope) -> Items:
        items = before(s)
        s.run.spend(len(items))
        return [found for found in (_key(item, wanted) for item in items) if found]

    return Code(run, of_system("String", one=False))


def _key(item: Any, wanted: str | None) -> str | None:
    literal = item.value.get("reference") if item.__class__ is Node and item.value.__class__ is dict else None
    kind, resource_id, _ = split_reference(literal) if literal.__class__ is str else (None, None, None)
    return f"{kind}/{resource_id}" if kind and wanted in {None, kind} else None
