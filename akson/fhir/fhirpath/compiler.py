"""Turns the tree of an expression into Python closures, and tells what cannot mean anything beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from akson.fhir.definitions import PRIMITIVES
from akson.fhir.fhirpath import casts, operators, tree
from akson.fhir.fhirpath.code import ANY, Code, Static, constant, of_system
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions import FUNCTIONS, Function
from akson.fhir.fhirpath.model import (
    SYSTEM,
    Node,
    TypeInfo,
    child_types,
    children,
    is_a,
    is_fhir_type,
    is_many,
    json_names,
    read_placed,
    reader,
)
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, type_info, whole

_MISSING: Final = object()


def _focus(s: Scope) -> Items:
    return s.focus


def presence(name: str) -> Callable[[Scope], bool]:
    """Return what tells whether $this has the element `name`, without taking it out."""
    known: dict[str, frozenset[str]] = {}

    def present(s: Scope) -> bool:
        for n in s.focus:
            if n.__class__ is not Node:
                continue
            names = known.get(n.type)
            if names is None:
                names = known[n.type] = json_names(n.type, name)
            held = n.extra if n.type in PRIMITIVES else n.value
            if held.__class__ is dict and not names.isdisjoint(held):
                return True
        return False

    return present


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles parts of one expression.

    this     what is known of $this
    strict   a wrong type at the head of a path and an unreliable order are errors
    lenient  types are compared as the invariants of R4 expect: `as` takes several items, "Boolean" is boolean too
    placing  what runs tells where in the text an error lies; it costs a call for each part
    """

    this: Static
    strict: bool = False
    lenient: bool = False
    placing: bool = False

    def inside(self, this: Static) -> Compiler:
        """Return the compiler for what runs on each item of a collection."""
        return replace(self, this=replace(this, one=True))

    def compile(self, part: tree.Part) -> Code:
        """Return the code of a part. Raises FhirPathError."""
        try:
            return _KINDS[part.__class__](self, part)
        except FhirPathError as error:
            if error.at is None:
                raise FhirPathError(str(error), kind=error.kind, at=part.at) from None
            raise

    def apart(self, part: tree.Part) -> Code:
        """Return the code of a part whose variables nobody else sees."""
        code = self.compile(part)
        if not _defines(part):
            return code
        run = code.run
        return Code(lambda s: run(s.inside(s.focus)), code.static)

    def literal(self, part: tree.Literal) -> Code:
        if part.value is None:
            return constant(None, Static(frozenset(), one=True))
        info = type_info(part.value)
        return constant(part.value, of_system(info.name))

    def name(self, part: tree.Name) -> Code:
        """Compile the head of a path: an element of $this, or the type that $this has."""
        types = self.this.types
        if is_fhir_type(part.name) and part.name not in PRIMITIVES:
            has = types is not None and any(part.name in children(t) for t in types)
            if not has:
                return self.head_type(part.name)
        return self.member_of(Code(_focus, self.this), part.name)

    def head_type(self, name: str) -> Code:
        types = self.this.types
        known = types is not None and not types & {"Resource", "DomainResource"}
        if self.strict and known and not any(is_a(t, name) for t in types or ()):
            raise FhirPathError(f"the path begins with {name}, but is applied to {_told(types)}", kind="semantic")

        def run(s: Scope) -> Items:
            return [n for n in s.focus if n.__class__ is Node and is_a(n.type, name)]

        kept = frozenset(t for t in types or () if is_a(t, name)) if known else frozenset({name})
        return Code(run, replace(self.this, types=kept if known else None if name in _ABSTRACT else kept))

    def member(self, part: tree.Member) -> Code:
        return self.member_of(self.compile(part.of), part.name)

    def member_of(self, of: Code, name: str) -> Code:
        """Compile the step to the elements of one name."""
        static = self.member_static(of.static, name)
        readers: dict[str, Any] = {}
        before = of.run

        def run(s: Scope) -> Items:
            out: Items = []
            for n in before(s):
                if n.__class__ is Node:
                    read = readers.get(n.type, _MISSING)
                    if n.at is not None:
                        read_placed(n, name, out)
                        continue
                    if read is _MISSING:
                        read = readers[n.type] = reader(n.type, name)
                    if read is not None:
                        read(n, out)
                elif n.__class__ is TypeInfo:
                    out.append(getattr(n, name, None))
            return out

        return Code(run, static, present=None if before is not _focus else presence(name))

    def member_static(self, of: Static, name: str) -> Static:
        """Return what is known of the elements `name`. Raises FhirPathError when no type has them."""
        if of.types is None:
            return ANY
        if of.types == {"System.TypeInfo"}:
            return of_system("String")
        found: set[str] = set()
        for kind in of.types:
            found |= child_types(kind, name)
        if not found and of.types and not of.types & _ABSTRACT:
            raise FhirPathError(_no_element(of.types, name), kind="semantic")
        if of.types & _ABSTRACT or not found:
            return Static(None if of.types else of.types, ordered=of.ordered)
        many = any(is_many(kind, name) for kind in of.types)
        return Static(frozenset(found), of.one and not many, of.ordered)

    def call(self, part: tree.Call) -> Code:
        function = FUNCTIONS.get(part.name)
        if function is None:
            raise FhirPathError(f"there is no function {part.name}()", kind="semantic")
        _check_arguments(function, part)
        of = self.compile(part.of) if part.of else Code(_focus, self.this)
        if self.strict and function.by_order and not of.static.ordered:
            raise FhirPathError(f"{part.name}() needs an order, which the elements do not have", kind="semantic")
        return self.placed(function.build(self, part, of), part.at)

    def index(self, part: tree.Index) -> Code:
        of, index = self.compile(part.of), self.apart(part.index)
        if self.strict and not of.static.ordered:
            raise FhirPathError("an index needs an order, which the elements do not have", kind="semantic")

        def run(s: Scope) -> Items:
            place = index.run(s)
            if not place:
                return []
            number = whole(place[0], "an index")
            return of.run(s)[number : number + 1] if number >= 0 else []

        return self.placed(Code(run, replace(of.static, one=True)), part.at)

    def unary(self, part: tree.Unary) -> Code:
        return self.placed(operators.unary(part.sign, self.compile(part.operand)), part.at)

    def binary(self, part: tree.Binary) -> Code:
        left, right = self.apart(part.left), self.apart(part.right)
        return self.placed(operators.binary(part.operator, left, right), part.at)

    def chain(self, part: tree.Chain) -> Code:
        return self.placed(operators.chain(part.operator, [self.apart(p) for p in part.operands]), part.at)

    def placed(self, code: Code, at: int) -> Code:
        """Return the code, telling where its errors lie if that is wanted."""
        if not self.placing:
            return code
        return Code(_placed(code.run, at), code.static, _placed(code.tells, at) if code.tells else None)

    def type_test(self, part: tree.TypeTest) -> Code:
        of = self.compile(part.operand)
        name = self.type_name(part.type)
        if part.operator == "is":
            return self.placed(casts.is_type(of, name, lenient=self.lenient), part.at)
        return self.placed(casts.as_type(of, name, several=self.lenient), part.at)

    def type_name(self, name: str) -> str:
        """Return a type as written, without FHIR's namespace. Raises FhirPathError when there is none of that name."""
        space, _, rest = name.rpartition(".")
        if space == "System" or (not space and (name in SYSTEM or is_fhir_type(name))):
            return name
        if space == "FHIR" and is_fhir_type(rest):
            return name if rest in SYSTEM else rest  # Quantity alone stands for both
        raise FhirPathError(f"there is no type {name}", kind="semantic")

    def external(self, part: tree.External) -> Code:
        name = part.name
        if name in _ADDRESSES:
            return constant(_ADDRESSES[name], of_system("String"))
        for prefix, kind in (("vs-", "ValueSet"), ("ext-", "StructureDefinition")):
            if name.startswith(prefix):
                return constant(f"http://hl7.org/fhir/{kind}/{name.removeprefix(prefix)}", of_system("String"))

        def run(s: Scope) -> Items:
            if s.variables and name in s.variables:
                return s.variables[name]
            if name in s.run.named:
                return s.run.named[name]
            raise FhirPathError(f"%{name} is not given")

        return self.placed(Code(run), part.at)

    def special(self, part: tree.Special) -> Code:
        if part.name == "this":
            return Code(_focus, self.this)
        if part.name == "index":
            return Code(lambda s: [] if s.index is None else [s.index], of_system("Integer"))
        return Code(lambda s: s.total or [])

    def sort_key(self, part: tree.SortKey) -> Code:
        raise FhirPathError("asc and desc belong into sort()", kind="syntax")


