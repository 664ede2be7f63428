"""The FHIR door: R4 over HTTP, JSON only. One file per interaction; all of them go through the journal.

Source: hl7.org/fhir/R4/http.html. What is not understood is refused, never ignored; every refusal is an
OperationOutcome; a resource that may not be read answers byte for byte like one that does not exist.
"""

from __future__ import annotations

from akson.fhirapi.answers import unexpected
from akson.fhirapi.door import Authenticate, FhirApi, routes

__all__ = ["Authenticate", "FhirApi", "routes", "unexpected"]
