"""ASiC-E containers and CMS envelopes, as KS Fiks takes documents: signed by us, readable by one receiver only. Pure.

The key of the content goes by RSA-OAEP with SHA-256, the content by AES-256-CBC. No library we have writes that key
transport, so the envelope is put together here; the mathematics is not ours.

Source  ETSI TS 102 918 (ASiC), RFC 5652 (CMS), RFC 3560 and RFC 8017 (OAEP in CMS); docs/sources.md#barnevern
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

MIME: Final = b"application/vnd.etsi.asic-e+zip"
_MIMES: Final = {"json": "application/json", "pdf": "application/pdf"}
_SIGNATURE: Final = "META-INF/signature-1.p7s"
_AES = 32  # bytes of its key; its blocks are half as long
_DATA, _ENVELOPED = "2a864886f70d010701", "2a864886f70d010703"  # object identifiers, as DER has them
_SHA256, _MGF1, _OAEP, _AES256_CBC = (
    "608648016503040201",
    "2a864886f70d010108",
    "2a864886f70d010107",
    "60864801650304012a",
)


@dataclass(frozen=True, kw_only=True)
class Seal:
    """Our organisation's certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def read(cls, pem: bytes) -> Seal:
        """Return what a file in PEM holds. Raises ValueError when that is no certificate with its RSA key."""
        key = load_pem_private_key(pem, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("the key is not RSA")
        certificate = x509.load_pem_x509_certificate(pem)
        if certificate.public_key() != key.public_key():
            raise ValueError("the key is not the certificate's")
        return cls(certificate=certificate, key=key)


def container(files: Mapping[str, bytes], seal: Seal) -> bytes:
    """Return files as an ASiC-E container, signed."""
    manifest = _manifest(files)
    signed = PKCS7SignatureBuilder().set_data(manifest).add_signer(seal.certificate, seal.key, hashes.SHA256())
    signature = signed.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("mimetype", MIME, zipfile.ZIP_STORED)  # first, and as it is
        for name, content in files.items():
            box.writestr(name, content)
        box.writestr("META-INF/asicmanifest1.xml", manifest)
        box.writestr(_SIGNATURE, signature)
    return made.getvalue()


def _manifest(files: Mapping[str, bytes]) -> bytes:
    each = "".join(
        f'<DataObjectReference URI="{name}" MimeType="{_MIMES[name.rpartition(".")[2]]}">'
        f'<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{base64.b64encode(sha256(content).digest()).decode()}</ds:DigestValue></DataObjectReference>"
        for name, content in files.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        f'<SigReference URI="{_SIGNATURE}" MimeType="application/x-pkcs7-signature"/>{each}</ASiCManifest>'
    ).encode()


def certificate(pem: str) -> x509.Certificate:
    """Return a receiver's certificate. Raises ValueError when it is none, or its key is not RSA."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        key = found.public_key()
    except (UnsupportedAlgorithm, x509.InvalidVersion):
        raise ValueError("no certificate that can be read") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("the key is not RSA")
    return found


def sealed_for(receiver: x509.Certificate, content: bytes) -> bytes:
    """Return content that only the holder of a certificate's key can read, as CMS (DER)."""
    public = receiver.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise ValueError("the key is not RSA")
    key, vector = token_bytes(_AES), token_bytes(_AES // 2)
    padder = padding.PKCS7(8 * len(vector)).padder()
    cipher = Cipher(algorithms.AES256(key), modes.CBC(vector)).encryptor()
    hidden = cipher.update(padder.update(content) + padder.finalize()) + cipher.finalize()
    carried = public.encrypt(key, OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None))
    sha = _sequence(_oid(_SHA256), _der(0x05))
    oaep = _sequence(_oid(_OAEP), _sequence(_der(0xA0, sha), _der(0xA1, _sequence(_oid(_MGF1), sha))))
    whose = _sequence(receiver.issuer.public_bytes(), _integer(receiver.serial_number))
    recipient = _sequence(_integer(0), whose, oaep, _der(0x04, carried))
    inside = _sequence(_oid(_DATA), _sequence(_oid(_AES256_CBC), _der(0x04, vector)), _der(0x80, hidden))
    enveloped = _sequence(_integer(0), _der(0x31, recipient), inside)
    return _sequence(_oid(_ENVELOPED), _der(0xA0, enveloped))


def _der(tag: int, content: bytes = b"") -> bytes:
    """Return a value as DER writes it: tag, length, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    written = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(written))) + written + content


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _oid(hexadecimal: str) -> bytes:
    return _der(0x06, bytes.fromhex(hexadecimal))


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))