_ABSTRACT: Final = frozenset({"Resource", "DomainResource", "Element", "BackboneElement"})
_ADDRESSES: Final = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
}
_KINDS: Final[dict[type[tree.Part], Callable[[Compiler, Any], Code]]] = {
    tree.Literal: Compiler.literal, tree.Number: Compiler.literal, tree.Name: Compiler.name,
    tree.Member: Compiler.member, tree.Call: Compiler.call, tree.Index: Compiler.index, tree.Unary: Compiler.unary,
    tree.Binary: Compiler.binary, tree.Chain: Compiler.chain, tree.TypeTest: Compiler.type_test,
    tree.External: Compiler.external, tree.Special: Compiler.special, tree.SortKey: Compiler.sort_key,
}  # fmt: skip


def _placed(run: Callable[[Scope], Any], at: int) -> Callable[[Scope], Any]:
    """Return `run`, whose errors say that they lie at `at`."""

    def placed(s: Scope) -> Any:
        try:
            return run(s)
        except FhirPathError as error:
            if error.at is None:
                raise FhirPathError(str(error), kind=error.kind, at=at) from None
            raise

    return placed


def _check_arguments(function: Function, part: tree.Call) -> None:
    least, most = function.arguments
    if not least <= len(part.arguments) <= most:
        expected = str(least) if least == most else f"{least} to {most}"
        raise FhirPathError(f"{part.name}() takes {expected} arguments, not {len(part.arguments)}", kind="semantic")


def _defines(part: tree.Part) -> bool:
    """Tell whether a part calls defineVariable()."""
    if part.__class__ is tree.Call and part.name == "defineVariable":
        return True
    return any(_defines(inner) for inner in tree.inner(part))


def _told(types: frozenset[str] | None) -> str:
    return " or ".join(sorted(types or ())) or "nothing"


def _no_element(types: frozenset[str], name: str) -> str:
    told = f"{_told(types)} has no element {name!r}"
    for kind in types:
        for choice in children(kind):
            of = next((t for t in child_types(kind, choice) if name == choice + t[0].upper() + t[1:]), None)
            if of:
                return f"{told}; it is written {choice}.ofType({of})"
    return told
