"""Just enough ASN.1 to look into a CMS message: tags, lengths and what is inside. Pure.

Read is BER, as many programs write it while they stream: lengths left open, strings in pieces. What is signed or
encrypted comes out as bytes; certificates and keys are for `cryptography` to make sense of.

Source   X.690
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

INTEGER, OCTETS, NULL, OID, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31
_CONSTRUCTED: Final = 0x20
_DEEPEST: Final = 40
_MOST: Final = 100_000  # values looked at on the way to the end of one: 26 MB in pieces of a kilobyte is a fourth
_NESTED: Final = 4  # strings in pieces in pieces: programs write them one deep
_LONGEST_OID: Final = 64  # bytes; those in use have twenty at most
_END: Final = b"\x00\x00"


class Malformed(Exception):
    """These bytes are no ASN.1, or not what was expected there."""


@dataclass(frozen=True)
class Node:
    """One value. whole: its bytes with tag and length; content: without."""

    tag: int
    whole: bytes
    content: bytes

    def __iter__(self) -> Iterator[Node]:
        """Yield the values inside. Raises Malformed."""
        return _inside(self, [_MOST])

    def children(self, *tags: int) -> list[Node]:
        """Return the values inside, which begin with `tags`. Raises Malformed."""
        found = list(self)
        if [node.tag for node in found[: len(tags)]] != list(tags):
            raise Malformed
        return found

    @property
    def octets(self) -> bytes:
        """Return the bytes of a string, its pieces put together. Raises Malformed."""
        return b"".join(_pieces(self, [_MOST]))

    @property
    def integer(self) -> int:
        """Return a number. Raises Malformed."""
        if self.tag != INTEGER or not self.content:
            raise Malformed
        return int.from_bytes(self.content, "big", signed=True)

    @property
    def oid(self) -> str:
        """Return an object identifier with its dots. Raises Malformed."""
        if self.tag != OID or not 0 < len(self.content) <= _LONGEST_OID or self.content[-1] & 0x80:
            raise Malformed
        parts, value = list[int](), 0
        for byte in self.content:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                parts.append(value)
                value = 0
        first = min(parts[0] // 40, 2)
        return ".".join(map(str, (first, parts[0] - 40 * first, *parts[1:])))


def read(data: bytes) -> Node:
    """Return the one value that `data` is. Raises Malformed."""
    node, end = _next(data, 0, [_MOST])
    if end != len(data):
        raise Malformed
    return node


def as_set(node: Node) -> bytes:
    """Return an implicitly tagged set under its own tag, as it is signed."""
    return bytes([SET]) + node.whole[1:]


def _inside(node: Node, left: list[int]) -> Iterator[Node]:
    """Yield the values inside one. left: how many more may be looked at."""
    if not node.tag & _CONSTRUCTED:
        raise Malformed
    at = 0
    while at < len(node.content):
        found, at = _next(node.content, at, left)
        yield found


def _pieces(string: Node, left: list[int], depth: int = 0) -> Iterator[bytes]:
    """Yield the bytes of a string piece by piece; each depth holds them once more. left: shared by all of them."""
    if depth > _NESTED:
        raise Malformed
    if not string.tag & _CONSTRUCTED:
        yield string.content
        return
    for piece in _inside(string, left):
        yield from _pieces(piece, left, depth + 1)


def _next(data: bytes, start: int, left: list[int], depth: int = 0) -> tuple[Node, int]:
    """Return the value at `start` and where it ends. left: how many more may be looked at."""
    left[0] -= 1
    if start + 2 > len(data) or depth > _DEEPEST or data[start] & 0x1F == 0x1F or left[0] < 0:
        raise Malformed
    tag, length, at = data[start], data[start + 1], start + 2
    if length == 0x80 and tag & _CONSTRUCTED:
        end = _open_end(data, at, left, depth)
        return Node(tag, data[start : end + 2], data[at:end]), end + 2
    if length & 0x80:
        size = length & 0x7F
        if not 0 < size <= 4 or at + size > len(data):
            raise Malformed
        length, at = int.from_bytes(data[at : at + size], "big"), at + size
    if at + length > len(data):
        raise Malformed
    return Node(tag, data[start : at + length], data[at : at + length]), at + length


def _open_end(data: bytes, at: int, left: list[int], depth: int) -> int:
    """Return where the content ends that says no length: at two zeros where a value would begin."""
    while data[at : at + 2] != _END:
        _, at = _next(data, at, left, depth + 1)
    return at
