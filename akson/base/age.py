"""Files that only the holder of a key can read, in the format of the program age: it opens them too, without us.

Format  https://c2sp.org/age (version 1, X25519 recipients). One random key a file, wrapped for each recipient; content
        in pieces of 64 kB, each sealed with its number and whether it is the last: a cut or moved piece is found.
Whoever writes needs public keys only: the machine that takes backups cannot read them.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from akson.base import bech32

_VERSION: Final = b"age-encryption.org/v1"
_WRAP: Final = b"age-encryption.org/v1/X25519"
_PIECE: Final = 64 * 1024
_TAG: Final = 16
_FILE_KEY: Final = 16
_NONCE: Final = 16
_LONGEST_LINE: Final = 1024
_MOST_LINES: Final = 200


class Unreadable(Exception):
    """The file is not whole, not ours, or not for this key; the message says which."""


@dataclass(frozen=True)
class Recipient:
    """A public key: whoever has it can seal files for its holder. text: age1..."""

    text: str

    def __post_init__(self) -> None:
        hrp, raw = bech32.decoded(self.text)
        if hrp != "age" or len(raw) != 32:
            raise ValueError("not a public key of age")

    @property
    def raw(self) -> bytes:
        return bech32.decoded(self.text)[1]


class Identity:
    """A private key: opens what was sealed for it. text: AGE-SECRET-KEY-1..."""

    def __init__(self, key: X25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def new(cls) -> Identity:
        return cls(X25519PrivateKey.generate())

    @classmethod
    def all_in(cls, text: str) -> list[Identity]:
        """Return the keys of a file as age-keygen writes them; raise ValueError when a line is none."""
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        found = [bech32.decoded(line) for line in lines]
        if not found or any(hrp != "age-secret-key-" or len(raw) != 32 for hrp, raw in found):
            raise ValueError("not a private key of age")
        return [cls(X25519PrivateKey.from_private_bytes(raw)) for _, raw in found]

    @property
    def text(self) -> str:
        return bech32.encoded("age-secret-key-", self._key.private_bytes_raw()).upper()

    @property
    def recipient(self) -> Recipient:
        return Recipient(bech32.encoded("age", self._key.public_key().public_bytes_raw()))

    def unwrapped(self, share: bytes, body: bytes) -> bytes | None:
        """Return the file's key, if it was wrapped for us."""
        shared = self._key.exchange(X25519PublicKey.from_public_bytes(share))
        wrapping = _derived(shared, salt=share + self.recipient.raw, info=_WRAP)
        try:
            return ChaCha20Poly1305(wrapping).decrypt(bytes(12), body, None)
        except InvalidTag:
            return None


