"""What the parts of a seal have in common: who we are, and what can be wrong with one. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from akson.exchange.safexml import Fault

NOT_READ: Final = Fault(
    "S99", "Krypteringen kan ikke åpnes: meldingen er skadet, eller pakket på en måte som ikke kan leses."
)
NOT_FOR_US: Final = Fault("S99", "Meldingen er kryptert til et sertifikat mottakeren ikke har.")
WEAK: Final = Fault("S99", "Meldingen er kryptert eller signert med en metode som ikke er tillatt.")
NO_KEYS: Final = Fault("S99", "Mottakeren kan ikke åpne krypterte meldinger.")
NOT_OPENED: Final = Fault(  # told in place of why, until the sender is known: an answer that differs is an oracle
    "S99", "Meldingen kan ikke åpnes, eller den er ikke signert av avsenderen. Mottakeren kjenner årsaken."
)
OPEN: Final = Fault("S99", "Meldingen er ikke signert og kryptert, og avsenderen skal gjøre begge deler.")
NOT_SIGNED: Final = Fault("S01", "Meldingen mangler signatur, eller sertifikatet som hører til.")
WRONG: Final = Fault("S01", "Signaturen stemmer ikke med innholdet.")
PART: Final = Fault("S01", "Signaturen gjelder ikke hele meldingen.")
UNKNOWN: Final = Fault("S02", "Sertifikatet til avsenderen er ikke utstedt av noen mottakeren stoler på.")
EXPIRED: Final = Fault("S02", "Sertifikatet til avsenderen er ikke gyldig nå.")
PURPOSE: Final = Fault("S02", "Sertifikatet til avsenderen er ikke laget for å signere meldinger.")
REVOKED: Final = Fault("S03", "Sertifikatet til avsenderen er trukket tilbake.")
ANOTHER: Final = Fault("X99", "Sertifikatet tilhører en annen enn avsenderen.")
STRANGE: Final = Fault("S02", "Sertifikatet til avsenderen kan ikke leses.")
# Raised, soon or late, at a certificate that is none, or holds what nobody has heard of: parts are read when asked for
MISSHAPEN: Final = (
    ValueError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
)  # fmt: skip
SEALED: Final = "application/pkcs7-mime; smime-type=signed-and-enveloped-data"
NO_RECEIVER: Final = "Mottakeren har ikke noe gyldig sertifikat i adresseregisteret."
NO_SIGNER: Final = "Vi har ikke noe gyldig sertifikat å signere med."


class NotSealed(Exception):
    """A message cannot be sealed now; the text says why, for people."""


@dataclass(frozen=True, kw_only=True)
class Unsealed:
    """A message as it can be read. sealed: the bytes that came, where they are others; fault: why it is refused."""

    body: bytes
    sealed: bytes = b""
    fault: Fault | None = None


class Unsound(Exception):
    """A seal is not to be relied on; `fault` says why in the words of an AppRec."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.code)


@dataclass(frozen=True)
class Identity:
    """A certificate of ours with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
