"""The demo's way to the barnevern: what the program that plays it is told, and our own place at its KS Fiks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from akson.doors.machines import KEYS
from akson.doors.opening import clock
from akson.doors.settings import Settings
from akson.signin.keys import Keyring

ADDRESSES: Final = "addresses.json"  # whom the barnevern answers
CLIENT: Final = "client.json"  # the keys by which Maskinporten knows us
_SEAL, _PLACE = "certificate.pem", "place.json"
_LASTS: Final = timedelta(days=3650)


def folder(settings: Settings) -> Path:
    """Return where the program finds what it is told."""
    return settings.data / "barnevern"


def joined(settings: Settings, url: str, issuer: str, addresses: Sequence[dict[str, Any]]) -> Settings:
    """Return the settings with a place at the demo's KS Fiks, having written down what both sides start from.

    url     of the program; issuer: of the Maskinporten that it trusts, as that names itself
    addresses  what the barnevern knows of the address register
    """
    home = folder(settings)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = Keyring.open(settings.keys, KEYS, rsa=True)
    (home / ADDRESSES).write_text(json.dumps(list(addresses), ensure_ascii=False), "utf-8")
    (home / CLIENT).write_text(json.dumps(dict(keys.public)), "utf-8")
    if not (home / _SEAL).exists():
        (home / _SEAL).touch(0o600)
        (home / _SEAL).write_bytes(_certificate("Fjordvik kommune"))
        (home / _PLACE).write_text(json.dumps([str(uuid4()) for _ in range(3)]), "utf-8")
    organisation, integration, password = json.loads((home / _PLACE).read_text("utf-8"))
    return replace(settings, fiks_url=url, fiks_organisation=organisation, fiks_integration=integration,
                   fiks_password=password, fiks_seal=home / _SEAL, maskinporten=issuer,
                   maskinporten_client=settings.client_id)  # fmt: skip


def programs(settings: Settings, port: int) -> list[list[str]]:
    """Return how the demo's barnevern is started, and beside it its school with PPT. port: of the first of them."""
    home, akson = folder(settings), settings.base_url
    return [["peers.barnevern", "--port", str(port), "--akson-url", akson, "--issuer", settings.maskinporten,
             "--addresses", str(home / ADDRESSES)],
            ["peers.school", "--port", str(port + 1), "--akson-url", akson]]  # fmt: skip


def _certificate(name: str) -> bytes:
    """Return a new key with a certificate of its own making, as PEM: for programs of this machine, and no others."""
    key, now = rsa.generate_private_key(public_exponent=65537, key_size=2048), clock()
    who = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])
    made = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + _LASTS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
