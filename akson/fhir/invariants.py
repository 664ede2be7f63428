"""Holds a resource against the invariants of R4 itself: rules between elements, written in FHIRPath.

Each is compiled once, when a resource of the type first comes, and runs only where one of the elements is there that
it depends on. txt-1 and txt-2 (the narrative) are left to checks.py, which always looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from akson.fhir.bodies import may_say
from akson.fhir.definitions import PRIMITIVES, artefact, elements
from akson.fhir.fhirpath import Compiled, Evaluation, FhirPathError, Given, Node, compile
from akson.fhir.fhirpath.model import parent, resource_type
from akson.fhir.issues import GRAVE, Issue

ELSEWHERE: Final = frozenset({"txt-1", "txt-2"})
_SAY_NOTHING: Final = frozenset({"ref-1"})  # is empty for a Reference that has no `reference`, which is well
_IN_STRUCTURE: Final = frozenset({"dom-2", "dom-4", "dom-5", "ref-1"})  # checks.py has told of these as well
_FULL_DATE, _ZONE = 10, 6  # signs: 2026-11-22, +01:00
_BY_HAND: Final = frozenset({"dom-3"})  # its expression goes through the whole resource once for each contained one
_IN_NARRATIVE: Final = re.compile(r"""(?:src|href)\s*=\s*["'](#[^"']+)["']""")
_VALUES: Final = frozenset(e.json_name(t) for e in elements("Extension") if e.choice for t in e.types)
_EXTENDED: Final = _VALUES | {"_" + name for name in _VALUES}
Json = dict[str, Any]
Place = tuple[Any, ...]  # (place around, name, index or None)
Plan = tuple[tuple["Invariant", ...], Mapping[str, "_Member"]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule.

    needs   it holds of itself where none of these members is there; None: it always runs
    surely  tells quickly of most elements that it holds, for the rules that run most
    """

    key: str
    severity: str
    expression: str
    compiled: Compiled
    needs: frozenset[str] | None
    surely: Callable[[Any], bool] | None


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of a type: its element, the type of its values, the rules for it at this place.

    gates  a value of it can break no rule while it has none of these members; None: it must be looked at
    """

    name: str
    type: str
    rules: tuple[Invariant, ...]
    gates: frozenset[str] | None = None

    def passes(self, value: Any) -> bool:
        """Tell whether a value surely breaks no rule."""
        return self.gates is not None and value.__class__ is dict and self.gates.isdisjoint(value)


def violations(resource: Json) -> list[Issue]:
    """Return the violations of R4's invariants in a structurally valid resource, in the order of its text.

    One that cannot be decided (a period from 2021 to 2021-05-02) is a warning, and so are those that are only good
    practice (dom-6). In a Bundle and in Parameters each resource is looked at by itself.
    """
    return _Walk(_plan, Node(resource, resource_type(resource))).issues


def broken(resource: Json, body: bytes) -> list[Issue]:
    """Return the violations that keep a structurally valid resource out: those that are errors.

    body  its JSON: without extensions in it, most parts of most resources can break no rule, and are passed by
    """
    plan = _plan if may_say(body, b'xtension"') else _brief_plan
    walk = _Walk(plan, Node(resource, resource_type(resource)), body)
    return [issue for issue in walk.issues if issue.severity in GRAVE]


class _Walk:
    """One walk through one resource. plan: which rules and which members of a type are looked at; body: its JSON."""

    def __init__(self, plan: Callable[[str], Plan], root: Node, body: bytes = b"") -> None:
        self.issues: list[Issue] = []
        self.plan, self.body = plan, body
        self.within = root, root  # the resource that is looked at, and the one around it
        self.asked: Evaluation | None = None  # about these; made when first needed
        self.resource(root, root, (None, root.type, None))

    def resource(self, node: Node, root: Node, at: Place) -> None:
        before = self.within, self.asked
        self.within, self.asked = (node, root), None
        self.element(node.value, node.type, at, root)
        if node is root and "contained" in node.value and _unreferenced(node.value, self.body):
            self.say("dom-3", "error", "every contained resource is referred to, or refers to what contains it", at)
        self.within, self.asked = before

    def element(self, value: Json, kind: str, at: Place, root: Node) -> None:
        """Look at an element with parts and at all that it holds."""
        own, known = self.plan(kind)
        for rule in own:
            if rule.needs is None or not rule.needs.isdisjoint(value):
                self.ask(rule, value, kind, at)
        if len(value) < 2 or kind == "Extension":
            self.any_element(value, kind, at)
        for name, inner in value.items():
            member = known.get(name)
            if member is None:
                if name[:1] == "_":
                    self.companion(value.get(name[1:]), inner, (at, name[1:], None), root)
            elif inner.__class__ is list:
                self.list_of(member, inner, (at, name), root)
            elif not member.passes(inner):
                self.inner(member, inner, (at, name, None), root)

    def list_of(self, member: _Member, values: list[Any], at: Place, root: Node) -> None:
        """Look at the values of a member that may have many."""
        for index, each in enumerate(values):
            if not member.passes(each):
                self.inner(member, each, (*at, index), root)

    def any_element(self, value: Json, kind: str, at: Place) -> None:
        """Ask what holds of every element, and of every extension."""
        if value.keys() <= {"id"}:
            self.say("ele-1", "error", "hasValue() or (children().count() > id.count())", at)
        if kind == "Extension" and ("extension" in value) is not _EXTENDED.isdisjoint(value):
            self.say("ext-1", "error", "extension.exists() != value.exists()", at)

    def inner(self, member: _Member, value: Any, at: Place, root: Node) -> None:
        """Look at one value of a member."""
        kind = member.type
        if kind == "Resource":
            node = Node(value, resource_type(value))
            if value.__class__ is dict:
                self.resource(node, root if member.name == "contained" else node, at)
        elif value.__class__ is dict:
            self.element(value, kind, at, root)
        elif kind not in PRIMITIVES:
            return
        for rule in member.rules:
            self.ask(rule, value, kind, at)

    def companion(self, values: Any, extras: Any, at: Place, root: Node) -> None:
        """Look at what stands beside a primitive: its id and extensions."""
        many = extras.__class__ is list
        for index, extra in enumerate(extras if many else (extras,)):
            if extra.__class__ is not dict:
                continue
            value = (values[index] if index < len(values) else None) if values.__class__ is list else values
            here = (*at[:2], index) if many else at
            if value is None and extra.keys() <= {"id"}:
                self.say("ele-1", "error", "hasValue() or (children().count() > id.count())", here)
            for number, each in enumerate(extra.get("extension") or ()):
                if each.__class__ is dict:
                    self.element(each, "Extension", (here, "extension", number), root)

    def ask(self, rule: Invariant, value: Any, kind: str, at: Place) -> None:
        if rule.surely and rule.surely(value):
            return
        try:
            self.asked = self.asked or Evaluation(*self.within, Given())
            holds = self.asked.tells(rule.compiled, Node(value, kind))
        except FhirPathError as error:
            self.issues.append(Issue("warning", "processing", _path(at), f"{rule.key} cannot be decided: {error}"))
            return
        if holds is None and rule.key not in _SAY_NOTHING:
            told = f"{rule.key} cannot be decided: {rule.expression}"
            self.issues.append(Issue("warning", "invariant", _path(at), told))
        if holds is False and not (rule.key == "dom-6" and at[1] == "contained"):  # nobody reads those by themselves
            self.say(rule.key, rule.severity, rule.expression, at)

    def say(self, key: str, severity: str, expression: str, at: Place) -> None:
        self.issues.append(Issue(severity, "invariant", _path(at), f"{key}: {expression}"))


def _unreferenced(resource: Json, body: bytes) -> bool:
    """Tell whether a contained resource stands alone: nothing names its id, and nothing in it names the container.

    body  its JSON: mostly it says at once that each is named
    """
    inside = resource["contained"] if resource["contained"].__class__ is list else ()
    held = [c for c in inside if c.__class__ is dict and "id" in c]
    if b"\\" not in body and all(f'"#{c["id"]}"'.encode() in body for c in held):
        return False
    named = set(local(resource))
    return any(f"#{c['id']}" not in named and "#" not in local(c) for c in held)


def local(value: Any) -> Iterator[str]:
    """Yield the strings that begin with "#": references inside the resource, those of narratives among them."""
    if isinstance(value, str):
        if value[:1] == "#":
            yield value
        elif value[:1] == "<":
            yield from _IN_NARRATIVE.findall(value)
    elif value.__class__ is dict or value.__class__ is list:
        for inner in value.values() if value.__class__ is dict else value:
            if inner.__class__ is not int:
                yield from local(inner)


def _path(at: Place) -> str:
    around, name, index = at
    shown = name if index is None else f"{name}[{index}]"
    return f"{_path(around)}.{shown}" if around else shown


def _has_narrative(resource: Json) -> bool:
    text = resource.get("text")
    return text.__class__ is dict and "div" in text


def _points_outside(reference: Json) -> bool:
    literal = reference.get("reference", "")
    return literal.__class__ is str and literal[:1] != "#"


def _in_order(period: Json) -> bool:
    """Tell whether a period surely does not end before it begins: its ends are written alike, so their texts tell."""
    start, end = period.get("start"), period.get("end")
    if start is None or end is None:
        return "_start" not in period and "_end" not in period
    alike = start.__class__ is str and end.__class__ is str and len(start) == len(end)
    return alike and start <= end and (len(start) <= _FULL_DATE or start[-_ZONE:] == end[-_ZONE:])


SURELY: Final[dict[str, Callable[[Any], bool]]] = {
    "dom-6": _has_narrative,
    "obs-6": lambda observation: "dataAbsentReason" not in observation,
    "obs-7": lambda observation: "component" not in observation,
    "per-1": _in_order,
    "qty-3": lambda quantity: "system" in quantity,
    "ref-1": _points_outside,
}


@cache
def _plan(kind: str) -> Plan:
    return rules(kind), _members(kind)


@cache
def _brief_plan(kind: str) -> Plan:
    """Return the rules that are errors, and the members in which one can be broken when nothing is extended."""
    members = {
        name: replace(member, rules=own, gates=None if own or member.type == "Resource" else _gates(member.type))
        for name, member in _looked_at(kind).items()
        for own in [_brief(member.rules)]
    }
    return _brief(rules(kind)), members


@cache
def _looked_at(kind: str) -> Mapping[str, _Member]:
    """Return the members in which a rule that is an error can be broken when nothing is extended."""
    return {n: member for n, member in _members(kind).items() if _brief(member.rules) or _bears(member.type)}


@cache
def _gates(kind: str) -> frozenset[str] | None:
    """Return the members without which an element of this type can break no rule that is an error."""
    needs = [rule.needs for rule in _brief(rules(kind))]
    if None in needs:
        return None
    beside = {"_" + name for element in elements(kind) for name in element.json_names}
    return frozenset({"id", *beside, *_looked_at(kind)}.union(*(names or () for names in needs)))


def _brief(given: Iterable[Invariant]) -> tuple[Invariant, ...]:
    return tuple(rule for rule in given if rule.severity in GRAVE and rule.key not in _IN_STRUCTURE)


@cache
def _bears(kind: str) -> bool:
    """Tell whether an element of this type can break a rule that is an error, by itself or in what it holds."""
    reached, waiting = set[str](), [kind]
    while waiting:
        one = waiting.pop()
        if one == "Resource" or _brief(rules(one)):
            return True
        reached.add(one)
        for member in _members(one).values():
            if _brief(member.rules):
                return True
            if member.type not in reached and member.type != "Extension" and member.type not in PRIMITIVES:
                waiting.append(member.type)
    return False


@cache
def rules(kind: str) -> tuple[Invariant, ...]:
    """Return the invariants of a type or of an element with parts, those of the types above with them."""
    found = tuple(_invariant(kind, *row) for row in _table().get(kind, ()) if row[0] not in ELSEWHERE | _BY_HAND)
    above = parent(kind)
    return (*(rules(above) if above in {"DomainResource", "Resource"} else ()), *found)


@cache
def _members(kind: str) -> Mapping[str, _Member]:
    """Return the members of a type, by their names in JSON, that have rules or may hold something that has."""
    found = {}
    for element in elements(kind):
        for of in element.types:
            own = tuple(_at_place(f"{kind}.{element.name}", of))
            if own or of not in PRIMITIVES:
                found[element.json_name(of)] = _Member(element.name, of, own)
    return found


def _at_place(path: str, of: str) -> Iterator[Invariant]:
    """Yield the rules for an element at one place, which those for its type do not hold already."""
    for key, severity, expression in _table().get(path, ()) if path != of else ():
        if key not in ELSEWHERE and (of == "Quantity" or key != "sqty-1"):
            yield _invariant(of, key, severity, expression)


@cache
def _invariant(kind: str, key: str, severity: str, expression: str) -> Invariant:
    compiled = compile(expression, lenient=True)  # without the type: some name elements that it does not have
    return Invariant(key, severity, expression, compiled, _needs(kind, compiled), SURELY.get(key))


def _needs(kind: str, compiled: Compiled) -> frozenset[str] | None:
    """Return the members without which the rule holds; None when it may fail even on an element without any."""
    if compiled.heads is None or kind in PRIMITIVES:
        return None
    nothing = Node({}, kind)
    if Evaluation(nothing, nothing, Given()).tells(compiled, nothing) is False:
        return None
    names = {e.name: e.json_names for e in elements(kind)}
    found = {member for head in compiled.heads for member in names.get(head, (head,))}
    return frozenset(found | {"_" + member for member in found}) if found else None


@cache
def _table() -> Mapping[str, list[list[str]]]:
    return artefact("invariants")
