"""Opaque ids that find their owner: one AES block over (owner key, random, check).

An id tells an outsider nothing and cannot be linked to another id of the same person, yet a read by `Type/id` opens it
to the owner key, the first column of every primary key. Layout: 26 base32 characters (128 bits) and one for the key
generation.
"""

from __future__ import annotations

import base64
import secrets
import struct
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

_BLOCK = struct.Struct(">qIHH")  # owner key, 48 random bits in two parts, check
_CHECK = 0xA450
LENGTH = 27


def new_owner_key() -> int:
    """Return a fresh random owner key: signed 64 bits, never 0, without meaning."""
    return struct.unpack(">q", secrets.token_bytes(8))[0] or new_owner_key()


class Ids:
    """Mints and opens ids under the installation's keys.

    keys      generation letter -> 16 bytes; old generations stay readable for ever
    current   the generation that mints
    """

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        # ECB on single blocks of unique content; the contexts keep no state between blocks and are reused for speed.
        self._seal: CipherContext = Cipher(algorithms.AES(keys[current]), modes.ECB()).encryptor()
        self._open = {g: Cipher(algorithms.AES(k), modes.ECB()).decryptor() for g, k in keys.items()}
        self._current = current

    def mint(self, owner: int) -> str:
        """Return a new id for a resource that belongs to `owner`."""
        noise = secrets.token_bytes(6)
        block = _BLOCK.pack(owner, int.from_bytes(noise[:4], "big"), int.from_bytes(noise[4:], "big"), _CHECK)
        return base64.b32encode(self._seal.update(block))[:26].decode().lower() + self._current

    def open(self, id_: str) -> int | None:
        """Return the owner key inside `id_`, or None when it was not minted here."""
        if len(id_) != LENGTH or (cipher := self._open.get(id_[-1])) is None:
            return None
        try:
            block = base64.b32decode(id_[:-1].upper() + "======")
        except ValueError:
            return None
        owner, _, _, check = _BLOCK.unpack(cipher.update(block))
        return owner if check == _CHECK else None
