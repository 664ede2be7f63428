"""Where a path leads in a tree: places that can be changed, where FHIRPath itself gives only what stands there.

A path is members, places in lists, and what chooses among elements: where(), first(), last(), tail(), skip(), take(),
single(), ofType(), as(), extension(). What stands inside where() is any FHIRPath.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from akson.fhir import bodies
from akson.fhir.definitions import PRIMITIVES, Element, elements
from akson.fhir.fhirpath import Compiled, FhirPathError, Node
from akson.fhir.fhirpath.code import Static
from akson.fhir.fhirpath.compiler import Compiler
from akson.fhir.fhirpath.model import is_a, resource_type
from akson.fhir.fhirpath.parser import parse as parse_path
from akson.fhir.fhirpath.tree import Call, External, Index, Literal, Member, Name, Part, TypeTest, Unary, inner
from akson.fhir.patch.tree import Malformed, Unfit, dumps

# Functions that take a stretch of what was found: which, and of how many arguments.
_SLICES: Final[Mapping[str, tuple[Callable[..., slice], int]]] = {
    "first": (lambda: slice(1), 0), "last": (lambda: slice(-1, None), 0), "tail": (lambda: slice(1, None), 0),
    "single": (lambda: slice(1), 0), "skip": (lambda n: slice(n, None), 1), "take": (lambda n: slice(n), 1),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one element stands.

    above    the place of what holds it; None for the resource itself
    holder   the object that holds it
    member   its name there, in JSON; a primitive may have a companion beside it
    index    in its list; None when it does not repeat
    """

    above: Place | None
    holder: dict[str, Any]
    member: str
    index: int | None
    type: str

    @property
    def value(self) -> Any:
        """What stands there; None when there is only a companion."""
        return _at(self.holder.get(self.member), self.index)

    @property
    def companion(self) -> Any:
        return _at(self.holder.get("_" + self.member), self.index)


def _at(value: Any, index: int | None) -> Any:
    if index is None:
        return value
    return value[index] if isinstance(value, list) and index < len(value) else None


def parse(text: str) -> Part:
    """Return the path in `text`, in the words of FHIRPath. Raises Malformed."""
    try:
        return parse_path(text)
    except FhirPathError as error:
        raise Malformed(f"path {text[:200]}: {error}") from None


def root(resource: dict[str, Any]) -> Place:
    """Return the place of a whole resource."""
    return Place(above=None, holder={"resource": resource}, member="resource", index=None, type=resource_type(resource))


def find(part: Part, start: Place) -> list[Place]:
    """Return every place that `part` leads to from a resource. Raises Unfit, Malformed."""
    if isinstance(part, Name):
        return [start] if is_a(start.type, part.name) else list(_members(start, part.name))
    if isinstance(part, Member):
        return [one for place in find(part.of, start) for one in _members(place, part.name)]
    if isinstance(part, Index):
        found, n = find(part.of, start), _number(part.index)
        return found[n : n + 1]
    if isinstance(part, TypeTest) and part.operator == "as":
        return [place for place in find(part.operand, start) if is_a(place.type, part.type)]
    if isinstance(part, Call) and part.of is not None:
        return list(_chosen(part, find(part.of, start), start))
    raise Malformed("a path is made of elements, places and what chooses among them")


def _members(place: Place, name: str) -> Iterator[Place]:
    value = place.value
    holder = value if isinstance(value, dict) else place.companion if place.type in PRIMITIVES else None
    for element, kind in _kinds(place.type, name):
        member = element.json_name(kind)
        if not isinstance(holder, dict) or (member not in holder and "_" + member not in holder):
            continue
        here, beside = holder.get(member), holder.get("_" + member)
        if isinstance(here, list) or isinstance(beside, list):
            count = max(len(each) for each in (here, beside) if isinstance(each, list))
            for index in range(count):
                yield _placed(place, holder, member, index, kind)
        else:
            yield _placed(place, holder, member, None, kind)


def _placed(above: Place, holder: dict[str, Any], member: str, index: int | None, kind: str) -> Place:
    found = Place(above=above, holder=holder, member=member, index=index, type=kind)
    if kind != "Resource":
        return found
    return Place(above=above, holder=holder, member=member, index=index, type=resource_type(found.value))


def _kinds(of: str, name: str) -> list[tuple[Element, str]]:
    found = [(e, t) for e in elements("Element" if of in PRIMITIVES else of) if e.name == name for t in e.types]
    if not found:
        raise Unfit(f"{of} has no element {name[:80]}")
    return found


def _chosen(call: Call, found: list[Place], start: Place) -> Iterator[Place]:
    match call.name, call.arguments:
        case "where", (criteria,):
            yield from _met(criteria, found, start)
        case "extension", (Literal(value=str(url)),):
            held = [one for place in found for one in _members(place, "extension")]
            yield from (one for one in held if isinstance(one.value, dict) and one.value.get("url") == url)
        case (("ofType" | "as"), (Name(name=kind),)):
            yield from (place for place in found if is_a(place.type, kind))
        case "single", () if len(found) > 1:
            raise Unfit("single() of several elements")
        case name, arguments if name in _SLICES and len(arguments) == _SLICES[name][1]:
            yield from found[_SLICES[name][0](*map(_number, arguments))]
        case _:
            raise Malformed(f"{call.name}() cannot stand in the path of a patch")


def _number(part: Part) -> int:
    if isinstance(part, Unary) or not isinstance(part, Literal) or not isinstance(part.value, int):
        raise Malformed("a place in a list is a number")
    return part.value


def _met(criteria: Part, found: list[Place], start: Place) -> list[Place]:
    try:
        return list(_where(criteria, found, start))
    except FhirPathError as error:
        raise Unfit(f"where(): {error}") from None


def _where(criteria: Part, found: list[Place], start: Place) -> Iterator[Place]:
    """Yield the places whose element meets the criteria; the resource is at hand for those that ask for it."""
    given = {"resource": _plain(start.value)} if _asks_around(criteria) else {}
    compiled = {kind: Compiled("where()", kind, criteria, _compiler(kind)) for kind in {place.type for place in found}}
    for place in found:
        node = Node(_plain(place.value), place.type, _plain(place.companion))
        if compiled[place.type].truth(node, **given):
            yield place


def _compiler(kind: str) -> Compiler:
    return Compiler(Static(frozenset({kind}), one=True))


def _asks_around(part: Part) -> bool:
    return isinstance(part, External) or any(map(_asks_around, inner(part)))


def _plain(value: Any) -> Any:
    """Return a part of the tree as FHIRPath takes it."""
    return bodies.loads(dumps(value)) if value is not None else None
