"""Decides at C speed whether the text of a resource is surely valid: msgspec types made from the definitions.

They know a strict part of FHIR only: no nulls, no companions such as `_birthDate`. They do not see repeated members and
empty objects (checks.py looks for those in the text). What they accept is valid; what they do not accept may still be,
and walk.py decides. Types are made when first asked for, and stand as module variables because msgspec resolves names
there. There are two of each: a slim one without what few resources hold (`_RARE`), and one with all members.
"""

from __future__ import annotations

import keyword
import operator
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import Annotated, Any, Literal

from msgspec import UNSET, DecodeError, Meta, Raw, Struct, defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple

from akson.fhir import narrative, pointing, primitives
from akson.fhir.definitions import PRIMITIVES, Element, codes, codings, elements, is_code
from akson.fhir.primitives import GRAMMARS, LONGEST_STRING, PATTERNS, RANGES
from akson.fhir.seen import seen, shaped
from akson.fhir.types import TYPES, is_type

Check = Callable[[Any], None]

FORBIDDEN_META = frozenset({"versionId", "lastUpdated", "security"})  # of a contained resource: dom-4, dom-5

__all__ = ["Annotated", "Raw", "accepts", "accepts_slim"]  # the first two are named in annotations made here

# Members of elements that slim types do not know. Without them an element is never of an id alone, nothing but what
# checks.py counts lies in its own sort, and no Reference or Extension needs to be looked at by itself.
_RARE = {"Reference": {"type"}, "Identifier": {"assigner"}}
_RARE_ANYWHERE = frozenset({"extension", "modifierExtension"})

SOME = Meta(min_length=1)
P_boolean = bool
# msgspec's Decimal would take the string "1.5" as well; the value itself is not used. Bigger ones are walked through.
P_decimal = Annotated[float, Meta(gt=-1e307, lt=1e307)]
P_string = P_markdown = P_xhtml = Annotated[str, Meta(min_length=1, max_length=LONGEST_STRING)]
OFTEN_THE_SAME = ("base64Binary", "canonical", "code", "uri", "url")  # the first for being cheap, not the same


def _is_foreign(value_set: str, code: str) -> bool:
    return not is_code(value_set, code)


def _make_primitives() -> None:
    for kind, pattern in PATTERNS.items():
        globals()[f"P_{kind}"] = shaped(kind, pattern)
    for kind, (least, most) in RANGES.items():
        globals()[f"P_{kind}"] = Annotated[int, Meta(ge=least, le=most)]
    for kind in OFTEN_THE_SAME:
        globals()[f"P_{kind}"] = seen(kind, partial(primitives.fault, kind))
    for value_set in GRAMMARS:
        globals()[f"G_{value_set}"] = seen(value_set, partial(_is_foreign, value_set))


_make_primitives()


class _Head(Struct):
    """The type and what a contained resource may not have."""

    resourceType: str
    contained: Raw = Raw(b"")
    meta: dict[str, Raw] = {}

    @property
    def may_be_contained(self) -> bool:
        return not self.contained and FORBIDDEN_META.isdisjoint(self.meta)


_look_up: Callable[[type, Any], Any] = operator.getitem  # type: ignore[assignment]  # see seen.py
_head = Decoder(_Head).decode


def accepts(resource_type: str, text: bytes | Raw) -> bool:
    """Tell whether `text` is surely a valid resource of this type."""
    try:
        _whole(resource_type)(text)
    except (DecodeError, ValueError, RecursionError):
        return False
    return True


def accepts_slim(resource_type: str, text: bytes | Raw, data: Mapping[str, Any]) -> bool:
    """Tell whether `text` is surely a valid resource of this type, and holds nothing rare.

    data  what the text is decoded to; its members stand there once each
    """
    try:
        root = _slim(resource_type)(text)
    except (DecodeError, ValueError, RecursionError):
        return False
    if not _chooses_once(resource_type, tuple(data)):
        return False
    return "contained" not in data or all(map(_may_be_contained, root.contained, data["contained"]))


def _may_be_contained(text: Raw, data: Any) -> bool:
    """Tell whether a contained resource surely is one that may stand there."""
    kind = data.get("resourceType") if isinstance(data, dict) else None
    if not is_type(kind) or "contained" in data or not accepts_slim(kind, text, data):
        return False
    return FORBIDDEN_META.isdisjoint(data.get("meta", ()))


@lru_cache(maxsize=8192)
def _chooses_once(path: str, names: tuple[str, ...]) -> bool:
    """Tell whether of each choice of `path` one is among the names of the members at most, and one if required."""
    choices = [e for e in elements(path) if e.choice]
    return all(e.required <= len({*e.json_names}.intersection(names)) <= 1 for e in choices)


def _decode(path: str, *, slim: bool) -> Callable[[bytes | Raw], Any]:
    return Decoder(globals()[_struct(path, slim)], dec_hook=_look_up).decode


_whole, _slim = cache(partial(_decode, slim=False)), cache(partial(_decode, slim=True))


@cache
def _struct(path: str, slim: bool, targets: tuple[str, ...] = ()) -> str:  # noqa: FBT001
    """Make the struct of a type or element and of all it holds, and return its name. targets: of a Reference."""
    name = "_".join(("U" if slim else "S", *path.split("."), *targets))
    if name in globals():
        return name
    globals()[name] = None  # in the making: types hold one another in rings
    known = [e for e in elements(path) if not (slim and _is_rare(path, e))]
    fields = [_field(path, e, t, targets, slim) for e in known for t in e.types]
    globals()[name] = defstruct(
        name,
        [(_python(n), of, UNSET) if not need else (_python(n), of) for n, of, need in fields],
        namespace=_namespace(path, slim),
        rename={_python(n): n for n, _, _ in fields},
        tag_field="resourceType" if is_type(path) else None,
        tag=path if is_type(path) else None,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
        module=__name__,
    )
    return name


