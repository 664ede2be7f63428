"""Signatures moved to where they cover something else than is read: refused, kept as they came, nothing of it in the record.

Each is sealed by the very organisation that signed: whoever holds a true signature of theirs is the one to fear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache, partial
from importlib.util import find_spec

from lxml import etree

from akson.exchange import addresses, inbox
from akson.exchange.addresses import Address
from akson.exchange.opening import opened
from akson.exchange.seals import cms, partners
from akson.exchange.seals.model import Identity
from akson.exchange.seals.own import OwnCertificates
from akson.exchange.seals.trust import Trust
from tests.conformance.arriving.arrival import places, received, refused
from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.exchange.authority import ENCRYPTS, SIGNS, Authority, bundle
from tests.exchange.letters import ASTRID, HEART, written
from tests.exchange.places import Places

DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
OURS, THEIRS = "310000015", "310000023"


def cases() -> Iterator[Case]:
    """Yield the cases; none where what reads signatures is not installed (`make queues`)."""
    if find_spec("signxml") is None:
        return
    yield Case("signed/as-it-should-be", partial(_came, "true", bytes, ""))
    for name, move in MOVED.items():
        yield Case(f"signed/{name}", partial(_came, name, move, "S01"))


def forged(signed: bytes) -> etree._Element:
    """Return another message in the name of the same sender, without a signature."""
    envelope = opened(signed).envelope
    assert envelope
    return etree.fromstring(written("Hun reiser hjem alene i kveld.", msg_id=f"{envelope.msg_id}-forged"))


def _around(signed: bytes) -> bytes:
    """The signed message stands inside ours, whose last element is its signature."""
    outer, inner, signature = forged(signed), *_parted(signed)
    outer.extend([inner, signature])
    return etree.tostring(outer)


def _before(signed: bytes) -> bytes:
    """The same, with the signed message first: a program that looks for the first of all elements reads that one."""
    outer, inner, signature = forged(signed), *_parted(signed)
    outer.insert(0, inner)
    outer.append(signature)
    return etree.tostring(outer)


def _under(signed: bytes) -> bytes:
    """It stands in an Object of its own signature, where no reader of messages looks."""
    outer, inner, signature = forged(signed), *_parted(signed)
    etree.SubElement(signature, f"{DSIG}Object").append(inner)
    outer.append(signature)
    return etree.tostring(outer)


def _parted(signed: bytes) -> tuple[etree._Element, etree._Element]:
    """Return a signed message without its signature, and that."""
    root = etree.fromstring(signed)
    signature = root[-1]
    root.remove(signature)
    return root, signature


def _moved(signed: bytes) -> bytes:
    """The signature alone is moved, and says as before that it is of the whole."""
    outer = forged(signed)
    outer.append(etree.fromstring(signed)[-1])
    return etree.tostring(outer)


def _beside(signed: bytes) -> bytes:
    """The whole signed message stands first in ours, with a signature of its own kind behind it."""
    outer, inner = forged(signed), etree.fromstring(signed)
    outer.insert(0, inner)
    outer.append(deepcopy(inner[-1]))
    return etree.tostring(outer)


def _more(signed: bytes) -> bytes:
    """A document was put in after it was signed."""
    root = etree.fromstring(signed)
    document = root.find("{*}Document")
    root.insert(root.index(document), deepcopy(forged(signed).find("{*}Document")))
    return etree.tostring(root)


def _behind(signed: bytes) -> bytes:
    """A document stands behind the signature."""
    root = etree.fromstring(signed)
    root.append(deepcopy(root.find("{*}Document")))
    return etree.tostring(root)


MOVED: dict[str, Callable[[bytes], bytes]] = {
    "wrapped-in-another": _around, "wrapped-before-all": _before, "under-its-signature": _under, "signature-moved": _moved,
    "beside-what-is-read": _beside, "a-document-more": _more, "a-document-behind": _behind,
}  # fmt: skip


BY_ID = (_around, _before, _under)


def _by_id(body: bytes, us: Identity) -> bytes:
    """Sign a message under an id, as other programs do: such a signature holds wherever the message is moved to."""
    from signxml import CanonicalizationMethod, XMLSigner

    root = etree.fromstring(body)
    root.set("Id", "signed")
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    return etree.tostring(signer.sign(root, key=us.key, cert=[us.certificate], reference_uri="#signed"))


@cache
def _hospital() -> tuple[Authority, OwnCertificates, Identity]:
    """Return who vouches, our certificates, and with what the hospital signs; both known to the register."""
    home, there = running("messages"), places()
    root, own = Authority("Tillit", 1), OwnCertificates(home.folder)
    own.rotate([bundle(root.identity(OURS, number, use), "x") for number, use in ((2, ENCRYPTS), (3, SIGNS))], "x")
    signs, opens = root.identity(THEIRS, 4, SIGNS), root.identity(THEIRS, 5, ENCRYPTS)

    async def known() -> None:
        await addresses.put(there.office.database, [
            Address(her_id=HEART.parent, name=HEART.parent_name, ours=False, org_number=THEIRS),
        ])  # fmt: skip
        await partners.enter(there.office.database, HEART.parent, opens.certificate, there.office.clock())

    home.run(known())
    return root, own, signs


def _came(name: str, move: Callable[[bytes], bytes], code: str) -> str | None:
    there = places()
    root, own, signs = _hospital()
    return running("messages").run(_in(there, root, own, signs, name, move, code))


async def _in(
    there: Places, root: Authority, own: OwnCertificates, signs: Identity, name: str, move: Callable[[bytes], bytes],
    code: str,
) -> str | None:  # fmt: skip
    """Seal what was moved, let it in as the queue does, and say what is wrong with what became of it."""
    from akson.exchange.seals import xmldsig
    from akson.exchange.seals.sealing import Seals

    trust = Trust(root.trusted_in(running("messages").folder / "trust"))
    seals = Seals(reads=there.office.database, own=own, trust=trust)
    message = written(fnr=ASTRID, msg_id=f"signed-{name}")
    body = move(_by_id(message, signs) if move in BY_ID else xmldsig.sign(message, signs))
    data = cms.encrypt(cms.sign(body, signs), own.certificates[1])
    found = await seals.unseal(data, HEART.her_id, there.office.clock())
    seal = inbox.Seal(bytes=found.sealed, fault=found.fault)
    row = await received(there, found.body, f"signed-{name}", sender=HEART.her_id, seal=seal)
    if (row["body"], row["sealed"]) != (body, data):
        return "its bytes are not kept as they came"
    if row["fault_code"] != code:
        return f"answered with {row['fault_code'] or 'OK'} ({row['fault_text']}), not {code or 'OK'}"
    if not code:
        return None if row["filed_as"] else "it is not filed"
    if row["filed_as"]:
        return "something of it stands in the record"
    return await refused(there, row, opened(body))
