"""CMS: a message signed and then encrypted to the receiver's certificate, and the way back. Pure.

Written by `cryptography`, which signs and encrypts but has no way to verify; that stands here, with its primitives.
What comes may be encrypted with AES only, its key with RSA, and signed with RSA or ECDSA over SHA-2. All that goes
wrong in decrypting looks the same.

Source   RFC 5652; AES-256 in CBC and the order of the two as NHN's message bus wants it (docs/sources.md)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
)

from akson.exchange.seals import der
from akson.exchange.seals.der import Malformed, Node
from akson.exchange.seals.model import MISSHAPEN, NOT_FOR_US, NOT_READ, NOT_SIGNED, WEAK, WRONG, Identity, Unsound

_DATA, _SIGNED, _ENVELOPED = (f"1.2.840.113549.1.7.{number}" for number in (1, 2, 3))
_CONTENT_TYPE, _DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_RSA, _OAEP, _PSS = (f"1.2.840.113549.1.1.{number}" for number in (1, 7, 10))
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_RSA_HASHES: Final = {
    f"1.2.840.113549.1.1.{number}": _HASHES[f"2.16.840.1.101.3.4.2.{number - 10}"] for number in (11, 12, 13)
}
_EC_HASHES: Final = {
    f"1.2.840.10045.4.3.{number}": _HASHES[f"2.16.840.1.101.3.4.2.{number - 1}"] for number in (2, 3, 4)
}
_AES: Final = {f"2.16.840.1.101.3.4.1.{number}": size for number, size in ((2, 16), (22, 24), (42, 32))}  # in CBC
_BER_SEQUENCE: Final = b"\x30"
_TAG0, _TAG1 = 0xA0, 0xA1
_MANY: Final = 100  # receivers of a message, or certificates that come along: each is looked at
_KEY_ID: Final = 0x80  # of a signer or a receiver: [0], the identifier of the key


@dataclass(frozen=True)
class Signed:
    """A content with who signed it, and the other certificates that came along."""

    content: bytes
    signer: x509.Certificate
    others: tuple[x509.Certificate, ...]


def is_cms(data: bytes) -> bool:
    """Tell whether bytes could be CMS: no XML begins so."""
    return data[:1] == _BER_SEQUENCE


def sign(content: bytes, us: Identity) -> bytes:
    """Return `content` with our signature around it."""
    made = PKCS7SignatureBuilder().set_data(content).add_signer(us.certificate, us.key, hashes.SHA256())
    return made.sign(Encoding.DER, [PKCS7Options.Binary])


def encrypt(content: bytes, receiver: x509.Certificate) -> bytes:
    """Return `content` encrypted with AES-256, for the holder of one certificate."""
    made = PKCS7EnvelopeBuilder().set_data(content).add_recipient(receiver)
    return made.set_content_encryption_algorithm(AES256).encrypt(Encoding.DER, [PKCS7Options.Binary])


def decrypt(data: bytes, ours: Sequence[Identity]) -> bytes:
    """Return what was encrypted to one of our certificates, new or old. Raises Unsound."""
    try:
        _, *inner = _content(data, _ENVELOPED).children(der.INTEGER)
        receivers = list(next(node for node in inner if node.tag == der.SET))
        if len(receivers) > _MANY:
            raise Malformed
        sealed = next(node for node in inner if node.tag == der.SEQUENCE).children(der.OID, der.SEQUENCE)
        found = [(us, receiver) for receiver in receivers for us in ours if _is_for(receiver, us.certificate)]
        if not found:
            raise Unsound(NOT_FOR_US)
        key = _content_key(*found[0])
        return _deciphered(sealed[1], sealed[2], key)
    except (Malformed, StopIteration, IndexError, ValueError):
        raise Unsound(NOT_READ) from None


def verify(data: bytes, known: Sequence[x509.Certificate] = ()) -> Signed:
    """Return what was signed, by whom: the signature holds, the certificate is still to be looked at.

    known   certificates that may have signed without coming along
    Raises  Unsound
    """
    if not is_cms(data):
        raise Unsound(NOT_SIGNED)
    try:
        parts = _content(data, _SIGNED).children(der.INTEGER, der.SET, der.SEQUENCE)
        encapsulated = parts[2].children(der.OID)
        content = next(iter(encapsulated[1])).octets if len(encapsulated) > 1 else None
        signers = list(parts[-1]) if parts[-1].tag == der.SET and len(parts) > 3 else []
        came = _certificates(next((part for part in parts[3:] if part.tag == _TAG0), None))
        if content is None or len(signers) != 1:
            raise Unsound(NOT_SIGNED)
        signer = next((each for each in (*came, *known) if _named(signers[0], each)), None)
        if signer is None:
            raise Unsound(NOT_SIGNED)
        _check(signers[0], encapsulated[0].oid, content, signer)
    except (Malformed, StopIteration, IndexError, *MISSHAPEN):
        raise Unsound(NOT_READ) from None
    return Signed(content, signer, tuple(each for each in came if each != signer))


def _content(data: bytes, kind: str) -> Node:
    type_, tagged = der.read(data).children(der.OID, _TAG0)[:2]
    if type_.oid != kind:
        raise Unsound(NOT_SIGNED if kind == _SIGNED else NOT_READ)
    return next(iter(tagged))


def _is_for(receiver: Node, certificate: x509.Certificate) -> bool:
    return receiver.tag == der.SEQUENCE and _named(receiver, certificate)


def _named(info: Node, certificate: x509.Certificate) -> bool:
    """Tell whether a signer or receiver is the holder of a certificate: by issuer and number, or by the key's name."""
    name = info.children(der.INTEGER)[1]
    if name.tag == der.SEQUENCE:
        issuer, number = name.children(der.SEQUENCE, der.INTEGER)
        return number.integer == certificate.serial_number and issuer.whole == certificate.issuer.public_bytes()
    try:
        key = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return False
    return name.tag in (_KEY_ID, _TAG0) and name.octets == key