def _is_rare(path: str, element: Element) -> bool:
    """Tell whether slim types do without an element."""
    name = element.name
    if name == "id" or element.types == ("Resource",):
        return not is_type(path)
    return name in _RARE_ANYWHERE or name in _RARE.get(path, ())


def _python(name: str) -> str:
    return name + "_" if keyword.iskeyword(name) else name


def _field(path: str, element: Element, of: str, targets: tuple[str, ...], slim: bool) -> tuple[str, str, bool]:  # noqa: FBT001
    """Return the member's name, the annotation of its type, and whether it must be there."""
    if path == "Reference" and element.name in {"reference", "type"}:
        single = _literal_to(targets) if element.name == "reference" else _types(targets)
    elif of == "Reference":
        single = _struct(of, slim, () if "Resource" in element.targets else element.targets)
    elif of == "Resource":
        single = "Raw"
    elif of == "code" and element.codes:
        single = f"G_{element.codes}" if element.codes in GRAMMARS else _literal(element.codes)
    else:
        single = f"P_{of}" if of in PRIMITIVES else _struct(of, slim)
    annotation = f"Annotated[list[{single}], SOME]" if element.many else single
    return element.json_name(of), annotation, element.required and not element.choice


def _literal_to(targets: tuple[str, ...]) -> str:
    name = "_".join(("L", *targets))
    globals().setdefault(name, seen(name, pointing.outside(targets)))
    return name


def _types(targets: tuple[str, ...]) -> str:
    name = "_".join(("T", *targets))
    globals().setdefault(name, Literal[targets or TYPES])
    return name


def _literal(value_set: str) -> str:
    name = "V_" + "".join(c if c.isalnum() else "_" for c in value_set)
    globals().setdefault(name, Literal[tuple(sorted(codes(value_set)))])
    return name


def _namespace(path: str, slim: bool) -> dict[str, Any]:  # noqa: FBT001
    """Return what the struct checks about itself once it is decoded, if there is anything."""
    if path == "Extension":
        return {"__post_init__": _check_extension}
    checks = _binding_checks(path)
    if not (slim and is_type(path)):  # of a resource `accepts_slim` does this, and looks at what is inside
        checks += _choice_checks(path)
    if not slim:
        checks += _inner_checks(path)
    if path == "Narrative":
        checks.append(_check_narrative)
    if path == "Reference" and not slim:
        checks.append(_check_reference)
    if not checks:
        return {}
    if len(checks) == 1:
        return {"__post_init__": checks[0]}

    def post_init(self: Any) -> None:
        for check in checks:
            check(self)

    return {"__post_init__": post_init}


def _choice_checks(path: str) -> list[Check]:
    """Return the check that of each choice there is one at most, and one if required."""
    choices = [e for e in elements(path) if e.choice]
    asked = [
        (operator.attrgetter(*map(_python, e.json_names)), len(e.types) - 1, len(e.types) - e.required) for e in choices
    ]

    def check(self: Any) -> None:
        for chosen, least, most in asked:
            if not least <= chosen(self).count(UNSET) <= most:
                raise ValueError("choice")

    return [check] if choices else []


def _binding_checks(path: str) -> list[Check]:
    bound = [e for e in elements(path) if e.codes and set(e.types) & {"CodeableConcept", "Coding"}]
    return [_binding_check(_python(e.name), e, codings(e.codes)) for e in bound if e.codes and not e.choice]


def _binding_check(name: str, element: Element, allowed: frozenset[tuple[str, str]]) -> Check:
    alone = element.types == ("Coding",)

    def check(self: Any) -> None:
        value = getattr(self, name)
        if value is UNSET:
            return
        for concept in value if element.many else (value,):
            given = (concept,) if alone else concept.coding
            if given is UNSET or allowed.isdisjoint([(c.system, c.code) for c in given]):
                raise ValueError("binding")

    return check


def _inner_checks(path: str) -> list[Check]:
    """Return the checks of the resources inside."""
    return [_inner_check(e.name, many=e.many) for e in elements(path) if "Resource" in e.types]


def _inner_check(name: str, *, many: bool) -> Check:
    """Return the check of a member that holds a resource, or (`contained`) many."""

    def check(self: Any) -> None:
        inside = getattr(self, name)
        if inside is UNSET:
            return
        for text in inside if many else (inside,):
            head = _head(text)
            if not is_type(head.resourceType) or (many and not head.may_be_contained):
                raise ValueError("inside")
            _whole(head.resourceType)(text)

    return check


def _check_extension(self: Any) -> None:
    """Raises ValueError unless there is either one value or extensions (ext-1), beside `url` and perhaps an id."""
    members = astuple(self)
    if len(members) - members.count(UNSET) - (members[0] is not UNSET) != 2:
        raise ValueError("extension")


def _check_reference(self: Any) -> None:
    """Raises ValueError when what is pointed at is told twice: walk.py compares."""
    if self.type is not UNSET and self.reference is not UNSET:
        raise ValueError("reference")


def _check_narrative(self: Any) -> None:
    if narrative.finding(self.div):
        raise ValueError("narrative")
