"""Whose certificates count: the roots and revocation lists an operator has put in a folder.

Source   RFC 5280; SEID: the number of an organisation stands in the subject of its certificate
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from akson.base.errors import Refused
from akson.exchange.seals.authorities import Authorities
from akson.exchange.seals.model import EXPIRED, MISSHAPEN, PURPOSE, REVOKED, STRANGE, UNKNOWN, Unsound

LOG: Final = logging.getLogger("akson.exchange.seals")
_ORGANISATION: Final = re.compile(r"(?:NTRNO-)?(\d{9})")


class Trust:
    """A folder with certificates of authorities and their revocation lists, .pem, .crt, .cer and .crl."""

    def __init__(self, folder: Path | None) -> None:
        """Trust what lies in `folder`; without one, nobody."""
        self._held = Authorities(folder)

    @property
    def anybody(self) -> bool:
        """Tell whether there is a folder at all."""
        return self._held.folder is not None

    def check(self, signer: x509.Certificate, others: Iterable[x509.Certificate], now: datetime) -> None:
        """Refuse a certificate that nobody we trust vouches for now, or that is not for signing. Raises Unsound.

        Raises  Refused AK-L029 where a file of the folder was never read whole: then nobody is judged
        """
        self._held.look()
        if name := self._held.unknown:
            raise Refused("AK-L029", name=name)
        try:
            chain = self._vouched(signer, [*others], now)
        except MISSHAPEN:
            raise Unsound(STRANGE) from None
        for name in sorted({_named(each) for _, each in pairwise(chain) if not self._listed(each, now)}):
            LOG.warning("an authority in use has no revocation list that is current", extra={"authority": name})
        for one, issuer in pairwise(chain):
            if any(_revokes(each, one, issuer) for each in self._held.lists):
                raise Unsound(REVOKED)

    def _vouched(
        self, signer: x509.Certificate, others: list[x509.Certificate], now: datetime
    ) -> list[x509.Certificate]:
        """Return the certificates from a signer's to a root. Raises Unsound, and what is MISSHAPEN."""
        if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
            raise Unsound(EXPIRED)
        if not may_sign(signer):
            raise Unsound(PURPOSE)
        return self._chain(signer, others, now)

    def unlisted(self, now: datetime) -> list[str]:
        """Return the names of the authorities without a current revocation list: what they take back counts on."""
        self._held.look()
        return sorted({_named(each) for each in self._held.roots if not self._listed(each, now)})

    def unreadable(self) -> tuple[str, ...]:
        """Return the names of the files that cannot be read: those that once were count as they did."""
        self._held.look()
        return self._held.unreadable

    def _listed(self, issuer: x509.Certificate, now: datetime) -> bool:
        """Tell whether a list of an authority's own is here, and not run out."""
        return any(
            each.issuer == issuer.subject and (each.next_update_utc is None or each.next_update_utc > now)
            and _signed(each, issuer)
            for each in self._held.lists
        )  # fmt: skip

    def _chain(self, signer: x509.Certificate, others: list[x509.Certificate], now: datetime) -> list[x509.Certificate]:
        if not (roots := self._held.roots):
            raise Unsound(UNKNOWN)
        policy = PolicyBuilder().store(Store(roots)).time(now).extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )  # fmt: skip
        try:
            return policy.build_client_verifier().verify(signer, others).chain
        except VerificationError:
            raise Unsound(UNKNOWN) from None


def _named(authority: x509.Certificate) -> str:
    return authority.subject.rfc4514_string()


def organisation(certificate: x509.Certificate) -> str:
    """Return the number of the organisation a certificate was given to, or ""."""
    for kind in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            if found := _ORGANISATION.fullmatch(str(attribute.value).strip()):
                return found[1]
    return ""


def may_encrypt(certificate: x509.Certificate) -> bool:
    """Tell whether messages may be encrypted to a certificate."""
    usage = _usage(certificate)
    return usage is None or usage.key_encipherment


def may_sign(certificate: x509.Certificate) -> bool:
    """Tell whether messages may be signed with a certificate."""
    usage = _usage(certificate)
    return usage is None or usage.content_commitment or usage.digital_signature


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _revokes(list_: x509.CertificateRevocationList, one: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether an authority's own list takes a certificate back; one that has run out counts until the next."""
    if list_.issuer != one.issuer or list_.get_revoked_certificate_by_serial_number(one.serial_number) is None:
        return False
    return _signed(list_, issuer)


def _signed(list_: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Tell whether an authority signed a list itself, with a key of a kind that those above a signer may have."""
    try:
        key = issuer.public_key()
    except UnsupportedAlgorithm:  # of a kind or a curve that nobody has heard of
        return False
    return isinstance(key, RSAPublicKey | EllipticCurvePublicKey) and list_.is_signature_valid(key)
