"""A small authority of the tests' own, which makes certificates as the Norwegian ones look: with the number of an organisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from akson.exchange.seals.model import Identity

BITS = 2048  # of each key; bench.sealed takes those of real certificates
START = datetime(2026, 1, 1, tzinfo=UTC)
SIGNS, ENCRYPTS = "content_commitment", "key_encipherment"
_USES = (SIGNS, ENCRYPTS, "digital_signature", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
         "encipher_only", "decipher_only")  # fmt: skip


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    """Return one of the keys of this run: making them takes longer than all the rest."""
    return rsa.generate_private_key(65537, BITS)


@dataclass
class Authority:
    """Who vouches. above: who vouches for it, if somebody does."""

    name: str
    number: int
    above: Authority | None = None
    certificate: x509.Certificate = field(init=False)
    _serial: int = 0

    def __post_init__(self) -> None:
        by = self.above or self
        self.certificate = by.made(
            [x509.NameAttribute(NameOID.COMMON_NAME, self.name)], key(self.number).public_key(), ("key_cert_sign", "crl_sign"), authority=self.name,
        )  # fmt: skip

    def identity(
        self, organisation: str, number: int, *uses: str, modern: bool = True, ends: datetime | None = None
    ) -> Identity:
        """Return a certificate for an organisation, with the key of that number."""
        kind = NameOID.ORGANIZATION_IDENTIFIER if modern else NameOID.SERIAL_NUMBER
        subject = [
            x509.NameAttribute(NameOID.COMMON_NAME, "Vestfjell sykehus"),
            x509.NameAttribute(kind, f"NTRNO-{organisation}" if modern else organisation),
        ]
        return Identity(self.made(subject, key(number).public_key(), uses, ends=ends), key(number))

    def answer(self, request: x509.CertificateSigningRequest, organisation: str) -> x509.Certificate:
        """Return a certificate for a key that somebody else has made, for what they ask."""
        asked = request.extensions.get_extension_for_class(x509.KeyUsage).value
        subject = [*request.subject, x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRNO-{organisation}")]
        uses = tuple(each for each in (SIGNS, ENCRYPTS) if getattr(asked, each))
        return self.made(subject, request.public_key(), uses)

    def revoked(self, *certificates: x509.Certificate, days: int = 30) -> bytes:
        """Return a list of what counts no longer. days: for which it is current."""
        made = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        made = made.last_update(START).next_update(START + timedelta(days=days))
        for one in certificates:
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(START).build()
            )
        return made.sign(key(self.number), hashes.SHA256()).public_bytes(Encoding.PEM)

    def trusted_in(self, folder: Path) -> Path:
        """Put ourselves among those who are trusted; return the folder."""
        folder.mkdir(exist_ok=True)
        (folder / f"{self.name}.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return folder

    def made(
        self, subject: list[x509.NameAttribute[str]], holder: rsa.RSAPublicKey | X25519PublicKey, uses: tuple[str, ...] = (), *, authority: str = "",
        ends: datetime | None = None,
    ) -> x509.Certificate:  # fmt: skip
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        self._serial += 1
        made = x509.CertificateBuilder().subject_name(x509.Name(subject)).issuer_name(issuer).public_key(holder)
        made = made.serial_number(self.number * 1000 + self._serial).not_valid_before(START)
        made = made.not_valid_after(ends or START + timedelta(days=3650))
        ours = key(self.number).public_key()
        for extension, critical in (
            (x509.BasicConstraints(ca=bool(authority), path_length=None), True),
            (x509.KeyUsage(**{each: each in uses for each in _USES}), True),
            (x509.SubjectKeyIdentifier.from_public_key(holder), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(ours), False),
        ):
            made = made.add_extension(extension, critical=critical)
        return made.sign(key(self.number), hashes.SHA256())


def bundle(one: Identity, password: str) -> bytes:
    """Return a key with its certificate in a file, as authorities hand them out."""
    secret = NoEncryption() if not password else PrivateFormat.PKCS12.encryption_builder().build(password.encode())
    return pkcs12.serialize_key_and_certificates(b"x", one.key, one.certificate, None, secret)