class Sealing:
    """A file while it is written; close() makes it whole. out stays open."""

    def __init__(self, out: IO[bytes], recipients: Sequence[Recipient]) -> None:
        if not recipients:
            raise ValueError("a file that nobody can read")
        self._out, key, nonce = out, secrets.token_bytes(_FILE_KEY), secrets.token_bytes(_NONCE)
        head = _VERSION + b"\n" + b"".join(_stanza(key, recipient) for recipient in recipients) + b"---"
        out.write(head + b" " + _base64(_mac(key, head)) + b"\n" + nonce)
        self._cipher = ChaCha20Poly1305(_derived(key, salt=nonce, info=b"payload"))
        self._number, self._waiting = 0, bytearray()

    def write(self, data: bytes) -> int:
        """Take more content. A full piece waits until it is known not to be the last."""
        self._waiting += data
        while len(self._waiting) > _PIECE:
            self._piece(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        return len(data)

    def close(self) -> None:
        self._piece(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _piece(self, content: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_place(self._number, last=last), content, None))
        self._number += 1


def opened(source: IO[bytes], identities: Iterable[Identity]) -> Iterator[bytes]:
    """Yield the content of a file, piece by piece, each proven before it is given.

    Raises  Unreadable; what was yielded before is right, but there was more
    """
    key = _file_key(source, list(identities))
    nonce = _exactly(source, _NONCE)
    if len(nonce) != _NONCE:
        raise Unreadable("the file ends too early")
    cipher = ChaCha20Poly1305(_derived(key, salt=nonce, info=b"payload"))
    number, sealed = 0, _exactly(source, _PIECE + _TAG)
    while True:
        ahead = _exactly(source, _PIECE + _TAG) if len(sealed) == _PIECE + _TAG else b""
        try:
            content = cipher.decrypt(_place(number, last=not ahead), sealed, None)
        except InvalidTag:
            raise Unreadable("the file was changed or cut") from None
        if number and not content:
            raise Unreadable("the file was changed or cut")
        yield content
        if not ahead:
            return
        number, sealed = number + 1, ahead


def _file_key(source: IO[bytes], identities: list[Identity]) -> bytes:
    """Read the head of a file, prove it, and return the key of the content."""
    head, stanzas, mac = _head(source)
    for kind, arguments, body in stanzas:
        if kind != b"X25519" or len(arguments) != 1:
            continue
        share = _unbase64(arguments[0])
        if len(share) != 32 or len(body) != _FILE_KEY + _TAG:
            raise Unreadable("not a file of age")
        for identity in identities:
            key = identity.unwrapped(share, body)
            if key is not None:
                if not hmac.compare_digest(_mac(key, head), mac):
                    raise Unreadable("the head of the file was changed")
                return key
    raise Unreadable("the file is for another key")


_Stanza = tuple[bytes, list[bytes], bytes]  # kind, arguments, body


def _head(source: IO[bytes]) -> tuple[bytes, list[_Stanza], bytes]:
    """Return the head as it is proven, its stanzas, and the proof."""
    if _line(source) != _VERSION:
        raise Unreadable("not a file of age")
    head, stanzas = _VERSION + b"\n", list[_Stanza]()
    for _ in range(_MOST_LINES):
        line = _line(source)
        if line.startswith(b"--- "):
            return head + b"---", stanzas, _unbase64(line[4:])
        if not line.startswith(b"-> "):
            break
        head += line + b"\n"
        kind, *arguments = line[3:].split(b" ")
        body = b""
        while True:
            part = _line(source)
            head += part + b"\n"
            body += part
            if len(part) < 64:
                break
        stanzas.append((kind, arguments, _unbase64(body)))
    raise Unreadable("not a file of age")


def _stanza(key: bytes, recipient: Recipient) -> bytes:
    """Wrap a file's key for one recipient."""
    ours = X25519PrivateKey.generate()
    share = ours.public_key().public_bytes_raw()
    shared = ours.exchange(X25519PublicKey.from_public_bytes(recipient.raw))
    wrapping = _derived(shared, salt=share + recipient.raw, info=_WRAP)
    body = ChaCha20Poly1305(wrapping).encrypt(bytes(12), key, None)
    return b"-> X25519 " + _base64(share) + b"\n" + _base64(body) + b"\n"


def _derived(secret: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def _mac(key: bytes, head: bytes) -> bytes:
    return hmac.digest(_derived(key, salt=b"", info=b"header"), head, "sha256")


def _place(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _base64(raw: bytes) -> bytes:
    return base64.b64encode(raw).rstrip(b"=")


def _unbase64(text: bytes) -> bytes:
    try:
        raw = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Unreadable("not a file of age") from None
    if _base64(raw) != text:
        raise Unreadable("not a file of age")
    return raw


def _line(source: IO[bytes]) -> bytes:
    line = source.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise Unreadable("not a file of age")
    return line[:-1]


def _exactly(source: IO[bytes], many: int) -> bytes:
    """Return as many bytes, fewer only at the end: a pipe gives what it has."""
    parts, left = list[bytes](), many
    while left and (part := source.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
