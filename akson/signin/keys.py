"""Our own signing keys: one file per purpose, readable by its owner only, shared by all processes of an installation.

The first key signs, all of them verify. Rotation puts a new key first; running processes notice the changed file. Where
others must know a key before it signs, it is prepared: published as the last one, until rotation puts it first.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, RSAKey

KEPT = 3  # keys: tokens outlive a rotation by minutes, so two would do
_RSA_BITS = 3072  # as strong as P-256


class Keyring:
    """ES256 keys in one file; RS256 keys when `rsa`."""

    def __init__(self, path: Path, *, rsa: bool = False) -> None:
        self._path, self._rsa = path, rsa
        self._read_at = -1  # mtime of what we hold
        self._keys: list[ECKey | RSAKey] = []
        self._next: ECKey | RSAKey | None = None

    @classmethod
    def open(cls, folder: Path, name: str, *, rsa: bool = False) -> Keyring:
        """Use the keys `name` in `folder`; make the first one when there is none.

        Two processes may start at once: the file appears whole, and the first one wins.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ring = cls(folder / f"{name}.jwks.json", rsa=rsa)
        if not ring._path.exists():
            ring._write([ring._new()], replace=False)
        return ring

    @property
    def signer(self) -> ECKey | RSAKey:
        """Return the key to sign with; its `kid` is the thumbprint."""
        return self._current()[0]

    @property
    def public(self) -> Mapping[str, Any]:
        """Return the JWK set to publish."""
        published = [*self._current(), *([self._next] if self._next else [])]
        return {"keys": [_named(key, private=False) for key in published]}

    def prepare(self) -> None:
        """Publish the key that the next rotation will sign with."""
        held = self._current()
        if self._next is None:
            self._write(held, replace=True, after=self._new())

    def rotate(self) -> None:
        """Sign with a new key from now on, the prepared one if there is one; the last ones still verify."""
        held = self._current()
        self._write([self._next or self._new(), *held][:KEPT], replace=True)

    def _new(self) -> ECKey | RSAKey:
        return RSAKey.generate_key(_RSA_BITS, private=True) if self._rsa else ECKey.generate_key("P-256", private=True)

    def _current(self) -> list[ECKey | RSAKey]:
        changed = self._path.stat().st_mtime_ns
        if changed != self._read_at:
            held = json.loads(self._path.read_text("utf-8"))
            kind = RSAKey if self._rsa else ECKey
            self._keys, self._read_at = [kind.import_key(jwk) for jwk in held["keys"]], changed
            self._next = kind.import_key(held["next"]) if "next" in held else None
        return self._keys

    def _write(self, keys: list[ECKey | RSAKey], *, replace: bool, after: ECKey | RSAKey | None = None) -> None:
        held: dict[str, Any] = {"keys": [_named(key, private=True) for key in keys]}
        content = json.dumps(held | ({"next": _named(after, private=True)} if after else {}))
        whole = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            whole.replace(self._path)
            return
        try:
            os.link(whole, self._path)
        except FileExistsError:
            pass  # another process was first: its key is ours too
        finally:
            whole.unlink()


def _named(key: ECKey | RSAKey, *, private: bool) -> dict[str, Any]:
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    return {**key.as_dict(private=private), "kid": key.thumbprint(), "use": "sig", "alg": algorithm}
