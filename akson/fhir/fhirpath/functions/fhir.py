"""What FHIR adds to FHIRPath: hl7.org/fhir/R4/fhirpath.html."""

from __future__ import annotations

from typing import Any

from akson.fhir import narrative
from akson.fhir.definitions import CORE, PRIMITIVES
from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.code import ANY, BOOLEAN, Code, Static, telling
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions.registry import Compiling, built, collected
from akson.fhir.fhirpath.model import Node, is_a, is_fhir_type, read_placed, reader, resource_type
from akson.fhir.fhirpath.scope import Scope, Terminology
from akson.fhir.fhirpath.values import Items, named, one, plain, text


@built("extension", 1)
def extension(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the extensions with the address."""
    before, address = of.run, c.apart(call.arguments[0]).run

    def run(s: Scope) -> Items:
        wanted = one(address(s), "the address of an extension")
        if wanted is None:
            return []
        url = text(wanted, "the address of an extension")
        return [e for n in before(s) if n.__class__ is Node for e in _extensions(n) if _is(e.value, url)]

    return Code(run, Static(frozenset({"Extension"})))


def _extensions(node: Node) -> list[Any]:
    held = node.extra if node.type in PRIMITIVES else node.value
    found: list[Any] = []
    if held.__class__ is dict and "extension" in held:
        if node.at is not None:
            read_placed(node, "extension", found)
        elif read := reader(node.type, "extension"):
            read(node, found)
    return found


def _is(given: Any, url: str) -> bool:
    return given.__class__ is dict and given.get("url") == url


@built("resolve")
def resolve(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Return the resources that references lead to; those that lead nowhere are left out."""
    before = of.run

    def run(s: Scope) -> Items:
        found = []
        for item in before(s):
            resource = _resolved(s, _reference(item))
            if resource is not None:
                found.append(Node(resource, resource_type(resource)))
            s.run.spend(1)
        return found

    return Code(run, ANY)


def _reference(item: Any) -> str | None:
    if item.__class__ is Node:
        item = item.value.get("reference") if item.value.__class__ is dict else item.value
    return item if item.__class__ is str else None


def _resolved(s: Scope, reference: str | None) -> Any:
    if not reference:
        return None
    if reference.startswith("#"):
        root = s.run.named.get("rootResource") or [None]
        held = root[0].value if root[0].__class__ is Node else None
        if reference == "#":
            return held
        contained = held.get("contained") if held.__class__ is dict else None
        inside = contained if contained.__class__ is list else []
        return next((c for c in inside or [] if c.__class__ is dict and c.get("id") == reference[1:]), None)
    return s.run.given.resolve(reference) if s.run.given.resolve else None


@built("memberOf", 1)
def member_of(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Tell whether the code is in the value set; empty when that is not known."""
    before, address = of.run, c.apart(call.arguments[0]).run

    def tells(s: Scope) -> bool | None:
        item, value_set = one(before(s)), one(address(s), "the address of a value set")
        if item is None or value_set is None:
            return None
        kind = item.type if item.__class__ is Node else "string"
        url = text(value_set, "the address of a value set")
        s.run.spend(1)
        return _terminology(s, "memberOf").member_of(plain(item), kind, url)

    return telling(tells)


def _terminology(s: Scope, name: str) -> Terminology:
    if s.run.given.terminology is None:
        raise FhirPathError(f"{name}() needs a terminology, which is not given")
    return s.run.given.terminology


def _subsuming(name: str, *, turned: bool) -> None:
    @built(name, 1)
    def build(c: Compiling, call: tree.Call, of: Code) -> Code:
        before, argument = of.run, c.apart(call.arguments[0]).run

        def tells(s: Scope) -> bool | None:
            pair = one(before(s)), one(argument(s), f"the argument of {name}()")
            if pair[0] is None or pair[1] is None:
                return None
            kind = pair[0].type if pair[0].__class__ is Node else "string"
            first, second = (plain(item) for item in (reversed(pair) if turned else pair))
            s.run.spend(1)
            return _terminology(s, name).subsumes(first, second, kind)

        return telling(tells)


_subsuming("subsumes", turned=False)
_subsuming("subsumedBy", turned=True)


@collected("htmlChecks", static=BOOLEAN)
def html_checks(items: Items) -> Items:
    """Tell whether the narrative has only what FHIR allows (txt-1)."""
    return [all(narrative.fault(text(item)) is None for item in items)]


@built("conformsTo", 1)
def conforms_to(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Tell whether the item follows the profile. An address that nobody knows is an error."""
    before, address = of.run, c.apart(call.arguments[0]).run

    def tells(s: Scope) -> bool | None:
        item, profile = one(before(s)), one(address(s), "the address of a profile")
        return None if item is None or profile is None else _conforms(s, item, text(profile))

    return telling(tells)


def _conforms(s: Scope, item: Any, profile: str) -> bool:
    kind = profile.removeprefix(CORE)
    if kind != profile and is_fhir_type(kind):
        return item.__class__ is Node and is_a(item.type, kind)
    found = s.run.given.conforms(plain(item), profile) if s.run.given.conforms else None
    if found is None:
        raise FhirPathError(f"{profile} is not a known profile of {named(item)}")
    return found
