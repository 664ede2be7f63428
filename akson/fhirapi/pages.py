"""Links to the next page: sealed, so that nothing that was searched for or sorted by stands in an address.

An address ends up in logs and browser histories; a national identifier or a name must not. The link holds the whole
question, under the installation's key, so any server of the installation can open it.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from hashlib import blake2b

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from akson.base.errors import Refused

PAGE = "_page"  # the parameter that carries a sealed question
_NONCE = 12  # bytes
_pairs = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class Seal:
    """Closes and opens questions under a key made from the installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(blake2b(secret, digest_size=32, person=b"akson fhir pages"[:16]).digest())

    def close(self, place: str, pairs: Iterable[tuple[str, str]]) -> str:
        """Return `pairs` sealed, good for asking at `place` only."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._cipher.encrypt(nonce, msgspec.json.encode(list(pairs)), place.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def open(self, place: str, token: str) -> tuple[tuple[str, str], ...]:
        """Return the pairs of a sealed question. Raises Refused AK-F016 when it was not made here for `place`."""
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
            return _pairs.decode(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()))
        except (ValueError, InvalidTag, msgspec.DecodeError):
            raise Refused("AK-F016") from None
