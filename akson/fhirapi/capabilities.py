"""capabilities: what this server can do, generated from what it does. Source: hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from akson.access.subscribers import SUBSCRIPTION
from akson.fhir import types
from akson.fhir.definitions import facts
from akson.fhirapi import operations, searchable, socket
from akson.fhirapi.answers import Answer
from akson.record.own import Own
from akson.subscriptions.plan import BACKPORT, TOPICS

_CODES = ("read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type")
_SYSTEM = ("transaction", "batch", "history-system", "search-system")
_COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition/"
_WEBSOCKET = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

_MANNERS = "Unknown parameters are refused. Without a basis in the access rules a resource is unknown."


def statement(base: str, at: datetime, smart: Mapping[str, Any], own: Own, messages: str = "") -> Answer:
    """Return the CapabilityStatement.

    at        when this server started
    own       the installation's search parameters
    messages  which message standards are spoken beside FHIR, in a sentence
    """
    rest = {
        "mode": "server",
        "documentation": f"{_MANNERS} {messages}".strip(),
        "security": {"cors": True, "service": [{"coding": [_service()]}], **_authorisation(smart)},
        "resource": [_resource(name, own) for name in types.TYPES],
        "interaction": [{"code": code} for code in _SYSTEM],
        "searchParam": [one.told for one in searchable.of_every_type()],
        "operation": _operations(""),
        "compartment": [f"{_COMPARTMENT}{name.lower()}" for name in sorted(facts()["compartments"])],
        "extension": [{"url": _WEBSOCKET, "valueUri": socket.address(base)}],
    }
    told = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "Akson"},
        "instantiates": [
            "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data",
            "http://hl7.org/fhir/uv/subscriptions-backport/CapabilityStatement/backport-subscription-server-r4",
        ],
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


def _resource(name: str, own: Own) -> dict[str, Any]:
    more, every = own.ready(name), own.every_ready()
    along = {"searchInclude": searchable.included(name, more), "searchRevInclude": searchable.pointing_at(name, every)}
    return {
        "type": name,
        **(_topics() if name == SUBSCRIPTION else {}),
        "interaction": [{"code": code} for code in _CODES],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "conditionalRead": "full-support",
        "referencePolicy": ["literal", "logical"],
        **{element: named for element, named in along.items() if named},
        **({"operation": offered} if (offered := _operations(name)) else {}),
        "searchParam": [one.told for one in searchable.searchable(name, more)],
    }


def _topics() -> dict[str, Any]:
    """Return what may be subscribed to: one topic for each type."""
    url = f"{BACKPORT}capabilitystatement-subscriptiontopic-canonical"
    return {
        "supportedProfile": [f"{BACKPORT}backport-subscription"],
        "extension": [{"url": url, "valueCanonical": f"{TOPICS}{name}"} for name in types.TYPES],
    }


def _operations(name: str) -> list[dict[str, str]]:
    return [
        {"name": one.name, "definition": one.definition}
        for one in (*operations.OPERATIONS, operations.VALIDATE)
        if one.type in (name, "")
    ]
