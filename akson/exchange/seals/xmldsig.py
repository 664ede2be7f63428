"""The signature inside a Hodemelding, over the whole of it and nothing else.

Only one shape is taken: one signature, the last child of the root, with one reference to the whole document. So what is
signed is what is read: there is no part that could be moved, wrapped or left out. What stands in a document inside the
message and is signed there is that document's own affair.

Source   W3C XML Signature 1.1; MsgHead-v1_2.xsd, where it is the last element
"""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from typing import Final

from cryptography import x509
from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConfiguration,
    SignatureMethod,
    XMLSigner,
    XMLVerifier,
)
from signxml.exceptions import SignXMLException

from akson.exchange.hodemelding import MSGHEAD
from akson.exchange.safexml import parse
from akson.exchange.seals.model import MISSHAPEN, NOT_SIGNED, PART, WEAK, WRONG, Identity, Unsound

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_ENVELOPED: Final = f"{DSIG}enveloped-signature"
_TRANSFORMS: Final = frozenset({
    _ENVELOPED, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2006/12/xml-c14n11",
})  # fmt: skip
_METHODS: Final = frozenset({
    SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512, SignatureMethod.ECDSA_SHA256,
    SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512, SignatureMethod.SHA256_RSA_MGF1,
})  # fmt: skip
_DIGESTS: Final = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


def sign(body: bytes, us: Identity) -> bytes:
    """Return a Hodemelding with our signature as its last element; other documents have no place for one."""
    root = parse(body)
    if root.tag != f"{{{MSGHEAD}}}MsgHead":
        return body
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signed = signer.sign(root, key=us.key, cert=[us.certificate])
    data: bytes = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
    return data


def verify(body: bytes, now: datetime) -> tuple[x509.Certificate, ...]:
    """Return the certificate that signed a message with those that came along; () where it has no signature.

    Raises   Unsound, Unreadable
    """
    if DSIG.encode() not in body:
        return ()
    root = parse(body, whole=True)
    signatures = root.findall(f"{{{DSIG}}}Signature")
    if not signatures:
        return ()
    if len(signatures) > 1 or root[-1] is not signatures[0]:
        raise Unsound(PART)
    _whole(signatures[0])
    chain = _chain(signatures[0])
    config = SignatureConfiguration(
        location="./", signature_methods=_METHODS, digest_algorithms=_DIGESTS, verification_time=now
    )
    try:
        XMLVerifier().verify(root, x509_cert=chain[0], expect_config=config)
    except (SignXMLException, TypeError, AttributeError, etree.LxmlError, *MISSHAPEN):  # the middle ones: so is the XML
        raise Unsound(WRONG) from None
    return chain


def _whole(signature: etree._Element) -> None:
    """Refuse a signature over anything but the whole document."""
    references = signature.findall(f"{{{DSIG}}}SignedInfo/{{{DSIG}}}Reference")
    if len(references) != 1 or references[0].get("URI") != "":
        raise Unsound(PART)
    transforms = [each.get("Algorithm") for each in references[0].iter(f"{{{DSIG}}}Transform")]
    if transforms[:1] != [_ENVELOPED] or transforms.count(_ENVELOPED) > 1 or not _TRANSFORMS.issuperset(transforms):
        raise Unsound(PART)
    method = signature.find(f"{{{DSIG}}}SignedInfo/{{{DSIG}}}SignatureMethod")
    if method is None or method.get("Algorithm") not in {each.value for each in _METHODS}:
        raise Unsound(WEAK)


def _chain(signature: etree._Element) -> tuple[x509.Certificate, ...]:
    """Return the certificates in a signature, the signer's first."""
    written = signature.findall(f"{{{DSIG}}}KeyInfo/{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate")
    try:
        found = tuple(x509.load_der_x509_certificate(b64decode(each.text or "")) for each in written)
    except MISSHAPEN:
        raise Unsound(NOT_SIGNED) from None
    if not found:
        raise Unsound(NOT_SIGNED)
    return found
