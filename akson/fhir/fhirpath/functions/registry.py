"""How the functions of FHIRPath are registered: each family stands in a file of its own beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.code import ANY, Code, Static, of_system
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.model import Node
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, one, short_enough, system, text, whole


class Compiling(Protocol):
    """What a function needs of the compiler."""

    @property
    def this(self) -> Static: ...
    @property
    def strict(self) -> bool: ...
    @property
    def lenient(self) -> bool: ...
    def inside(self, this: Static) -> Compiling: ...
    def compile(self, part: tree.Part) -> Code: ...
    def apart(self, part: tree.Part) -> Code: ...
    def type_name(self, name: str) -> str: ...


Build = Callable[[Compiling, tree.Call, Code], Code]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how many arguments it takes, what compiles a call, whether it needs an order of its input."""

    arguments: tuple[int, int]
    build: Build
    by_order: bool = False


FUNCTIONS: Final[dict[str, Function]] = {}
ENDLESS: Final = 64


def built(name: str, least: int = 0, most: int | None = None, *, by_order: bool = False) -> Callable[[Build], Build]:
    """Register what compiles the calls of a function by itself."""

    def register(build: Build) -> Build:
        FUNCTIONS[name] = Function((least, least if most is None else most), build, by_order)
        return build

    return register


def collected(
    name: str, least: int = 0, most: int | None = None, *, static: Static | None = None, by_order: bool = False
) -> Callable[[Callable[..., Items]], Callable[..., Items]]:
    """Register f(input, *arguments), all of them collections; `static` None: the result is some of the input."""

    def register(function: Callable[..., Items]) -> Callable[..., Items]:
        def build(c: Compiling, call: tree.Call, of: Code) -> Code:
            arguments = [c.apart(a).run for a in call.arguments]
            before = of.run

            def run(s: Scope) -> Items:
                items = before(s)
                s.run.spend(len(items))
                return function(items, *[a(s) for a in arguments])

            return Code(run, of.static if static is None else static)

        FUNCTIONS[name] = Function((least, least if most is None else most), build, by_order)
        return function

    return register


# What a single input or argument is turned into, by the name of its type.
_TAKEN: Final[dict[str, Callable[[Any, str], Any]]] = {
    "String": text,
    "Integer": whole,
    "Any": lambda item, _: system(item),
}


def scalar(
    name: str, on: str, *takes: str, optional: int = 0, gives: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register f(input, *arguments) on single values; the result is empty when one of them is, or when f gives None.

    on, takes  the types of input and arguments: "String", "Integer" or "Any" (as a System value)
    optional   how many of the arguments, the last, may be left out
    gives      the type of the result; a list is a collection of several
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def build(c: Compiling, call: tree.Call, of: Code) -> Code:
            if on == "String" and of.static.sort in {"Complex", "Quantity"}:
                raise FhirPathError(f"{name}() needs a String", kind="semantic")
            arguments = [c.apart(a) for a in call.arguments]
            return Code(_scalar_run(name, on, takes, len(takes) - optional, function, of, arguments), static)

        static = of_system(gives) if gives else ANY
        FUNCTIONS[name] = Function((len(takes) - optional, len(takes)), build)
        return function

    return register


def _scalar_run(
    name: str,
    on: str,
    takes: tuple[str, ...],
    needed: int,
    function: Callable[..., Any],
    of: Code,
    arguments: list[Code],
) -> Callable[[Scope], Items]:
    before, runs = of.run, [(a.run, _TAKEN[kind]) for a, kind in zip(arguments, takes, strict=False)]
    take, told, asked = _TAKEN[on], f"the input of {name}()", f"an argument of {name}()"

    def run(s: Scope) -> Items:
        items = before(s)
        if not items:
            return []
        item = one(items, told)
        if item.__class__ is Node and item.value is None:  # a primitive without a value
            return []
        value = take(item, told)
        given: list[Any] = []
        for argument, convert in runs:
            found = argument(s)
            if not found:
                if len(given) >= needed:  # an empty optional one is as if it were left out
                    break
                return []
            given.append(convert(one(found, asked), asked))
        result = None if value is None else function(value, *given)
        if result.__class__ is str:
            s.run.spend(len(short_enough(result)) >> 6)
        if result.__class__ is list:
            s.run.spend(len(result))
            return result
        return [] if result is None else [result]

    return run


def each(s: Scope, items: Items) -> list[Scope]:
    """Return the scopes in which what stands in brackets runs, one for each item."""
    run, total, variables = s.run, s.total, s.variables
    run.spend(len(items))
    return [Scope([item], run, place, total, variables) for place, item in enumerate(items)]


def type_argument(c: Compiling, call: tree.Call) -> str:
    """Return the type that is the only argument: a name, or names with points between."""
    names: list[str] = []
    part = call.arguments[0]
    while isinstance(part, tree.Member):
        names.append(part.name)
        part = part.of
    if not isinstance(part, tree.Name):
        raise FhirPathError(f"{call.name}() takes a type", kind="semantic", at=part.at)
    return c.type_name(".".join([part.name, *reversed(names)]))
