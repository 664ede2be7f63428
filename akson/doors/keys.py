"""The installation's own secrets: one file, readable by its owner only, shared by all processes.

docs/keys.md tells of each of them.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from akson.audit.seal import Signer
from akson.base.errors import Refused

FILE = "installation.json"
_GENERATIONS = ascii_lowercase + digits  # the last sign of an id names the one it was minted under
_Held = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The secrets, the newest first but for `ids`, where it is the last.

    Lost keys cannot be made again: without `ids` no id finds its record, without `hashes` no search finds a value.
    """

    ids: dict[str, bytes]  # generation -> 16 bytes; the last one mints
    hashes: bytes
    drafts: tuple[bytes, ...]
    log: tuple[Ed25519PrivateKey, ...]

    @classmethod
    def open(cls, folder: Path) -> Keys:
        """Read the keys in `folder`; make them when there are none, whole or not at all."""
        file = folder / FILE
        if not file.exists():
            _make(file)
        held = json.loads(file.read_text("utf-8"))
        return cls(
            ids={name: bytes.fromhex(key) for name, key in held["ids"].items()},
            hashes=bytes.fromhex(held["hashes"]),
            drafts=tuple(bytes.fromhex(key) for key in _all(held["drafts"])),
            log=tuple(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)) for key in _all(held["log"])),
        )

    @property
    def signer(self) -> Signer:
        return Signer(self.log[0])

    @property
    def seals(self) -> list[Ed25519PublicKey]:
        """Return what seals may be signed with, now and before."""
        return [key.public_key() for key in self.log]

    def derived(self, purpose: str) -> bytes:
        """Return a secret of its own for one purpose."""
        return hmac.digest(self.hashes, purpose.encode(), "sha256")


def _new_ids(held: _Held) -> None:
    free = next((name for name in _GENERATIONS if name not in held["ids"]), None)
    if free is None:
        raise Refused("AK-L018")
    held["ids"][free] = secrets.token_hex(16)


def _new_hashes(held: _Held) -> None:
    held["hashes"] = secrets.token_hex(32)


def _newest(name: str) -> Callable[[_Held], None]:
    def renew(held: _Held) -> None:
        held[name] = [secrets.token_hex(32), *_all(held[name])]

    return renew


ROTATED: Mapping[str, Callable[[_Held], None]] = {
    "ids": _new_ids, "hashes": _new_hashes, "drafts": _newest("drafts"), "log": _newest("log"),
}  # fmt: skip


def rotate(folder: Path, name: str) -> None:
    """Put a new key in the first place for one purpose; the old ones still open what they closed, but for `hashes`.

    Raises  Refused AK-L018 when every letter for a generation of ids is taken
    """
    Keys.open(folder)
    file = folder / FILE
    held = json.loads(file.read_text("utf-8"))
    ROTATED[name](held)
    _written(file, held).replace(file)


def _all(held: str | list[str]) -> list[str]:
    """Return the keys of one purpose; the first one of an installation stands alone."""
    return [held] if isinstance(held, str) else held


def _make(file: Path) -> None:
    """Write fresh keys; when two processes start at once the first one wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    purposes = {name: secrets.token_hex(32) for name in ("hashes", "drafts", "log")}
    whole = _written(file, {"ids": {"a": secrets.token_hex(16)}} | purposes)
    try:
        os.link(whole, file)
    except FileExistsError:
        pass  # another process was first: its keys are ours too
    finally:
        whole.unlink()


def _written(file: Path, held: _Held) -> Path:
    """Return a file beside `file` that holds the keys, durably."""
    whole = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(held, out)
        out.flush()
        os.fsync(out.fileno())
    return whole
