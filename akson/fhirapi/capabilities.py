"""capabilities: what this server can do, generated from what it does. Source: hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhirapi import operations
from akson.fhirapi.answers import Answer

# Parameters of every search that are no search parameters of R4 proper.
RESULT = (
    ("_count", "number"),
    ("_sort", "string"),
    ("_include", "string"),
    ("_revinclude", "string"),
    ("_total", "token"),
)
_CODES = ("read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type")
_SEARCHED = frozenset({"token", "reference", "string", "date", "number", "quantity", "uri"})
_BY_COLUMN = {"_id": "token", "_lastUpdated": "date"}
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def statement(base: str, at: datetime, smart: Mapping[str, Any]) -> Answer:
    """Return the CapabilityStatement. at: when this server started."""
    rest = {
        "mode": "server",
        "documentation": "Unknown parameters are refused. Without a basis in the access rules a resource is unknown.",
        "security": {"cors": True, "service": [{"coding": [_service()]}], **_authorisation(smart)},
        "resource": [_resource(name) for name in types.TYPES],
        "interaction": [{"code": "transaction"}, {"code": "batch"}, {"code": "history-system"}],
        "operation": _operations(""),
    }
    told = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "Akson"},
        "instantiates": ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"],
        "implementation": {"description": "Akson, felles kommunal journal", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "rest": [rest],
    }
    return Answer(status=200, body=msgspec.json.encode(told))


def _authorisation(smart: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the authorisation server is, as SMART says it; what it can stands at /.well-known."""
    named = {"authorize": "authorization_endpoint", "token": "token_endpoint", "introspect": "introspection_endpoint",
             "revoke": "revocation_endpoint"}  # fmt: skip
    places = [{"url": url, "valueUri": smart[name]} for url, name in named.items() if name in smart]
    return {"extension": [{"url": _OAUTH, "extension": places}]} if places else {}


def _service() -> dict[str, str]:
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    return {"system": system, "code": "SMART-on-FHIR"}


def _resource(name: str) -> dict[str, Any]:
    followed = sorted(f"{name}:{p.name}" for p in extraction.parameters(name).values() if p.kind == "reference")
    return {
        "type": name,
        "interaction": [{"code": code} for code in _CODES],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "conditionalRead": "full-support",
        "referencePolicy": ["literal", "logical"],
        **({"searchInclude": followed} if followed else {}),
        **({"operation": offered} if (offered := _operations(name)) else {}),
        "searchParam": [{"name": parameter, "type": kind} for parameter, kind in searched(name)],
    }


def _operations(name: str) -> list[dict[str, str]]:
    return [
        {"name": one.name, "definition": one.definition}
        for one in (*operations.OPERATIONS, operations.VALIDATE)
        if one.type in (name, "")
    ]


def searched(name: str) -> list[tuple[str, str]]:
    """Return (name, type) of each parameter that a search of this type understands."""
    own = {p.name: p.kind for p in extraction.parameters(name).values() if p.kind in _SEARCHED}
    return [*sorted((own | _BY_COLUMN).items()), *RESULT]
