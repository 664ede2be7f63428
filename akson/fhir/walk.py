"""Lists every fault of a resource with its path. Slower than structs.py, but it has the last word.

It goes through the JSON values side by side with the definitions. Objects that came with repeated members are
`Repeated`, so that the repetition can be told where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akson.fhir import narrative, pointing, primitives
from akson.fhir.definitions import PRIMITIVES, Element, codings, elements, is_code, members
from akson.fhir.issues import Issue
from akson.fhir.structs import FORBIDDEN_META
from akson.fhir.types import is_type

DEEPEST = 64  # objects and lists inside one another

# R4's own examples point at these though their definitions do not allow it: told as a warning.
AS_IN_EXAMPLES = frozenset({
    ("DeviceMetric", "parent", "DeviceDefinition"),
    ("MedicationRequest.dispenseRequest", "performer", "Practitioner"),
    ("Observation", "performer", "Encounter"),
})  # fmt: skip
_ID_ONLY = frozenset({"id"})

Json = Mapping[str, Any]


class Repeated(dict[str, Any]):
    """A JSON object in which members stood more than once; the last one counts."""

    def __init__(self, values: dict[str, Any], names: list[str]) -> None:
        super().__init__(values)
        self.names = names


def faults(resource: object, *, expected: str | None = None) -> list[Issue]:
    """Return every fault of a decoded resource, in the order of the text."""
    walk = _Walk()
    walk.resource(resource, "", expected=expected)
    return walk.issues


def depth_of(value: object) -> int:
    """Return how deep objects and lists lie in one another, or DEEPEST + 1 when deeper than that."""
    depth, layer = 0, [value]
    while layer and depth <= DEEPEST:
        inner: list[object] = []
        for each in layer:
            for held in each.values() if isinstance(each, dict) else each if isinstance(each, list) else ():
                if held.__class__ is dict or held.__class__ is list:
                    inner.append(held)
        depth, layer = depth + 1, inner
    return depth


class _Walk:
    """One walk through one resource."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.local: Mapping[str, str] = {}

    def say(self, code: str, at: str, text: str, severity: str = "error") -> None:
        self.issues.append(Issue(severity, code, at, text))

    def resource(self, value: object, at: str, *, expected: str | None = None, contained: bool = False) -> None:
        """Check a resource: the outermost, a contained one, or an entry of a Bundle."""
        if not isinstance(value, dict):
            self.say("structure", at, "expected a resource, which is a JSON object")
            return
        kind = value.get("resourceType")
        if not isinstance(kind, str) or not is_type(kind):
            told = "resourceType is missing" if kind is None else f"{kind!r} is not a resource type of FHIR R4"
            self.say("structure", f"{at or 'Resource'}.resourceType", told)
            return
        place = at or kind
        if expected is not None and kind != expected:
            self.say("invalid", f"{place}.resourceType", f"expected {expected}, got {kind}")
            return
        if contained:
            self.element(value, kind, place, is_resource=True)
            self.contained_rules(value, place)
            return
        outer, self.local = self.local, self.ids_inside(value, kind, place)
        self.element(value, kind, place, is_resource=True)
        self.local = outer

    def ids_inside(self, value: Json, kind: str, at: str) -> Mapping[str, str]:
        """Return the types of what is contained, by id, and the container's own as ""; say where an id stands twice."""
        found = {"": kind}
        inside = value.get("contained")
        for number, contained in enumerate(inside if isinstance(inside, list) else ()):
            own = contained.get("id") if isinstance(contained, dict) else None
            if not isinstance(own, str) or not own:
                continue
            if own in found:
                self.say(
                    "duplicate", f"{at}.contained[{number}].id", f"'{own}' is the id of another contained resource"
                )
            found[own] = str(contained.get("resourceType"))
        return found

    def contained_rules(self, value: Json, at: str) -> None:
        if "contained" in value:
            self.say("invariant", f"{at}.contained", "a contained resource must not contain others (dom-2)")
        meta = value.get("meta")
        for name in sorted(FORBIDDEN_META & set(meta)) if isinstance(meta, dict) else ():
            self.say("invariant", f"{at}.meta.{name}", f"a contained resource must not have meta.{name} (dom-4, dom-5)")

    def element(self, value: object, path: str, at: str, *, is_resource: bool = False) -> None:
        """Check one object of the type or element `path`."""
        if not isinstance(value, dict):
            self.say("structure", at, f"expected a JSON object ({path}), got {_kind(value)}")
            return
        if not value:
            self.say("structure", at, "an object must not be empty")
            return
        if value.keys() == _ID_ONLY and path != "Element":
            self.say("invariant", at, "an element needs a value or parts beside its id (ele-1)")
        for name in getattr(value, "names", ()):
            self.say("structure", f"{at}.{name}", f"the member {name} stands more than once")
        known = members(path)
        for name, given in value.items():
            self.member(value, known, name, given, at, is_resource=is_resource)
        for element in elements(path):
            self.presence(value, element, at)
        self.special_rules(value, path, at)

    def member(
        self,
        parent: Json,
        known: Mapping[str, tuple[Element, str]],
        name: str,
        given: object,
        at: str,
        *,
        is_resource: bool,
    ) -> None:
        """Check one member of an object, a companion together with its primitive."""
        if name == "resourceType" and is_resource:
            return
        base = name.removeprefix("_")
        found = known.get(base)
        if not found or (base != name and found[1] not in PRIMITIVES):
            self.say("structure", f"{at}.{name}", f"unknown member {name}")
            return
        element, of = found
        if of not in PRIMITIVES:
            self.each(given, element, f"{at}.{name}", lambda v, p: self.complex(v, element, of, p))
        elif base == name:
            self.primitive_member(given, parent.get("_" + name), element, of, f"{at}.{name}")
        else:
            self.companion_member(given, parent.get(base), element, f"{at}.{name}")

    def each(self, given: object, element: Element, at: str, check: Any) -> None:
        """Run `check` on the value or on each value of the list, as the element has it."""
        if not element.many:
            if isinstance(given, list):
                self.say("structure", at, "expected one value, got a list")
            else:
                check(given, at)
        elif not isinstance(given, list):
            self.say("structure", at, f"expected a list, got {_kind(given)}")
        elif not given:
            self.say("structure", at, "a list must not be empty")
        else:
            for number, value in enumerate(given):
                check(value, f"{at}[{number}]")

    def complex(self, value: object, element: Element, of: str, at: str) -> None:
        if value is None:
            self.say("structure", at, "null is not allowed here")
        elif of == "Resource":
            self.resource(value, at, contained=element.name == "contained")
        else:
            before = len(self.issues)
            self.element(value, of, at)
            if len(self.issues) == before and isinstance(value, dict):
                self.content(value, element, of, at)

    def content(self, value: Json, element: Element, of: str, at: str) -> None:
        """Check what the element asks of an object that is sound by itself."""
        if element.codes and of in {"CodeableConcept", "Coding"}:
            self.binding(value, element.codes, at)
        if of == "Reference" and (told := pointing.fault(value, element.targets, self.local)):
            member, code, text = told
            literal = pointing.kind_of(str(value.get("reference")))
            minor = (element.within, element.name, literal) in AS_IN_EXAMPLES
            self.say(code, f"{at}.{member}", text, "warning" if minor else "error")

    def binding(self, value: Json, value_set: str, at: str) -> None:
        """Check that one coding is of the required value set."""
        pairs = [(str(c.get("system")), str(c.get("code"))) for c in value.get("coding", [value])]
        if codings(value_set).isdisjoint(pairs):
            self.say("code-invalid", at, f"one coding must be of the required value set {value_set}")

    def primitive_member(self, given: object, companion: object, element: Element, of: str, at: str) -> None:
        beside = companion if isinstance(companion, list) else []

        def check(value: object, place: str) -> None:
            if value is None:
                number = int(place.rpartition("[")[2][:-1]) if element.many else 0
                if not element.many or number >= len(beside) or beside[number] is None:
                    self.say("structure", place, "null is allowed only in a list, beside an extension")
            else:
                self.primitive(value, element, of, place)

        self.each(given, element, at, check)

    def primitive(self, value: object, element: Element, of: str, at: str) -> None:
        told = primitives.fault(of, value)
        if told:
            self.say("too-long" if "longer" in told else "value", at, told)
        elif element.codes and of == "code" and not is_code(element.codes, str(value)):
            self.say("code-invalid", at, f"'{value}' is not in the required value set {element.codes}")

    def companion_member(self, given: object, primitive: object, element: Element, at: str) -> None:
        """Check what stands in `_name`: the id and the extensions of the primitive called `name`."""

        beside = primitive if isinstance(primitive, list) else [primitive]

        def check(value: object, place: str) -> None:
            if value is not None:
                self.element(value, "Element", place)
                number = int(place.rpartition("[")[2][:-1]) if element.many else 0
                bare = isinstance(value, dict) and value.keys() == _ID_ONLY
                if bare and (number >= len(beside) or beside[number] is None):
                    self.say("invariant", place, "an element needs a value or parts beside its id (ele-1)")
            elif not element.many:
                self.say("structure", place, "null is not allowed here")

        self.each(given, element, at, check)
        if isinstance(given, list) and isinstance(primitive, list) and len(given) != len(primitive):
            self.say("structure", at, f"has {len(given)} places, but the values beside it are {len(primitive)}")
        if isinstance(given, list) and primitive is None and None in given:
            self.say("structure", at, "null is allowed only beside a value")

    def presence(self, value: Json, element: Element, at: str) -> None:
        """Check that what is required is there, and a choice only once."""
        if not element.required and not element.choice:
            return
        present = [n for n in element.json_names if n in value or "_" + n in value]
        if element.required and not present:
            name = element.name + ("[x]" if element.choice else "")
            # R4's own example Questionnaire-qs1 leaves out the linkId of items that are only displayed
            minor = element.name == "linkId" and value.get("type") == "display"
            self.say("required", f"{at}.{element.name}", f"{name} is required", "warning" if minor else "error")
        if len(present) > 1:
            self.say("structure", f"{at}.{element.name}", f"only one of {', '.join(present)} is allowed")

    def special_rules(self, value: Json, path: str, at: str) -> None:
        """Check the few rules of data types that elements and cardinalities do not tell."""
        if path == "Extension":
            has_value = any(n.removeprefix("_").startswith("value") for n in value)
            if has_value == ("extension" in value):
                self.say("invariant", at, "an extension has either a value or extensions (ext-1)")
        elif path == "Narrative" and isinstance(value.get("div"), str) and value["div"]:
            self.narrative(value["div"], f"{at}.div")

    def narrative(self, div: str, at: str) -> None:
        """Check that the XHTML is plain and safe."""
        if told := narrative.finding(div):
            severity, text = told
            self.say("invariant", at, text, severity)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
