"""The ledger of erasures: kept beside the backups, so that what was erased is erased again after a restore.

A page says what was erased and which page it follows, and is signed and sealed like a backup: whoever writes pages
cannot read them. The mark says how many pages there are, and that nothing more had been erased at a time: it shows a
cut end.

erasures/0000000001.age    sealed: one line of JSON (_Page), one line "key id, space, signature in hexadecimal"
erasures/mark.json         open: number of pages, digest of the last, time, signature; written over
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akson.audit.seal import Signer
from akson.base.age import Identity, Recipient, Sealing, opened
from akson.base.backups.place import Place, whole

_PAGE: Final = re.compile(r"(\d{10})\.age")
_MARK: Final = "mark.json"
_NONE: Final = bytes(32).hex()


class LedgerBroken(Exception):
    """The ledger is not the one that was written; the message says where."""


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """One decided erasure of one resource. entry: its number in its owner's chain; one entry is one decision."""

    owner: int
    entry: int
    type: int
    id: str
    at: datetime
    decision: str  # JSON, as it stands in the table erasure


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    previous: str  # sha256 of the file before, hexadecimal
    erased: tuple[Erased, ...]


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    pages: int
    last: str
    at: datetime
    key_id: str
    signature: str = ""

    def statement(self) -> bytes:
        return msgspec.json.encode(["akson erasure ledger 1", self.pages, self.last, self.at, self.key_id])


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """All that was erased, proven. complete: when the mark was set; what was erased later is not in it."""

    pages: Sequence[Sequence[Erased]]
    complete: datetime


def last_page(place: Place) -> int:
    """Return the number of the last page, 0 when there is none. Needs no key."""
    return max(_numbers(place), default=0)


def write_page(
    place: Place, number: int, erased: Sequence[Erased], signer: Signer, recipients: Sequence[Recipient]
) -> None:
    """Write the next page.

    Raises  FileExistsError when it has been written, LedgerBroken when the one before has not
    """
    page = _Page(number=number, previous=_digest(place, number - 1), erased=tuple(erased))
    told = msgspec.json.encode(page)
    with whole(place.folder / "erasures", lambda: _name(number)) as out:
        sealing = Sealing(out, recipients)
        sealing.write(told + f"\n{signer.key_id} {signer.sign(told).hex()}\n".encode())
        sealing.close()


def write_mark(place: Place, signer: Signer, now: datetime) -> None:
    """Say that everything that was erased until now stands in the ledger."""
    pages = last_page(place)
    mark = _Mark(pages=pages, last=_digest(place, pages), at=now, key_id=signer.key_id)
    signed = msgspec.structs.replace(mark, signature=signer.sign(mark.statement()).hex())
    with whole(place.folder / "erasures", lambda: _MARK, over=True) as out:
        out.write(msgspec.json.encode(signed))


def read(place: Place, identities: Sequence[Identity], keys: Iterable[Ed25519PublicKey]) -> Ledger:
    """Return the ledger, once every page and the mark are proven.

    keys    that pages and mark may be signed with
    Raises  LedgerBroken, Unreadable
    """
    known = {hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]: key for key in keys}
    numbers = sorted(_numbers(place))
    if numbers != list(range(1, len(numbers) + 1)):
        raise LedgerBroken(f"a page before {numbers[-1]} is missing")
    mark = _mark(place, known)
    if mark.pages > len(numbers) or (mark.pages and _digest(place, mark.pages) != mark.last):
        raise LedgerBroken(f"the mark tells of {mark.pages} pages, {len(numbers)} are here, or others")
    return Ledger(pages=[_page(place, n, identities, known).erased for n in numbers], complete=mark.at)


def _mark(place: Place, known: Mapping[str, Ed25519PublicKey]) -> _Mark:
    try:
        mark = msgspec.json.decode((place.folder / "erasures" / _MARK).read_bytes(), type=_Mark)
    except FileNotFoundError:
        raise LedgerBroken("there is no mark") from None
    except msgspec.DecodeError:
        raise LedgerBroken("the mark was changed") from None
    if not _signed(mark.statement(), mark.key_id, mark.signature, known):
        raise LedgerBroken("the mark was changed")
    return mark


def _page(place: Place, number: int, identities: Sequence[Identity], known: Mapping[str, Ed25519PublicKey]) -> _Page:
    with (place.folder / "erasures" / _name(number)).open("rb") as source:
        lines = b"".join(opened(source, identities)).split(b"\n")
    key_id, _, signature = lines[1].decode().partition(" ") if len(lines) == 3 else ("", "", "")
    if not _signed(lines[0], key_id, signature, known):
        raise LedgerBroken(f"page {number} is not signed by us")
    page = msgspec.json.decode(lines[0], type=_Page)
    if page.number != number or page.previous != _digest(place, number - 1):
        raise LedgerBroken(f"page {number} does not follow the one before")
    return page


def _signed(told: bytes, key_id: str, signature: str, known: Mapping[str, Ed25519PublicKey]) -> bool:
    try:
        known[key_id].verify(bytes.fromhex(signature), told)
    except (KeyError, ValueError, InvalidSignature):
        return False
    return True


def _digest(place: Place, number: int) -> str:
    if number == 0:
        return _NONE
    try:
        return hashlib.sha256((place.folder / "erasures" / _name(number)).read_bytes()).hexdigest()
    except FileNotFoundError:
        raise LedgerBroken(f"page {number} is missing") from None


def _numbers(place: Place) -> Iterator[int]:
    folder = place.folder / "erasures"
    for file in folder.iterdir() if folder.is_dir() else ():
        if found := _PAGE.fullmatch(file.name):
            yield int(found[1])


def _name(number: int) -> str:
    return f"{number:010}.age"
