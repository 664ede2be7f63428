"""FHIRPath Patch: add, insert, delete, replace, move, as a Parameters resource.

Source: hl7.org/fhir/R4/fhirpatch.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from akson.fhir.definitions import Element, elements, members
from akson.fhir.fhirpath.tree import Member, Part
from akson.fhir.patch import places
from akson.fhir.patch.places import Place
from akson.fhir.patch.tree import Malformed, Unfit, loads

MOST: Final = 1000  # operations in one patch
_PARAMETER: Final = "Parameters.parameter"
_NEEDED: Final = {
    "add": {"name", "value"}, "insert": {"index", "value"}, "delete": set(), "replace": {"value"},
    "move": {"source", "destination"},
}  # fmt: skip
_INTEGERS: Final = frozenset({"index", "source", "destination"})


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step of a patch. value: the parameter that holds it."""

    type: str
    path: Part
    text: str  # the path as it was written
    name: str = ""
    value: Mapping[str, Any]
    numbers: Mapping[str, int]


Operations = list[Operation]


def parse(body: bytes) -> Operations:
    """Return the operations of a Parameters resource, which has been checked as such. Raises Malformed."""
    given = loads(body).get("parameter", [])
    if len(given) > MOST:
        raise Malformed(f"more than {MOST} operations")
    return [_operation(f"Parameters.parameter[{n}]", one) for n, one in enumerate(given)]


def _operation(where: str, given: dict[str, Any]) -> Operation:
    if given.get("name") != "operation":
        raise Malformed(f"{where}: the name must be operation")
    parts = {part["name"]: part for part in given.get("part", [])}
    if len(parts) < len(given.get("part", [])):
        raise Malformed(f"{where}: a part stands twice")
    kind = _simple(where, parts, "type")
    if kind not in _NEEDED:
        raise Malformed(f"{where}: type must be one of {', '.join(_NEEDED)}")
    if parts.keys() != _NEEDED[kind] | {"type", "path"}:
        raise Malformed(f"{where}: {kind} takes path, {', '.join(sorted(_NEEDED[kind])) or 'nothing else'}")
    text = _simple(where, parts, "path")
    return Operation(
        type=kind,
        path=places.parse(text),
        text=text,
        name=_simple(where, parts, "name") if "name" in parts else "",
        value=parts.get("value", {}),
        numbers={name: _integer(where, parts, name) for name in _INTEGERS & parts.keys()},
    )


def _simple(where: str, parts: Mapping[str, Any], name: str) -> str:
    found = [value for member, value in parts.get(name, {}).items() if member.startswith("value")]
    if len(found) != 1 or not isinstance(found[0], str):
        raise Malformed(f"{where}: {name} must be a text")
    return found[0]


def _integer(where: str, parts: Mapping[str, Any], name: str) -> int:
    found = [value for member, value in parts[name].items() if member.startswith("value")]
    if len(found) != 1 or not isinstance(found[0], int) or isinstance(found[0], bool) or found[0] < 0:
        raise Malformed(f"{where}: {name} must be a number from 0")
    return found[0]


def apply(tree: Any, operations: Operations) -> Any:
    """Return the resource after all operations. Raises Unfit, Malformed."""
    for n, operation in enumerate(operations):
        try:
            _STEPS[operation.type](tree, operation)
        except Unfit as unfit:
            raise Unfit(f"operation {n} ({operation.type} {operation.text[:200]}): {unfit}") from None
    return tree


def _add(tree: Any, operation: Operation) -> None:
    place = _one(places.find(operation.path, places.root(tree)))
    if not isinstance(place.value, dict):
        raise Unfit("nothing can be added to a value")
    element = _element(place.type, operation.name)
    member, value, beside = _value(element, operation.value)
    if element.many:
        _insert_at(place.value, member, len(_list(place.value, member)), value, beside)
        return
    if any(name in place.value or "_" + name in place.value for name in element.json_names):
        raise Unfit(f"there is a {operation.name} already")
    _put(place.value, member, value, beside)


def _insert(tree: Any, operation: Operation) -> None:
    found = places.find(operation.path, places.root(tree))
    index = operation.numbers["index"]
    if not found and isinstance(operation.path, Member):
        above = _one(places.find(operation.path.of, places.root(tree)))
        holder, element = above.value, _element(above.type, operation.path.name)
    else:
        first = _alike(found)
        holder, element = first.holder, _element_at(first)
    if not isinstance(holder, dict) or not element.many:
        raise Unfit("this is no list")
    member, value, beside = _value(element, operation.value)
    if index > max(len(_list(holder, member)), len(found)):
        raise Unfit(f"the list has no place {index}")
    _insert_at(holder, member, index, value, beside)


def _delete(tree: Any, operation: Operation) -> None:
    found = places.find(operation.path, places.root(tree))
    if len(found) > 1:
        raise Unfit("there are several; only one can be deleted")
    for place in found:
        if place.above is None:
            raise Unfit("a patch cannot delete the resource")
        _take(place)


def _replace(tree: Any, operation: Operation) -> None:
    place = _one(places.find(operation.path, places.root(tree)))
    if place.above is None:
        raise Unfit("a patch cannot replace the resource")
    member, value, beside = _value(_element_at(place), operation.value)
    if place.index is None:
        order = list(place.holder)
        place.holder.pop(place.member, None)
        place.holder.pop("_" + place.member, None)
        _put(place.holder, member, value, beside)
        _reorder(place.holder, [member if name == place.member else name for name in order])
        return
    _set_in(place.holder, member, place.index, value)
    _set_in(place.holder, "_" + member, place.index, beside)


