"""What drifts in a code base is its largest file and its longest function."""

from __future__ import annotations

import ast

from tests.architecture.source import Function, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 40  # lines, without decorators and docstring


def test_no_file_is_longer_than_400_lines() -> None:
    long = [(source.name, count) for source in sources() if (count := source.text.count("\n")) > LONGEST_FILE]
    assert not long


def test_no_function_is_longer_than_40_lines() -> None:
    long = [
        (f"{source.name}:{function.lineno} {function.name}", count)
        for source in sources()
        for function in source.functions()
        if (count := _lines(function)) > LONGEST_FUNCTION
    ]
    assert not long


def _lines(function: Function) -> int:
    body = function.body[1:] if _has_docstring(function) else function.body
    head = function.body[0].lineno - function.lineno
    return head + (max(part.end_lineno or 0 for part in body) - body[0].lineno + 1 if body else 0)


def _has_docstring(function: Function) -> bool:
    first = function.body[0]
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
