"""The certificates of those outside, as the address register has them. Who has one writes and is written to sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from akson.base.database import Database, Reads
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.exchange import addresses
from akson.exchange.seals.model import ANOTHER, REVOKED, Unsound
from akson.exchange.seals.own import valid
from akson.exchange.seals.trust import may_encrypt, organisation

SQL = queries(__file__, "certificates.sql")


@dataclass(frozen=True, kw_only=True)
class Partner:
    """One party.

    number         of its organisation
    certificates   its own and those of level 1
    beside         those of the other services of its organisation: nothing is encrypted to them
    withdrawn      certificates of the organisation that count no longer
    encrypted_to   the address register says that it has a certificate for it
    """

    number: str = ""
    certificates: tuple[x509.Certificate, ...] = ()
    beside: tuple[x509.Certificate, ...] = ()
    withdrawn: tuple[x509.Certificate, ...] = ()
    encrypted_to: bool = False

    @property
    def seals(self) -> bool:
        """Tell whether messages to and from them are signed and encrypted; they stay so when certificates run out.

        One service that does binds its organisation: all its services are one sender, under whichever it writes.
        """
        return bool(self.certificates or self.beside or self.withdrawn)

    def encrypts_to(self, now: datetime) -> x509.Certificate | None:
        """Return the certificate to encrypt to now, the newest that is for it."""
        return next((each for each in self.certificates if valid(each, now) and may_encrypt(each)), None)

    def check(self, signer: x509.Certificate) -> None:
        """Refuse a certificate that is another one's, or withdrawn. Raises Unsound."""
        if signer in self.withdrawn:
            raise Unsound(REVOKED)
        if signer not in self.certificates and not (self.number and organisation(signer) == self.number):
            raise Unsound(ANOTHER)


async def partner(reads: Reads, her_id: int) -> Partner:
    """Return what the register knows of a party; one that is not there has nothing."""
    rows = await reads.fetch(SQL.certificates_of, her_id)
    held = [row for row in rows if row["certificate"]]
    return Partner(
        number=rows[0]["org_number"] if rows else "",
        encrypted_to=bool(rows and rows[0]["encrypted_to"]),
        certificates=tuple(_read(row["certificate"]) for row in held if not row["withdrawn"] and not row["beside"]),
        beside=tuple(_read(row["certificate"]) for row in held if not row["withdrawn"] and row["beside"]),
        withdrawn=tuple(_read(row["certificate"]) for row in held if row["withdrawn"]),
    )


async def enter(database: Database, her_id: int, certificate: x509.Certificate, now: datetime) -> None:
    """Enter a certificate of a party in the register. Raises Refused AK-L028 nobody has the HER-id."""
    if her_id not in await addresses.find(database, [her_id]):
        raise Refused("AK-L028")
    await database.execute(
        SQL.put_certificate, her_id, fingerprint(certificate), certificate.public_bytes(Encoding.DER), now
    )


async def withdraw(database: Database, print_: bytes, now: datetime) -> Sequence[int]:
    """Let a certificate count no longer; return whose it was."""
    return [row["her_id"] for row in await database.fetch(SQL.withdraw_certificate, print_, now)]


async def listed(reads: Reads) -> list[tuple[int, str, x509.Certificate, datetime | None]]:
    """Return HER-id, name, certificate and when it was withdrawn, of all."""
    rows = await reads.fetch(SQL.certificates)
    return [(row["her_id"], row["name"], _read(row["certificate"]), row["withdrawn_at"]) for row in rows]


def fingerprint(certificate: x509.Certificate) -> bytes:
    """Return what a certificate is known by: its SHA-256."""
    return certificate.fingerprint(hashes.SHA256())


def _read(held: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(held)
