"""What a barnevern's system makes of a report through KS Fiks: opened with its key, proven, held against the format.

The CMS is read by a reader of its own, and nothing is shared with Akson: neither hides the other's faults.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from cryptography.x509.oid import NameOID

_ENVELOPED = bytes.fromhex("2a864886f70d010703")
_TEXT = re.compile(r".*", re.S)
_PHONE = re.compile(r"[+]?[0-9]+([- ][0-9]+)*")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")


class Unfit(Exception):
    """It cannot be taken."""


class Key:
    """A key with a certificate of its own making."""

    def __init__(self, name: str) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(self.key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        self.certificate = made.not_valid_after(now + timedelta(days=365)).sign(self.key, hashes.SHA256())

    @property
    def told(self) -> dict[str, str]:
        """Return it as the service tells of it."""
        return {"nokkel": self.certificate.public_bytes(Encoding.PEM).decode(),
                "serial": str(self.certificate.serial_number), "subjectDN": self.certificate.subject.rfc4514_string(),
                "issuerDN": self.certificate.issuer.rfc4514_string()}  # fmt: skip

    def opened(self, data: bytes) -> bytes:
        """Return what was hidden for this key. Raises Unfit."""
        try:
            return _opened(self.key, data)
        except (ValueError, IndexError) as wrong:
            raise Unfit("kan ikke dekrypteres") from wrong


def files(container: bytes) -> dict[str, bytes]:
    """Return what is in a signed container, when its manifest is of these files and its signature of the manifest."""
    try:
        with zipfile.ZipFile(io.BytesIO(container)) as box:
            held = {name: box.read(name) for name in box.namelist()}
        manifest = ElementTree.fromstring(held["META-INF/asicmanifest1.xml"])
        named = {one.get("URI", ""): (one.findtext("{*}DigestValue") or "") for one in manifest.iter()
                 if one.tag.endswith("}DataObjectReference")}  # fmt: skip
        signature = next(held[one.get("URI", "")] for one in manifest.iter() if one.tag.endswith("}SigReference"))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, StopIteration) as wrong:
        raise Unfit("er ingen ASiC-E") from wrong
    if held.get("mimetype") != b"application/vnd.etsi.asic-e+zip" or not load_der_pkcs7_certificates(signature):
        raise Unfit("er ikke signert")
    if sha256(held["META-INF/asicmanifest1.xml"]).digest() not in signature:
        raise Unfit("er signert for noe annet")
    for name, digest in named.items():
        if name not in held or base64.b64decode(digest) != sha256(held[name]).digest():
            raise Unfit("er endret underveis")
    return {name: held[name] for name in named}


def report(data: bytes) -> dict[str, Any]:
    """Return a report when it is what the format demands. Raises Unfit with what is missing or wrong."""
    try:
        found: dict[str, Any] = json.loads(data)
    except ValueError:
        raise Unfit("Kunne ikke parse JSON-filen bekymringsmelding.json") from None
    _needs(found, "kommunenavn bydelsnavn leveringskanal sendingstidspunkt", _TEXT)
    _needs(found, "kommunenummer", re.compile(r"\d{4}"))
    _needs(found, "bydelsnummer", re.compile(r"\d{2}"))
    who = _needs(found.get("offentligMelder"), "personnavn rolle", _TEXT)
    _needs(_needs(who, "telefonnummer", _PHONE), "epost", _MAIL)
    place = _needs(who.get("virksomhet"), "navn", _TEXT)
    _needs(place.get("adresse"), "adresselinje1", _TEXT)
    children, carers = found.get("offentligBarn"), found.get("foresatte")
    if not children or not carers or len(carers) > 2:
        raise Unfit("offentligBarn eller foresatte")
    for child in children:
        _needs(_needs(child, "fnr personnavn", _TEXT).get("adresse"), "adresselinje1", _TEXT)
        _said(child, "ufoedt")
    for person in (*children, *_each(carers)):
        _said(person, "orientert")
    _needs(found.get("melding"), "melding historie", _TEXT)
    datetime.fromisoformat(found["sendingstidspunkt"])
    return found


def _each(carers: list[Any]) -> list[Any]:
    return [_needs(one, "personnavn", _TEXT) for one in carers]


def _needs(holder: Any, names: str, shape: re.Pattern[str]) -> dict[str, Any]:
    for name in names.split():
        value = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise Unfit(name)
    return dict(holder)


def _said(person: Any, name: str) -> None:
    if not isinstance(person.get(name), bool):
        raise Unfit(name)


def _opened(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    """Read CMS EnvelopedData of one receiver: RSA-OAEP with SHA-256, AES-256-CBC."""
    kind, explicit = _parts(_inside(data))
    if kind[1] != _ENVELOPED:
        raise ValueError("no EnvelopedData")
    _, recipients, content = _parts(_inside(explicit[1]))
    *_, carried = _parts(_inside(recipients[1]))
    _, algorithm, hidden = _parts(content[1])
    _, vector = _parts(algorithm[1])
    secret = key.decrypt(carried[1], OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None))
    cipher = Cipher(algorithms.AES256(secret), modes.CBC(vector[1])).decryptor()
    plain = padding.PKCS7(128).unpadder()
    return plain.update(cipher.update(hidden[1]) + cipher.finalize()) + plain.finalize()


def _inside(data: bytes) -> bytes:
    ((_, content),) = _parts(data)
    return content


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """Return the values that stand one after the other in DER, each with its tag."""
    found, at = [], 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        found.append((tag, data[at : at + size]))
        at += size
    return found
