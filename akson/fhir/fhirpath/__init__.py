"""FHIRPath for R4: expressions compiled to Python functions.

>>> given = compile("name.where(use = 'official').given.first()", "Patient")
>>> given({"resourceType": "Patient", "name": [{"use": "official", "given": ["Ola", "Emil"]}]})
['Ola']

An expression is read once (lexer, parser, tree), checked against the definitions where the type is known, and becomes
closures (compiler, operators, functions). What runs can neither hang nor grow without end: the tree's depth, the items
looked at, the length of text and the time of regular expressions are bounded. Nothing is fetched, no clock is read:
what an expression needs from outside is given (scope.Given).

Input is JSON as akson.fhir.bodies decodes it: numbers with a point as Decimal. Source: hl7.org/fhirpath (2.0.0, and of
3.0.0 what its test suite for R4 has), hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from akson.fhir.fhirpath.code import ANY, Static
from akson.fhir.fhirpath.compiler import Compiler
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.model import Node, Place, is_fhir_type, resource_type
from akson.fhir.fhirpath.parser import parse
from akson.fhir.fhirpath.scope import Given, Run, Scope, Terminology
from akson.fhir.fhirpath.tree import Part
from akson.fhir.fhirpath.triggers import heads
from akson.fhir.fhirpath.values import Items, plain

__all__ = ["Compiled", "Evaluation", "FhirPathError", "Given", "Node", "Terminology", "compile"]

_ORDINARY: Final = 2000  # signs; longer expressions are not kept
_TOO_DEEP: Final = FhirPathError("the expression or its input is nested too deeply", kind="too-costly")


class Compiled:
    """An expression, ready to run on any number of resources.

    Called with the JSON of a resource (or of an element, when the type was given; or a Node, or a list of them) it
    returns JSON values. Keywords are those of Given: resource, root, context, now, resolve, terminology, conforms,
    trace, variables, limit. Raises FhirPathError.
    """

    __slots__ = ("_compiler", "_run", "expression", "heads", "part", "told", "type", "types")

    def __init__(self, expression: str, kind: str | None, part: Part, compiler: Compiler) -> None:
        code = compiler.compile(part)
        self.expression = expression
        self.type = kind
        self.types = code.static.types  # of what it gives, as far as they are known: None, they are not
        self.heads = heads(part)  # the elements it depends on, where it depends on elements only
        self.told = code.truth
        self._run = code.run
        self.part = part
        self._compiler = compiler

    def __call__(self, focus: Any, **given: Any) -> list[Any]:
        """Return the result as JSON values; elements without a value are left out."""
        return [value for value in map(plain, self.items(focus, **given)) if value is not None]

    def items(self, focus: Any, **given: Any) -> Items:
        """Return the result as Nodes (elements, with their FHIR type) and System values."""
        try:
            return list(self._run(self._scope(focus, Given(**given))))
        except RecursionError:
            raise _TOO_DEEP from None
        except FhirPathError as error:
            raise self.placed(error, self._scope(focus, Given(**given))) from None

    def places(self, resource: Mapping[str, Any], **given: Any) -> list[Place]:
        """Return where in the JSON of a resource the elements found lie; what is computed lies nowhere.

        ("name", 0, "given", 1) is the second given name of the first name. Of a primitive it is the place of its value,
        whether it has one or only its companion (`_given`) stands there.
        """
        root = Node(resource, resource_type(resource), at=())
        return [item.at for item in self.items(root, **given) if item.__class__ is Node and item.at is not None]

    def truth(self, focus: Any, **given: Any) -> bool | None:
        """Return the result as a truth value, None when it is empty."""
        try:
            return self.told(self._scope(focus, Given(**given)))
        except RecursionError:
            raise _TOO_DEEP from None
        except FhirPathError as error:
            raise self.placed(error, self._scope(focus, Given(**given))) from None

    def placed(self, error: FhirPathError, scope: Scope) -> FhirPathError:
        """Return `error` with the place in the text where it lies, found by running once more."""
        if error.kind == "too-costly":
            return error
        scope.run.given = replace(scope.run.given, trace=None)
        try:
            replace(self._compiler, placing=True).compile(self.part).truth(scope)
        except FhirPathError as again:
            return again
        return error

    def _scope(self, focus: Any, given: Given) -> Scope:
        items = _items(focus, self.type)
        resource = items if given.resource is None else _items(given.resource, None)
        named = {
            "context": items if given.context is None else _items(given.context, self.type),
            "resource": resource,
            "rootResource": resource if given.root is None else _items(given.root, None),
        }
        if given.variables:
            named = {name: _items(value, None) for name, value in given.variables.items()} | named
        return Scope(items, Run(given, named))

    def __repr__(self) -> str:
        return f"<FHIRPath {self.expression!r} on {self.type or 'anything'}>"


class Evaluation:
    """One resource about whose elements many questions are asked: what they share is made once.

    resource, root   as in Given, as Nodes
    """

    def __init__(self, resource: Node, root: Node, given: Given) -> None:
        self._run = Run(given, {"resource": [resource], "rootResource": [root]})

    def tells(self, asked: Compiled, node: Node) -> bool | None:
        """Return a result for one element as a truth value, None when it is empty. Raises FhirPathError."""
        run = self._run
        focus = [node]
        run.named["context"] = focus
        run.left = run.given.limit
        try:
            return asked.told(Scope(focus, run))
        except RecursionError:
            raise _TOO_DEEP from None
        except FhirPathError as error:
            raise asked.placed(error, Scope(focus, run)) from None


def _items(value: Any, kind: str | None) -> Items:
    if value.__class__ is Node:
        return [value]
    if value.__class__ is list:
        return [item for each in value for item in _items(each, kind)]
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [Node(value, resource_type(value) if "resourceType" in value else kind or "Element")]
    return [Node(value, kind)] if kind else [value]


def compile(
    expression: str,
    type: str | None = None,
    *,
    strict: bool = False,
    lenient: bool = False,
) -> Compiled:
    """Compile an expression; one of ordinary length is compiled once and kept.

    type     what it will be applied to: "Patient", "HumanName", "Patient.contact"; None: not known. Where it is known,
             elements that do not exist are errors
    strict   also a path that begins with another type, and a place in a collection without order, are errors
    lenient  `as` takes several items and `is Boolean` means boolean too: how the invariants of R4 are written
    Raises   FhirPathError, with the place in the text and what was expected there
    """
    make = _kept if len(expression) <= _ORDINARY else _compiled
    return make(expression, type, strict, lenient)


def _compiled(expression: str, kind: str | None, strict: bool, lenient: bool) -> Compiled:  # noqa: FBT001
    if kind is not None and not is_fhir_type(kind):
        raise FhirPathError(f"R4 has no type {kind}", kind="semantic")
    this = ANY if kind is None else Static(frozenset({kind}), one=True)
    try:
        return Compiled(expression, kind, parse(expression), Compiler(this, strict=strict, lenient=lenient))
    except RecursionError:
        raise _TOO_DEEP from None


_kept = lru_cache(maxsize=4096)(_compiled)
