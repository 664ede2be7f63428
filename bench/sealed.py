"""Two organisations that sign and encrypt, for bench.messaging: certificates of the size of real ones, made here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from akson.exchange import addresses
from akson.exchange.carriers import Handed, Said
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.seals import cms, partners, xmldsig
from akson.exchange.seals.model import Identity
from akson.exchange.seals.own import OwnCertificates
from akson.exchange.seals.sealing import Seals
from akson.exchange.seals.trust import Trust
from akson.exchange.transports.local import Local
from akson.record.office import Office
from tests.exchange import authority
from tests.exchange.letters import HEART

OURS, THEIRS = "310000015", "310000023"


@dataclass
class Pair:
    """Our seals, and the hospital that seals for us."""

    seals: Seals
    signs: Identity

    def sent(self, body: bytes) -> bytes:
        """Return a message as the hospital seals it."""
        signed = cms.sign(xmldsig.sign(body, self.signs), self.signs)
        return cms.encrypt(signed, self.seals.own.certificates[1])


@dataclass
class Sealing:
    """The local transport with sealed messages."""

    local: Local
    seals: Seals
    clock: Callable[[], datetime]

    async def hand_over(self, claimed: Claimed) -> Handed:
        """Seal and hand over."""
        body = await self.seals.seal(claimed.body, claimed.receiver, self.clock())
        if body is None:
            raise SystemExit("a message was not sealed")
        return await self.local.hand_over(replace(claimed, body=body))

    async def ask(self, asked: Unconfirmed) -> Said:
        """Ask nobody."""
        return await self.local.ask(asked)


async def pair(office: Office, folder: Path) -> Pair:
    """Make the certificates, and enter those of the hospital in the register."""
    authority.BITS = 3072
    root, own = authority.Authority("Bench", 101), OwnCertificates(folder / "bench-keys")
    uses = (authority.ENCRYPTS, authority.SIGNS)
    own.rotate([authority.bundle(root.identity(OURS, 102 + n, use), "x") for n, use in enumerate(uses)], "x")
    known = (await addresses.find(office.database, [HEART.parent]))[HEART.parent]
    await addresses.put(office.database, [replace(known, org_number=THEIRS)])
    opens, signs = (root.identity(THEIRS, 104 + n, use) for n, use in enumerate(uses))
    await partners.enter(office.database, HEART.parent, opens.certificate, office.clock())
    trust = Trust(root.trusted_in(folder / "bench-trust"))
    return Pair(Seals(reads=office.database, own=own, trust=trust), signs)
