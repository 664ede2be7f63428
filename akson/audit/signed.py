"""What is hashed and signed in the trails, as the provers read it: fields, instants, signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Keys = Mapping[str, Ed25519PublicKey]


def by_id(keys: Iterable[Ed25519PublicKey]) -> Keys:
    """Return keys by the id that seals name them by."""
    return {hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]: key for key in keys}


def holds(statement: bytes, signature: bytes, key: Ed25519PublicKey | None) -> bool:
    """Tell whether the key, if we know it, signed this."""
    if key is None:
        return False
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True


def field(value: object) -> bytes:
    """Return a value as it stands in what is hashed or signed."""
    raw = str(value).encode()
    return len(raw).to_bytes(4, "big") + raw


def micros(at: datetime) -> int:
    """Return microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)