def _content_key(us: Identity, receiver: Node) -> bytes:
    algorithm, encrypted = receiver.children(der.INTEGER)[2:4]
    kind, *parameters = algorithm.children(der.OID)
    if not isinstance(us.key, rsa.RSAPrivateKey) or kind.oid not in (_RSA, _OAEP):
        raise Unsound(WEAK)
    return us.key.decrypt(encrypted.octets, padding.PKCS1v15() if kind.oid == _RSA else _oaep(parameters))


def _oaep(parameters: list[Node]) -> padding.OAEP:
    """Return how a key was padded. The hashes must be named: those that are meant else are none that should be used."""
    named = {part.tag: next(iter(part)) for part in parameters[0]} if parameters else {}
    if not {_TAG0, _TAG1} <= named.keys():
        raise Unsound(WEAK)
    mask = named[_TAG1].children(der.OID)[1]
    return padding.OAEP(mgf=padding.MGF1(_hash(mask)), algorithm=_hash(named[_TAG0]), label=None)


def _hash(algorithm: Node) -> hashes.HashAlgorithm:
    found = _HASHES.get(algorithm.children(der.OID)[0].oid)
    if found is None:
        raise Unsound(WEAK)
    return found


def _deciphered(algorithm: Node, content: Node, key: bytes) -> bytes:
    kind, vector = algorithm.children(der.OID)[:2]
    if (size := _AES.get(kind.oid)) is None:
        raise Unsound(WEAK)
    if len(key) != size:
        raise Malformed
    decryptor = Cipher(AES(key), CBC(vector.octets)).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(content.octets) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def _certificates(held: Node | None) -> list[x509.Certificate]:
    found = [node for node in held if node.tag == der.SEQUENCE] if held else []
    if len(found) > _MANY:
        raise Malformed
    return [x509.load_der_x509_certificate(node.whole) for node in found]


def _check(info: Node, type_: str, content: bytes, signer: x509.Certificate) -> None:
    """Hold the signature to the content. Raises Unsound when it is another one's, or not as strong as it must be."""
    _, _, digest, *rest = info.children(der.INTEGER)
    chosen = _hash(digest)
    signed = content
    if rest[0].tag == _TAG0:
        attributes, *rest = rest
        _attributes(attributes, type_, _digest(chosen, content))
        signed = der.as_set(attributes)
    elif type_ != _DATA:
        raise Unsound(WRONG)  # then it must have them: else attributes could be passed off as the content
    algorithm, signature = rest[:2]
    check_signature(signer, algorithm, signature.octets, signed, chosen)


def _attributes(held: Node, type_: str, digest: bytes) -> None:
    """Refuse attributes that are not about this content; each says it once."""
    said: dict[str, Node] = {}
    for attribute in held:
        kind, values = attribute.children(der.OID, der.SET)
        if kind.oid in said:
            raise Unsound(WRONG)
        (said[kind.oid],) = values if kind.oid in (_CONTENT_TYPE, _DIGEST) else (values,)
    if not {_CONTENT_TYPE, _DIGEST} <= said.keys():
        raise Unsound(WRONG)
    if said[_CONTENT_TYPE].oid != type_ or said[_DIGEST].octets != digest:
        raise Unsound(WRONG)


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    made = hashes.Hash(algorithm)
    made.update(content)
    return made.finalize()


def check_signature(
    signer: x509.Certificate, algorithm: Node, signature: bytes, signed: bytes, chosen: hashes.HashAlgorithm
) -> None:
    """Verify with the key of a certificate. Raises Unsound."""
    kind, key = algorithm.children(der.OID)[0].oid, signer.public_key()
    how: Any = ()
    if isinstance(key, rsa.RSAPublicKey) and kind in (_RSA, *_RSA_HASHES):
        how = (padding.PKCS1v15(), _RSA_HASHES.get(kind, chosen))
    elif isinstance(key, rsa.RSAPublicKey) and kind == _PSS:
        how = (padding.PSS(mgf=padding.MGF1(chosen), salt_length=padding.PSS.AUTO), chosen)
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind in _EC_HASHES:
        how = (ec.ECDSA(_EC_HASHES[kind]),)
    else:
        raise Unsound(WEAK)
    try:
        key.verify(signature, signed, *how)
    except InvalidSignature:
        raise Unsound(WRONG) from None
