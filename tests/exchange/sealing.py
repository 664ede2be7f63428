"""Somebody outside who signs and encrypts, for the chaos runs: how they seal, and all that can be false about a seal.

The certificates of both ends are in a trust of the run's own. Made before the run, or while it goes, without a program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from akson.exchange import addresses
from akson.exchange.addresses import AMQP, Address
from akson.exchange.seals import cms, partners
from akson.exchange.seals.model import ANOTHER, OPEN, Identity, Unsound
from akson.exchange.seals.own import OwnCertificates
from akson.record.office import Office
from peers.letters import Place
from tests.exchange.authority import ENCRYPTS, SIGNS, START, Authority, bundle
from tests.exchange.hospital import Parcel
from tests.exchange.letters import EYES, HEART

OURS, THEIRS, ANOTHERS = "310000015", "310000023", "310000031"


@dataclass
class Sealing:
    """The hospital that seals, and what it knows of us.

    folder   where we have our certificates, and whom we trust
    openly   messages that have come to it in the open
    """

    folder: Path
    place: Place = EYES
    root: Authority = field(init=False)
    ours: OwnCertificates = field(init=False)
    signs: Identity = field(init=False)
    opens: Identity = field(init=False)
    revoked: Identity = field(init=False)
    openly: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.root, self.ours = Authority("Tillit", 1), OwnCertificates(self.keys)
        made = [bundle(self.root.identity(OURS, number, use), "x") for number, use in ((2, ENCRYPTS), (3, SIGNS))]
        self.ours.rotate(made, "x")
        self.signs, self.opens = self.root.identity(THEIRS, 4, SIGNS), self.root.identity(THEIRS, 5, ENCRYPTS)
        self.revoked = self.root.identity(THEIRS, 4, SIGNS)
        (self.root.trusted_in(self.trust) / "taken-back.crl").write_bytes(
            self.root.revoked(self.revoked.certificate, days=3650)
        )

    @property
    def keys(self) -> Path:
        return self.folder / "certificates"

    @property
    def trust(self) -> Path:
        return self.folder / "trust"

    async def enter(self, office: Office) -> None:
        """Enter the hospital in the address register, with its certificate."""
        await addresses.put(office.database, [
            Address(her_id=self.place.parent, name=self.place.parent_name, ours=False, org_number=THEIRS, endpoint=AMQP),
            Address(her_id=self.place.her_id, name=self.place.name, ours=False, parent=self.place.parent, endpoint=AMQP),
        ])  # fmt: skip
        await partners.enter(office.database, self.place.her_id, self.opens.certificate, office.clock())

    def signed(self, body: bytes, by: Identity | None = None) -> bytes:
        """Return a message with the signature inside; receipts have no place for one."""
        from akson.exchange.seals import xmldsig

        return xmldsig.sign(body, by or self.signs)

    def closed(self, body: bytes, by: Identity | None = None) -> bytes:
        """Return a message with the signature around it, encrypted to us."""
        return self.encrypted(cms.sign(body, by or self.signs))

    def encrypted(self, data: bytes) -> bytes:
        return cms.encrypt(data, self.ours.certificates[1])

    def sealed(self, body: bytes) -> tuple[Parcel, bytes]:
        """Return a message as it travels to us, and what is inside."""
        inside = self.signed(body)
        return Parcel(self.closed(inside), sha256(inside).digest(), self.place.her_id, sealed=True), inside

    def opened(self, data: bytes) -> bytes:
        """Return what is in a message of ours to them. Raises Unsound, also where it is in the open, or not signed by us."""
        if not cms.is_cms(data):
            raise Unsound(OPEN)
        found = cms.verify(cms.decrypt(data, [self.opens]))
        if found.signer != self.ours.certificates[0]:
            raise Unsound(ANOTHER)
        return found.content


@dataclass(frozen=True)
class Falsehood:
    """One thing that is false about a seal.

    does         what comes of a message: as it travels, and as it is kept
    code         why it is refused; told: what the sender is told, who is known only once the seal was opened
    only_inside  the seal holds, and what is wrong stands in the message
    """

    does: Callable[[Sealing, bytes], tuple[bytes, bytes]]
    code: str
    told: str = "S99"
    only_inside: bool = False


def _unopened(does: Callable[[Sealing, bytes], bytes]) -> Callable[[Sealing, bytes], tuple[bytes, bytes]]:
    """Return what makes a message that is kept as it came."""
    return lambda by, body: (made := does(by, body), made)


def _by(who: Callable[[Sealing], Identity]) -> Callable[[Sealing, bytes], tuple[bytes, bytes]]:
    return _unopened(lambda by, body: by.closed(by.signed(body, who(by)), who(by)))


def _altered(signed: bytes) -> bytes:
    """Return what was signed with another letter in its text."""
    assert signed.count(b">Inn nummer") == 1
    return signed.replace(b">Inn nummer", b">Ind nummer")


def _altered_inside(by: Sealing, body: bytes) -> tuple[bytes, bytes]:
    inside = _altered(by.signed(body))
    return by.closed(inside), inside


def _in_anothers_name(by: Sealing, body: bytes) -> tuple[bytes, bytes]:
    inside = by.signed(body.replace(f">{by.place.her_id}<".encode(), f">{HEART.her_id}<".encode()))
    return by.closed(inside), inside


FALSE = {
    "a byte altered under the signature around it": Falsehood(
        _unopened(lambda by, body: by.encrypted(_altered(cms.sign(by.signed(body), by.signs)))), "S01"),
    "a byte altered under the signature inside": Falsehood(_altered_inside, "S01", told="S01"),
    "signed inside alone": Falsehood(_unopened(lambda by, body: by.encrypted(by.signed(body))), "S01"),
    "cut off under its encryption": Falsehood(_unopened(lambda by, body: by.closed(by.signed(body))[:-40]), "S99"),
    "encrypted to another": Falsehood(
        _unopened(lambda by, body: cms.encrypt(cms.sign(by.signed(body), by.signs), by.opens.certificate)), "S99"),
    "in the open from one who seals": Falsehood(_unopened(lambda _, body: body), "S99"),
    "a certificate of another organisation": Falsehood(_by(lambda by: by.root.identity(ANOTHERS, 4, SIGNS)), "X99"),
    "a certificate that nobody trusts": Falsehood(_by(lambda _: Authority("Tillit", 6).identity(THEIRS, 4, SIGNS)), "S02"),
    "a certificate that has run out": Falsehood(
        _by(lambda by: by.root.identity(THEIRS, 4, SIGNS, ends=START + timedelta(days=90))), "S02"),
    "a certificate that was taken back": Falsehood(_by(lambda by: by.revoked), "S03"),
    "sealed in another's name": Falsehood(_in_anothers_name, "X99", told="X99", only_inside=True),
}  # fmt: skip
