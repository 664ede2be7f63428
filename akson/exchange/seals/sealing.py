"""Seal what goes out, open what comes in, and hold it to who is said to have sent it.

The certificate speaks for the organisation that delivered the message; that one is held to what the message itself says
of its sender afterwards, as for any other transport (exchange/checks.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from akson.base.database import Reads
from akson.exchange.safexml import Fault, Unreadable
from akson.exchange.seals import cms, xmldsig
from akson.exchange.seals.model import NO_KEYS, NO_RECEIVER, NO_SIGNER, OPEN, NotSealed, Unsealed, Unsound
from akson.exchange.seals.own import OwnCertificates
from akson.exchange.seals.partners import Partner, partner
from akson.exchange.seals.trust import Trust


@dataclass(frozen=True, kw_only=True)
class Seals:
    """Our certificates, those of others, and whom we trust to make them."""

    reads: Reads
    own: OwnCertificates
    trust: Trust

    async def seal(self, body: bytes, receiver: int, now: datetime) -> bytes | None:
        """Return a message signed and encrypted to its receiver; None where theirs are sent open. Raises NotSealed.

        Who has a certificate by the address register is not written to in the open for want of it here.
        """
        to = await partner(self.reads, receiver)
        if not to.seals and not to.encrypted_to:
            return None
        certificate, us = to.encrypts_to(now), self.own.signer(now)
        if certificate is None or us is None:
            raise NotSealed(NO_SIGNER if certificate else NO_RECEIVER)
        return cms.encrypt(cms.sign(xmldsig.sign(body, us), us), certificate)

    async def unseal(self, data: bytes, sender: int, now: datetime) -> Unsealed:
        """Open a message, and hold its signatures to `sender`, a HER-id by the transport's word.

        Whatever came, it raises nothing; Refused AK-L029 where a file among those we trust cannot be read, as Trust.

        What is inside comes out only when it is signed by that sender: else the answer would tell anybody of a message
        of another's that they hand in, changed or as it was.
        """
        by = await partner(self.reads, sender)
        if not cms.is_cms(data):
            return Unsealed(body=data, fault=OPEN if by.seals else self._inside(data, by, now))
        if not self.own.opening:
            return Unsealed(body=data, fault=NO_KEYS)
        try:
            signed = cms.verify(cms.decrypt(data, self.own.opening), by.certificates)
            self._check(signed.signer, signed.others, by, now)
        except Unsound as refused:
            return Unsealed(body=data, fault=refused.fault)
        return Unsealed(body=signed.content, sealed=data, fault=self._inside(signed.content, by, now))

    def _inside(self, body: bytes, by: Partner, now: datetime) -> Fault | None:
        """Return what is wrong with the signature inside a message; one without has nothing wrong.

        Where messages go in the open and nobody is trusted to make certificates, nobody could tell.
        """
        try:
            if (by.seals or self.trust.anybody) and (chain := xmldsig.verify(body, now)):
                self._check(chain[0], chain[1:], by, now)
        except (Unsound, Unreadable) as refused:
            return refused.fault
        return None

    def _check(self, signer: x509.Certificate, others: Sequence[x509.Certificate], by: Partner, now: datetime) -> None:
        self.trust.check(signer, others, now)
        by.check(signer)