def _move(tree: Any, operation: Operation) -> None:
    found = places.find(operation.path, places.root(tree))
    first, source, destination = _alike(found), operation.numbers["source"], operation.numbers["destination"]
    if first.index is None or max(source, destination) >= len(found):
        raise Unfit(f"the list has no place {max(source, destination)}")
    for member in (first.member, "_" + first.member):
        if isinstance(listed := first.holder.get(member), list):
            listed.extend([None] * (len(found) - len(listed)))
            listed.insert(destination, listed.pop(source))


def _one(found: list[Place]) -> Place:
    if len(found) != 1:
        raise Unfit("the path leads to nothing" if not found else "the path leads to several elements")
    return found[0]


def _alike(found: list[Place]) -> Place:
    """Return the first of places that are all of one list, whole and in order."""
    if not found:
        raise Unfit("the path leads to nothing")
    first = found[0]
    whole = [place.index for place in found] == list(range(len(found))) or first.index is None
    listed = max(len(_list(first.holder, first.member)), len(_list(first.holder, "_" + first.member)))
    if any(place.holder is not first.holder for place in found) or not whole or len(found) < listed:
        raise Unfit("the path leads to more or less than one list")
    return first


def _element_at(place: Place) -> Element:
    above = place.above
    assert above is not None
    return (
        members(above.type)[place.member][0]
        if place.member in members(above.type)
        else _element("Element", place.member)
    )


def _element(of: str, name: str) -> Element:
    found = next((element for element in elements(of) if element.name == name), None)
    if found is None:
        raise Unfit(f"{of} has no element {name[:80]}")
    return found


def _value(element: Element, given: Mapping[str, Any]) -> tuple[str, Any, Any]:
    """Return (JSON member, value, companion) of what a parameter holds for an element."""
    if "part" in given:
        kind = element.types[0]
        if element.choice or not elements(kind):
            raise Unfit(f"{element.name} is not made of parts")
        return element.json_name(kind), _parts(kind, given["part"]), None
    if "resource" in given:
        return element.name, given["resource"], None
    found = {name.removeprefix("_") for name in given if name.lstrip("_").startswith("value")}
    if len(found) != 1:
        raise Malformed("a value is one value[x], a resource, or parts")
    member = found.pop()
    kind = members(_PARAMETER)[member][1]
    if element.choice and kind not in element.types:
        raise Unfit(f"{element.name} cannot be of the type {kind}")
    return element.json_name(kind), given.get(member), given.get("_" + member)


def _parts(kind: str, given: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an element of the type `kind` put together from its parts."""
    made: dict[str, Any] = {}
    for part in given:
        element = _element(kind, part["name"])
        member, value, beside = _value(element, part)
        if element.many:
            _insert_at(made, member, len(_list(made, member)), value, beside)
        elif member in made or "_" + member in made:
            raise Malformed(f"{part['name']} stands twice")
        else:
            _put(made, member, value, beside)
    return made


def _put(holder: dict[str, Any], member: str, value: Any, beside: Any) -> None:
    for name, one in ((member, value), ("_" + member, beside)):
        if one is not None:
            holder[name] = one


def _list(holder: Mapping[str, Any], member: str) -> list[Any]:
    listed = holder.get(member)
    return listed if isinstance(listed, list) else []


def _insert_at(holder: dict[str, Any], member: str, index: int, value: Any, beside: Any) -> None:
    """Insert a value into a list, and its companion into the list beside."""
    count = max(len(_list(holder, member)), len(_list(holder, "_" + member)))
    for name, one in ((member, value), ("_" + member, beside)):
        if name in holder or one is not None:
            listed = holder.setdefault(name, [])
            listed.extend([None] * (count - len(listed)))
            listed.insert(index, one)


def _set_in(holder: dict[str, Any], member: str, index: int, value: Any) -> None:
    if member in holder or value is not None:
        listed = holder.setdefault(member, [])
        listed.extend([None] * (index + 1 - len(listed)))
        listed[index] = value
        _without_trailing(holder, member)


def _without_trailing(holder: dict[str, Any], member: str) -> None:
    if member.startswith("_") and all(one is None for one in holder[member]):
        del holder[member]


def _take(place: Place) -> None:
    """Take away what stands at a place, and what becomes empty by that."""
    for member in (place.member, "_" + place.member):
        if place.index is None:
            place.holder.pop(member, None)
        elif isinstance(listed := place.holder.get(member), list) and place.index < len(listed):
            listed.pop(place.index)
            if all(one is None for one in listed):
                del place.holder[member]
    if not place.holder and place.above is not None and place.above.above is not None:
        _take(place.above)


def _reorder(holder: dict[str, Any], order: list[str]) -> None:
    """Put the members back in the order they had."""
    kept = dict(holder)
    holder.clear()
    holder.update({name: kept[name] for name in order if name in kept})
    holder.update(kept)


_STEPS: Final[dict[str, Callable[[Any, Operation], None]]] = {
    "add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move,
}  # fmt: skip
