"""Changes a resource by JSON Patch (RFC 6902) or FHIRPath Patch, all of it or nothing.

What a patch does not touch comes back token for token, numbers as they were written.
Source: hl7.org/fhir/R4/http.html#patch, hl7.org/fhir/R4/fhirpatch.html
"""

from __future__ import annotations

from akson.fhir.patch import json_patch, path_patch
from akson.fhir.patch.tree import Malformed, Unfit, dumps, loads, pruned

__all__ = ["Malformed", "Unfit", "by_json", "by_path", "parse_json", "parse_path"]

parse_json, parse_path = json_patch.parse, path_patch.parse


def by_json(body: bytes, operations: json_patch.Operations) -> bytes:
    """Return the resource changed by a JSON Patch; lists and objects that became empty are gone. Raises Unfit."""
    try:
        return dumps(pruned(json_patch.apply(loads(body), operations)))
    except RecursionError:
        raise Unfit("nested too deeply") from None


def by_path(body: bytes, operations: path_patch.Operations) -> bytes:
    """Return the resource changed by a FHIRPath Patch. Raises Unfit."""
    try:
        return dumps(path_patch.apply(loads(body), operations))
    except RecursionError:
        raise Unfit("nested too deeply") from None
