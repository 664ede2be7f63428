"""Reading resources: the few things every page asks of them. Pure: plain dictionaries in, values out."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from akson.base.web.render import number
from akson.fhir.dates import interval

Resource = Mapping[str, Any]
_LASTS = ("active", "recurrence", "relapse", "intended", "on-hold", "unknown", "")


def words(concept: Resource | None) -> str:
    """Return a CodeableConcept as people read it; "" when there is none."""
    given = concept or {}
    return str(given.get("text") or next((c["display"] for c in given.get("coding", ()) if c.get("display")), ""))


def code(concept: Resource | None, system: str) -> str:
    """Return the code of one system in a CodeableConcept, or ""."""
    return next((c.get("code", "") for c in (concept or {}).get("coding", ()) if c.get("system") == system), "")


def codes(concepts: Iterable[Resource]) -> set[str]:
    """Return every code in some CodeableConcepts, whatever their systems."""
    return {c["code"] for concept in concepts for c in concept.get("coding", ()) if c.get("code")}


def moment(text: str | None) -> datetime | None:
    """Return the first instant a FHIR date or time means, in UTC; None when there is none."""
    return interval(text)[0] if text else None


def plain_text(document: Resource) -> str | None:
    """Return the text that stands in a document; None when it is in another format."""
    for content in document.get("content", ()):
        attachment = content.get("attachment") or {}
        if str(attachment.get("contentType", "")).startswith("text/plain") and attachment.get("data"):
            return base64.b64decode(attachment["data"]).decode("utf-8", "replace")
    return None


def reference(value: Resource | None) -> str:
    """Return the literal of a Reference: "Practitioner/<id>", or ""."""
    return str((value or {}).get("reference", ""))


def from_elsewhere(resource: Resource) -> bool:
    """Say whether what stands here was written in another system, and comes from it (meta.source)."""
    return bool((resource.get("meta") or {}).get("source"))


def display(value: Resource | None) -> str:
    """Return what people read of a Reference, or ""."""
    return str((value or {}).get("display", ""))


def extension(resource: Resource, url: str) -> str:
    """Return the string of one extension, or ""."""
    return next((e.get("valueString", "") for e in resource.get("extension", ()) if e.get("url") == url), "")


def representative(resource: Resource) -> str:
    """Return the name of one who acts for somebody, as a RelatedPerson or the person's own Consent has it."""
    actors = (resource.get("provision") or {}).get("actor") or ()
    return named(resource) or ", ".join(filter(None, (display(actor.get("reference")) for actor in actors)))


def named(resource: Resource) -> str:
    """Return the first HumanName as people write it: "Kari Vik"."""
    name = (resource.get("name") or [{}])[0]
    return str(name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]).strip())


def value(observation: Resource) -> str:
    """Return "58,4 kg", "108/62 mmHg", "Våken", "4"; "" when there is no value."""
    if quantity := observation.get("valueQuantity"):
        return f"{number(quantity.get('value'))} {quantity.get('unit', '')}".strip()
    if parts := observation.get("component"):
        told = [part["valueQuantity"] for part in parts if part.get("valueQuantity")]
        units = {part.get("unit", "") for part in told}
        return f"{'/'.join(number(part.get('value')) for part in told)} {' '.join(units)}".strip()
    if concept := observation.get("valueCodeableConcept"):
        return str(concept.get("text") or next((c.get("display", "") for c in concept.get("coding", ())), ""))
    plain = observation.get("valueInteger", observation.get("valueString", ""))
    return str(plain)


def stands(resource: Resource) -> bool:
    """Say whether a problem, an allergy or a medicine is true of the patient now."""
    clinical = (resource.get("clinicalStatus") or {}).get("coding") or [{}]
    status = clinical[0].get("code", resource.get("status", ""))
    refuted = any(one.get("code") in ("refuted", "entered-in-error")
                  for one in (resource.get("verificationStatus") or {}).get("coding", ()))  # fmt: skip
    return status in _LASTS and not refuted
