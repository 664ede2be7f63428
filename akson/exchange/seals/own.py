"""Our own certificates for messages, with their keys: one that signs, all that messages to us were ever encrypted to.

One file, readable by its owner only, as the other keys of the installation; running processes notice when it changes.
An authority makes the certificates: we make keys and requests (`prepare`), or take both from their file (PKCS #12).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from akson.base.errors import Refused
from akson.exchange.seals.model import Identity
from akson.exchange.seals.trust import may_encrypt, may_sign

FILE: Final = "messages.json"
_BITS: Final = 3072
_Held = dict[str, Any]


class OwnCertificates:
    """The file, whether it is there yet or not."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._read_at = -1
        self._signing: list[Identity] = []
        self._opening: list[Identity] = []

    def signer(self, now: datetime) -> Identity | None:
        """Return what we sign with; None where we have nothing that is valid now."""
        self._look()
        return next((each for each in self._signing if valid(each.certificate, now)), None)

    @property
    def opening(self) -> list[Identity]:
        """Return all that messages to us may be encrypted to, the newest first; old ones open for ever."""
        self._look()
        return self._opening

    @property
    def certificates(self) -> list[x509.Certificate]:
        """Return those that others must know now: the one that signs, the one to encrypt to."""
        self._look()
        return [one.certificate for each in (self._signing, self._opening) for one in each[:1]]

    def prepare(self, name: str) -> list[x509.CertificateSigningRequest]:
        """Make the next two keys, unless they are made; return the requests for their certificates.

        name   of the organisation, as the authority knows it
        """
        held = self._held()
        if not held["next"]:
            held["next"] = [_pem(rsa.generate_private_key(65537, _BITS)) for _ in ("signs", "opens")]
            self._write(held)
        return [
            _request(name, _key(written), signs=signs)
            for written, signs in zip(held["next"], (True, False), strict=True)
        ]

    def rotate(self, files: Iterable[bytes], password: str = "") -> list[x509.Certificate]:
        """Use new certificates from now on; what messages were encrypted to before still opens.

        files    certificates of the keys that were prepared (PEM or DER), or keys with certificates (PKCS #12)
        Returns  the new ones
        Raises   Refused AK-L027 a file that is none of these, or a certificate of a key we do not have
        """
        held = self._held()
        prepared = [_key(written) for written in held["next"]]
        new = [_identity(data, prepared, password) for data in files]
        for each in new:
            written = {"key": _pem(each.key), "certificate": _text(each.certificate)}
            for kind, fits in (("signing", may_sign), ("opening", may_encrypt)):
                if fits(each.certificate) and written not in held[kind]:
                    held[kind].insert(0, written)
        used = [each.key.private_numbers() for each in new]
        held["next"] = [_pem(key) for key in prepared if key.private_numbers() not in used]
        self._write(held)
        return [each.certificate for each in new]

    def _held(self) -> _Held:
        empty: _Held = {"signing": [], "opening": [], "next": []}
        return empty | (json.loads(self.path.read_text("utf-8")) if self.path.exists() else {})

    def _look(self) -> None:
        changed = self.path.stat().st_mtime_ns if self.path.exists() else 0
        if changed != self._read_at:
            held = self._held()
            self._signing, self._opening = (
                [Identity(_certificate(one["certificate"].encode()), _key(one["key"])) for one in held[kind]]
                for kind in ("signing", "opening")
            )
            self._read_at = changed

    def _write(self, held: _Held) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(held))
            file.flush()
            os.fsync(file.fileno())
        whole.replace(self.path)


def valid(certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether a certificate holds at a time."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _identity(data: bytes, prepared: list[rsa.RSAPrivateKey], password: str) -> Identity:
    """Return the certificate in a file with its key: from the same file, or one that was prepared."""
    try:
        certificate = _certificate(data)
    except ValueError:
        return _from_pkcs12(data, password)
    public = certificate.public_key()
    key = next((key for key in prepared if key.public_key() == public), None)
    if key is None:
        raise Refused("AK-L027")
    return Identity(certificate, key)


def _from_pkcs12(data: bytes, password: str) -> Identity:
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(data, password.encode() or None)
    except ValueError:
        raise Refused("AK-L027") from None
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey):
        raise Refused("AK-L027")
    return Identity(certificate, key)


def _request(name: str, key: rsa.RSAPrivateKey, *, signs: bool) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return made.add_extension(_usage(signs=signs), critical=True).sign(key, hashes.SHA256())


def _certificate(data: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)


def _key(written: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(written.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey), "only such keys are put there"
    return key


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False, content_commitment=signs, key_encipherment=not signs, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
