"""The parts of a FHIRPath expression as a tree. `at` is where a part begins in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Any part; `depth` is how deep the tree below is, itself included."""

    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Part):
    """A value written out: str, int, Decimal, bool, Temporal or Quantity; None is `{}`."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Literal):
    """A number, before it is known whether a unit follows."""

    value: int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Part):
    """An element or a type at the head of a path."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Part):
    """`of.name`."""

    of: Part
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Part):
    """`of.name(arguments)`; `of` is None at the head of a path."""

    of: Part | None
    name: str
    arguments: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Part):
    """`of[index]`."""

    of: Part
    index: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Part):
    """`+operand` or `-operand`."""

    sign: str
    operand: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Part):
    """`left operator right`."""

    operator: str
    left: Part
    right: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Part):
    """`a or b or c`: operands of one operator, in which the order of working does not matter (or, and, |)."""

    operator: str
    operands: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTest(Part):
    """`operand is type` or `operand as type`; the type as written: "Quantity", "System.String"."""

    operator: str
    operand: Part
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class External(Part):
    """`%name`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Special(Part):
    """`$this`, `$index` or `$total`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey(Part):
    """A key of sort(): an expression, and which way."""

    key: Part
    descending: bool = field(default=False)


def inner(part: Part) -> tuple[Part, ...]:
    """Return the parts directly inside a part."""
    if isinstance(part, Call):
        return (*((part.of,) if part.of else ()), *part.arguments)
    if isinstance(part, Binary):
        return part.left, part.right
    if isinstance(part, Chain):
        return part.operands
    if isinstance(part, Index):
        return part.of, part.index
    if isinstance(part, Member):
        return (part.of,)
    if isinstance(part, SortKey):
        return (part.key,)
    return (part.operand,) if isinstance(part, Unary | TypeTest) else ()
