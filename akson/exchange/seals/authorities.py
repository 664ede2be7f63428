"""The folder of the authorities we trust, and of what they take back: each file as it was when it last was whole."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from akson.exchange.seals.model import MISSHAPEN

LOG: Final = logging.getLogger("akson.exchange.seals")
_KINDS: Final = (".pem", ".crt", ".cer", ".crl")
_PEM, _CRL = b"-----BEGIN CERTIFICATE", b"-----BEGIN X509 CRL"


@dataclass(frozen=True, kw_only=True)
class _File:
    """What a file says. stamp: when it was written, and how long it is: one that differs is read anew."""

    stamp: tuple[int, int]
    roots: tuple[x509.Certificate, ...] = ()
    lists: tuple[x509.CertificateRevocationList, ...] = ()


class Authorities:
    """Files with certificates of authorities and their revocation lists, .pem, .crt, .cer and .crl."""

    def __init__(self, folder: Path | None) -> None:
        """Hold what lies in `folder`; without one, nothing."""
        self.folder = folder
        self.unreadable: tuple[str, ...] = ()
        self._files: dict[str, _File] = {}

    @property
    def roots(self) -> list[x509.Certificate]:
        """Return the certificates of the authorities."""
        return [each for file in self._files.values() for each in file.roots]

    @property
    def lists(self) -> list[x509.CertificateRevocationList]:
        """Return their revocation lists."""
        return [each for file in self._files.values() for each in file.lists]

    @property
    def unknown(self) -> str:
        """Return the name of what never could be read: it may be what takes a certificate back; "" for none."""
        return next((name for name in self.unreadable if name not in self._files), "")

    def look(self) -> None:
        """Read what is new in the folder, forget what is gone from it; what cannot be read goes on saying what it said.

        What cannot be read is tried again at each look, and told of in the log when it becomes so.
        """
        held, unreadable = dict[str, _File](), list[str]()
        try:
            paths = sorted(self.folder.iterdir()) if self.folder else []
        except OSError:
            paths, held, unreadable = [], self._files, [self.folder.name if self.folder else ""]
        for path in (each for each in paths if each.suffix in _KINDS):
            before = self._files.get(path.name)
            try:
                held[path.name] = _read(path, before)
            except (OSError, *MISSHAPEN):
                if os.path.lexists(path):
                    unreadable.append(path.name)
                    held |= {path.name: before} if before else {}
        for name in unreadable:
            if name not in self.unreadable:
                LOG.error("a file among those of the authorities cannot be read", extra={"file": name})
        self._files, self.unreadable = held, tuple(unreadable)


def _read(path: Path, before: _File | None) -> _File:
    """Return what a file says, read only where it is not as `before`. Raises OSError, and what is MISSHAPEN."""
    told = path.stat()  # before it is read: what is written in that moment is read at the next look
    stamp = (told.st_mtime_ns, told.st_size)
    if before and before.stamp == stamp:
        return before
    data = path.read_bytes()
    if _PEM not in data and (path.suffix == ".crl" or _CRL in data):
        return _File(stamp=stamp, lists=(_list(data),))
    return _File(stamp=stamp, roots=tuple(_certificates(data)))


def _certificates(data: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(data) if _PEM in data else [x509.load_der_x509_certificate(data)]


def _list(data: bytes) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(data) if _CRL in data else x509.load_der_x509_crl(data)
