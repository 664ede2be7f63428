"""JSON Patch, RFC 6902, with JSON Pointer, RFC 6901."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from akson.fhir.patch.tree import Malformed, Unfit, dumps, equal, loads

MOST: Final = 1000  # operations in one patch
_MOST_COPIED: Final = 16 * 1024 * 1024  # bytes that all copies together may hold: a copy of a copy of a copy grows
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_ESCAPES = re.compile(r"~(?![01])")
_MEMBERS: Final = {
    "add": ("value",), "replace": ("value",), "test": ("value",), "remove": (), "move": ("from",), "copy": ("from",)
}  # fmt: skip
_END: Final = "-"  # of a list


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step of a patch; `source` is the pointer in "from"."""

    op: str
    path: tuple[str, ...]
    source: tuple[str, ...] = ()
    value: Any = None
    text: str = ""  # the path as it was written


Operations = list[Operation]


def parse(body: bytes) -> Operations:
    """Return the operations of a patch document. Raises Malformed."""
    given = loads(body)
    if not isinstance(given, list):
        raise Malformed("a JSON Patch is a list of operations")
    if len(given) > MOST:
        raise Malformed(f"more than {MOST} operations")
    return [_operation(n, one) for n, one in enumerate(given)]


def _operation(n: int, given: Any) -> Operation:
    if not isinstance(given, dict) or given.get("op") not in _MEMBERS:
        raise Malformed(f"operation {n}: op must be one of {', '.join(_MEMBERS)}")
    for name in ("path", *_MEMBERS[given["op"]]):
        if name not in given:
            raise Malformed(f"operation {n}: {name} is missing")
    source = _pointer(n, given["from"]) if given["op"] in ("move", "copy") else ()
    path = _pointer(n, given["path"])
    return Operation(op=given["op"], path=path, source=source, value=given.get("value"), text=given["path"])


def _pointer(n: int, text: Any) -> tuple[str, ...]:
    if not isinstance(text, str) or (text and not text.startswith("/")) or _ESCAPES.search(text):
        raise Malformed(f"operation {n}: not a JSON Pointer")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def apply(tree: Any, operations: Operations) -> Any:
    """Return the tree after all operations. Raises Unfit."""
    patching = _Patching(tree)
    for n, operation in enumerate(operations):
        try:
            _STEPS[operation.op](patching, operation)
        except Unfit as unfit:
            raise Unfit(f"operation {n} ({operation.op} {operation.text[:200]}): {unfit}") from None
    return patching.tree


@dataclass
class _Patching:
    tree: Any
    copied: int = field(default=0)

    def at(self, path: tuple[str, ...]) -> Any:
        here = self.tree
        for part in path:
            here = _step(here, part)
        return here

    def add(self, path: tuple[str, ...], value: Any) -> None:
        if not path:
            self.tree = value
            return
        holder, last = self.at(path[:-1]), path[-1]
        if isinstance(holder, dict):
            holder[last] = value
        elif isinstance(holder, list):
            holder.insert(len(holder) if last == _END else _index(last, len(holder)), value)
        else:
            raise Unfit("nothing can be put into a value")

    def remove(self, path: tuple[str, ...]) -> Any:
        found = self.at(path)
        if not path:
            self.tree = None
            return found
        holder = self.at(path[:-1])
        if isinstance(holder, dict):
            return holder.pop(path[-1])
        return holder.pop(int(path[-1]))


def _step(here: Any, part: str) -> Any:
    if isinstance(here, dict) and part in here:
        return here[part]
    if isinstance(here, list):
        return here[_index(part, len(here) - 1)]
    raise Unfit(f"there is no {part[:80]!r}")


def _index(text: str, most: int) -> int:
    if not _INDEX.fullmatch(text):
        raise Unfit(f"{text[:80]!r} is no place in a list")
    if int(text) > most:
        raise Unfit(f"the list has no place {text}")
    return int(text)


def _add(patching: _Patching, operation: Operation) -> None:
    patching.add(operation.path, _own(operation.value))


def _remove(patching: _Patching, operation: Operation) -> None:
    patching.remove(operation.path)


def _replace(patching: _Patching, operation: Operation) -> None:
    patching.at(operation.path)
    if not operation.path:
        patching.tree = _own(operation.value)
        return
    holder = patching.at(operation.path[:-1])
    last = operation.path[-1]
    holder[last if isinstance(holder, dict) else int(last)] = _own(operation.value)


def _move(patching: _Patching, operation: Operation) -> None:
    if operation.path[: len(operation.source)] == operation.source and operation.path != operation.source:
        raise Unfit("nothing can be moved into itself")
    patching.add(operation.path, patching.remove(operation.source))


def _copy(patching: _Patching, operation: Operation) -> None:
    text = dumps(patching.at(operation.source))
    patching.copied += len(text)
    if patching.copied > _MOST_COPIED:
        raise Unfit("too much is copied")
    patching.add(operation.path, loads(text))


def _test(patching: _Patching, operation: Operation) -> None:
    if not equal(patching.at(operation.path), operation.value):
        raise Unfit("the test failed")


def _own(value: Any) -> Any:
    """Return a copy that later operations may change."""
    return loads(dumps(value)) if isinstance(value, dict | list) else value


_STEPS: Final[dict[str, Callable[[_Patching, Operation], None]]] = {
    "add": _add, "remove": _remove, "replace": _replace, "move": _move, "copy": _copy, "test": _test,
}  # fmt: skip
