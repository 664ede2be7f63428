"""Invented terminology for tests: animals and what they are kept for."""

from __future__ import annotations

from typing import Any

ANIMALS = "https://akson.no/test/CodeSystem/animals"
USES = "https://akson.no/test/CodeSystem/uses"
Json = dict[str, Any]


def animals(version: str = "1", **more: Any) -> Json:
    """Return a code system with a hierarchy, designations in two forms of Norwegian, and properties."""
    return {
        "resourceType": "CodeSystem", "url": ANIMALS, "version": version, "status": "active", "content": "complete",
        "language": "nb", "caseSensitive": True, "hierarchyMeaning": "is-a",
        "property": [{"code": "legs", "type": "integer"}, {"code": "kept", "type": "code"},
                     {"code": "notSelectable", "uri": "http://hl7.org/fhir/concept-properties#notSelectable", "type": "boolean"},
                     {"code": "status", "uri": "http://hl7.org/fhir/concept-properties#status", "type": "code"}],
        "concept": [
            {"code": "dyr", "display": "Dyr", "property": [{"code": "notSelectable", "valueBoolean": True}], "concept": [
                {"code": "hund", "display": "Hund", "definition": "Menneskets beste venn",
                 "designation": [{"language": "nn", "value": "Hund (nynorsk)"}, {"language": "en", "value": "Dog"}],
                 "property": [{"code": "legs", "valueInteger": 4}, {"code": "kept", "valueCode": "selskap"}],
                 "concept": [{"code": "puddel", "display": "Puddel"}, {"code": "settar", "display": "Setter",
                              "designation": [{"language": "nn", "value": "Settar"}]}]},
                {"code": "fugl", "display": "Fugl", "property": [{"code": "legs", "valueInteger": 2}],
                 "concept": [{"code": "hone", "display": "Høne", "property": [{"code": "kept", "valueCode": "egg"}]},
                             {"code": "dodo", "display": "Dodo", "property": [{"code": "status", "valueCode": "retired"}]}]},
            ]},
            {"code": "stein", "display": "Stein"},
        ],
    } | more  # fmt: skip


def value_set(name: str, *includes: Json, exclude: list[Json] | None = None, **more: Any) -> Json:
    """Return a value set with these includes."""
    compose: Json = {"include": list(includes)} | ({"exclude": exclude} if exclude else {}) | more
    url = f"https://akson.no/test/ValueSet/{name}"
    return {"resourceType": "ValueSet", "url": url, "version": "1", "status": "active", "compose": compose}


def only(*filters: tuple[str, str, str], **more: Any) -> Json:
    """Return an include of animals by (property, op, value)."""
    return {"system": ANIMALS, "filter": [{"property": p, "op": o, "value": v} for p, o, v in filters]} | more
