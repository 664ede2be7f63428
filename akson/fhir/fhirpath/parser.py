"""Reads a FHIRPath expression into its tree (hl7.org/fhirpath/N1/grammar.html)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, TypeVar

from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.lexer import Token, tokens
from akson.fhir.fhirpath.quantities import CALENDAR, Quantity
from akson.fhir.fhirpath.temporal import Kind, Temporal, temporal

P = TypeVar("P", bound=tree.Part)
DEEPEST: Final = 120  # levels of an expression; each takes a few of Python's own when it runs
# Binding of the operators, loosest first; those of one line go from left to right.
_LEVELS: Final = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "~", "!=", "!~"),
    ("<=", "<", ">", ">="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
_CHAINED: Final = frozenset({"or", "and", "|"})
_BINDING: Final = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_TYPE_LEVEL: Final = _BINDING["is"]
_TEMPORAL: Final[dict[str, Kind]] = {"date": "Date", "datetime": "DateTime", "time": "Time"}


def parse(expression: str) -> tree.Part:
    """Return the tree of `expression`. Raises FhirPathError, which says where and what was expected."""
    try:
        return _Parser(tokens(expression)).all()
    except RecursionError:
        raise _too_deep(0) from None


def _too_deep(at: int) -> FhirPathError:
    return FhirPathError(f"an expression has at most {DEEPEST} levels", kind="too-costly", at=at)


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.place = 0
        self.open = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def sees(self, *signs: str) -> bool:
        return self.next.kind in {"sign", "name"} and self.next.text in signs

    def expect(self, sign: str) -> None:
        if not self.sees(sign):
            raise self.wrong(f"{sign!r}")
        self.take()

    def wrong(self, expected: str) -> FhirPathError:
        found = repr(self.next.text) if self.next.kind != "end" else "the end"
        return FhirPathError(f"expected {expected}, found {found}", kind="syntax", at=self.next.at)

    def all(self) -> tree.Part:
        found = self.expression(0)
        if self.next.kind != "end":
            raise self.wrong("an operator or the end")
        return found

    def expression(self, level: int) -> tree.Part:
        """Read an expression whose operators bind at least as tightly as `level`."""
        self.open += 1
        if self.open > DEEPEST:
            raise _too_deep(self.next.at)
        left = self.unary()
        while self.next.kind in {"sign", "name"} and _BINDING.get(self.next.text, -1) >= level:
            operator = self.take()
            binding = _BINDING[operator.text]
            if binding == _TYPE_LEVEL:
                left = self.made(tree.TypeTest, left, at=operator.at, operator=operator.text, operand=left,
                                 type=self.type_name())  # fmt: skip
            else:
                left = self.joined(operator, left, self.expression(binding + 1))
        self.open -= 1
        return left

    def made(self, kind: Callable[..., P], *parts: tree.Part | None, at: int, **fields: Any) -> P:
        """Return a part over `parts`. Raises when the tree becomes too deep."""
        depth = 1 + max((part.depth for part in parts if part), default=0)
        if depth > DEEPEST:
            raise _too_deep(at)
        return kind(at=at, depth=depth, **fields)

    def joined(self, operator: Token, left: tree.Part, right: tree.Part) -> tree.Part:
        if operator.text not in _CHAINED:
            return self.made(tree.Binary, left, right, at=operator.at, operator=operator.text, left=left, right=right)
        before = left.operands if isinstance(left, tree.Chain) and left.operator == operator.text else (left,)
        operands = (*before, right)
        return self.made(tree.Chain, *operands, at=operator.at, operator=operator.text, operands=operands)

    def unary(self) -> tree.Part:
        if self.sees("+", "-"):
            sign = self.take()
            self.open += 1
            if self.open > DEEPEST:
                raise _too_deep(sign.at)
            operand = self.unary()
            self.open -= 1
            return self.made(tree.Unary, operand, at=sign.at, sign=sign.text, operand=operand)
        return self.path()

    def path(self) -> tree.Part:
        """Read a term and what follows it: .name, .name(...), [...]."""
        found = self.term()
        while self.sees(".", "["):
            sign = self.take()
            if sign.text == "[":
                index = self.expression(0)
                self.expect("]")
                found = self.made(tree.Index, found, index, at=sign.at, of=found, index=index)
            else:
                found = self.invocation(found)
        return found

    def invocation(self, of: tree.Part | None) -> tree.Part:
        if self.next.kind not in {"name", "quoted"}:
            raise self.wrong("a name")
        name = self.take()
        if self.sees("(") and name.kind == "name":
            self.take()
            arguments = self.arguments()
            return self.made(tree.Call, of, *arguments, at=name.at, of=of, name=name.text, arguments=arguments)
        if of is None:
            return tree.Name(at=name.at, name=name.text)
        return self.made(tree.Member, of, at=name.at, of=of, name=name.text)

    def arguments(self) -> tuple[tree.Part, ...]:
        found: list[tree.Part] = []
        while not self.sees(")"):
            if found:
                self.expect(",")
            argument = self.expression(0)
            if self.sees("asc", "desc"):
                way = self.take()
                argument = self.made(tree.SortKey, argument, at=way.at, key=argument, descending=way.text == "desc")
            found.append(argument)
        self.take()
        return tuple(found)

    def term(self) -> tree.Part:
        token = self.next
        if token.kind in {"name", "quoted"} and not (token.kind == "name" and token.text in {"true", "false"}):
            return self.invocation(None)
        self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind in {"date", "datetime", "time"}:
            return tree.Literal(at=token.at, value=_temporal(token))
        if token.kind == "string":
            return tree.Literal(at=token.at, value=token.text)
        if token.kind == "external":
            return tree.External(at=token.at, name=token.text)
        if token.kind == "special":
            return tree.Special(at=token.at, name=token.text)
        if token.kind == "name":
            return tree.Literal(at=token.at, value=token.text == "true")
        if token.text == "(":
            inner = self.expression(0)
            self.expect(")")
            return replace(inner, at=token.at)
        if token.text == "{":
            self.expect("}")
            return tree.Literal(at=token.at, value=None)
        self.place -= 1
        raise self.wrong("a value or a path")

    def number(self, token: Token) -> tree.Part:
        """Read a number, or a quantity when a unit follows."""
        if self.next.kind == "string" or (self.next.kind == "name" and self.next.text in CALENDAR):
            return tree.Literal(at=token.at, value=Quantity(Decimal(token.text), self.take().text))
        value = Decimal(token.text) if "." in token.text else int(token.text)
        if isinstance(value, int) and value.bit_length() > 31:
            value = Decimal(value)  # too large for an Integer
        return tree.Number(at=token.at, value=value)

    def type_name(self) -> str:
        names = []
        while True:
            if self.next.kind not in {"name", "quoted"}:
                raise self.wrong("a type")
            names.append(self.take().text)
            if not self.sees("."):
                return ".".join(names)
            self.take()


def _temporal(token: Token) -> Temporal:
    found = temporal(_TEMPORAL[token.kind], token.text)
    if found is None:
        raise FhirPathError(f"@{token.text} is not in the calendar", kind="syntax", at=token.at)
    return found
