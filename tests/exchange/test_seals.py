"""What is signed and encrypted: only the holder opens it, only its signer's organisation has sent it, and the whole of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from akson.base.errors import Refused
from akson.exchange import addresses
from akson.exchange.seals import cms, der, model, partners
from akson.exchange.seals.model import Identity, NotSealed, Unsound
from akson.exchange.seals.own import OwnCertificates
from akson.exchange.seals.trust import Trust
from akson.record.office import Office
from tests.exchange.authority import ENCRYPTS, SIGNS, START, Authority, bundle
from tests.exchange.letters import HEART, written

pytest.importorskip("signxml", reason="needs signxml (make queues)")
from akson.exchange.seals import xmldsig
from akson.exchange.seals.sealing import Seals

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OURS, THEIRS, STRANGER = "310000015", "310000023", "310000031"
BODY = written()
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


@dataclass
class Sealed:
    """Two organisations with their certificates, an authority both trust, and our end."""

    seals: Seals
    office: Office
    folder: Path
    root: Authority
    signs: Identity  # the hospital's
    opens: Identity
    ours: Identity  # what messages to us are encrypted to

    async def came(self, data: bytes, sender: int = HEART.her_id) -> model.Unsealed:
        return await self.seals.unseal(data, sender, NOW)

    async def enters(self, one: Identity, her_id: int = HEART.parent) -> None:
        await partners.enter(self.office.database, her_id, one.certificate, NOW)

    def sent(self, body: bytes = BODY, by: Identity | None = None) -> bytes:
        """Return a message as the hospital seals it."""
        us = by or self.signs
        return cms.encrypt(cms.sign(xmldsig.sign(body, us), us), self.ours.certificate)


@pytest.fixture
async def sealed(office: Office, tmp_path: Path) -> Sealed:
    root = Authority("Tillit", 1)
    own = OwnCertificates(tmp_path)
    ours = root.identity(OURS, 2, ENCRYPTS), root.identity(OURS, 3, SIGNS)
    own.rotate([bundle(each, "hemmelig") for each in ours], "hemmelig")
    await addresses.put(office.database, [
        addresses.Address(her_id=HEART.parent, name=HEART.parent_name, ours=False, org_number=THEIRS),
        addresses.Address(her_id=HEART.her_id, name=HEART.name, ours=False, parent=HEART.parent, endpoint=addresses.AMQP),
    ])  # fmt: skip
    seals = Seals(reads=office.database, own=own, trust=Trust(root.trusted_in(tmp_path / "trust")))
    made = Sealed(
        seals, office, tmp_path, root, root.identity(THEIRS, 4, SIGNS), root.identity(THEIRS, 5, ENCRYPTS), ours[0]
    )
    await made.enters(made.opens)
    return made


async def test_what_is_sealed_is_opened_by_its_receiver_and_says_who_signed_it(sealed: Sealed) -> None:
    came = sealed.sent()
    found = await sealed.came(came)
    assert (found.fault, found.sealed) == (None, came)
    assert (
        etree.fromstring(found.body).find("{*}MsgInfo/{*}MsgId").text
        == etree.fromstring(BODY).find("{*}MsgInfo/{*}MsgId").text
    )
    out = await sealed.seals.seal(BODY, HEART.her_id, NOW)
    assert out and BODY not in out
    signed = cms.verify(cms.decrypt(out, [sealed.opens]))
    assert signed.signer == xmldsig.verify(signed.content, NOW)[0] == sealed.seals.own.certificates[0]


async def test_old_keys_open_and_the_new_one_signs(sealed: Sealed) -> None:
    before = sealed.sent()
    new = sealed.root.identity(OURS, 6, ENCRYPTS, SIGNS, modern=False)
    sealed.seals.own.rotate([bundle(new, "")])
    assert (await sealed.came(before)).fault is None
    assert (await sealed.came(replace(sealed, ours=new).sent())).fault is None
    out = await sealed.seals.seal(BODY, HEART.her_id, NOW)
    assert out and cms.verify(cms.decrypt(out, [sealed.opens])).signer == new.certificate


def test_keys_are_made_here_and_their_certificates_taken_only_where_they_fit(tmp_path: Path) -> None:
    own, root = OwnCertificates(tmp_path), Authority("Tillit", 1)
    first = own.prepare("Fjordvik kommune")
    assert [each.public_key() for each in own.prepare("Fjordvik kommune")] == [each.public_key() for each in first]
    with pytest.raises(Refused, match="AK-L027"):
        own.rotate([root.identity(OURS, 2, SIGNS).certificate.public_bytes(Encoding.DER)])
    with pytest.raises(Refused, match="AK-L027"):
        own.rotate([bundle(root.identity(OURS, 2, SIGNS), "hemmelig")], "feil")
    assert own.signer(NOW) is None and own.path.stat().st_mode & 0o077 == 0


KIND, VERSION = (
    bytes.fromhex("2a864886f70d010101"),
    b"\xa0\x03\x02\x01\x02",
)  # in a certificate: of an RSA key; the third
USES, KEY_ID = b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x0e"
AS_BITS = b"\x01\x01\xff\x04\x04\x03"
BAD: dict[str, tuple[Callable[[Sealed], bytes], model.Fault]] = {
    "cut off": (lambda on: on.sent()[:-40], model.NOT_READ),
    "no ASN.1 at all": (lambda on: b"0\x84\xff\xff\xff\xff", model.NOT_READ),
    "a bit turned in what is encrypted": (lambda on: turned(on.sent(), -80), model.WRONG),
    "signed and not encrypted": (lambda on: cms.sign(BODY, on.signs), model.NOT_READ),
    "to another's certificate": (lambda on: replace(on, ours=on.opens).sent(), model.NOT_FOR_US),
    "not signed": (lambda on: cms.encrypt(BODY, on.ours.certificate), model.NOT_SIGNED),
    "in the open": (lambda on: BODY, model.OPEN),
    "signed, and then changed": (
        lambda on: cms.encrypt(cms.sign(BODY, on.signs).replace(b"reiser hjem", b"reiser bort"), on.ours.certificate), model.WRONG),
    "by a certificate that has run out": (lambda on: on.sent(by=on.root.identity(THEIRS, 4, SIGNS, ends=NOW.replace(month=6))), model.EXPIRED),
    "by a certificate of nobody we trust": (lambda on: on.sent(by=Authority("Tillit", 7).identity(THEIRS, 4, SIGNS)), model.UNKNOWN),
    "by a certificate for encryption": (lambda on: on.sent(by=on.opens), model.PURPOSE),
    "by another organisation": (lambda on: on.sent(by=on.root.identity(STRANGER, 8, SIGNS)), model.ANOTHER),
    "changed inside": (lambda on: around(on, xmldsig.sign(BODY, on.signs).replace(b"reiser hjem", b"reiser bort")), model.WRONG),
    "signed inside by another organisation": (
        lambda on: around(on, xmldsig.sign(BODY, on.root.identity(STRANGER, 8, SIGNS))), model.ANOTHER),
    "signed twice inside": (lambda on: around(on, repeated(xmldsig.sign(BODY, on.signs))), model.PART),
    "the signature is of a part": (lambda on: around(on, wrapped(xmldsig.sign(BODY, on.signs))), model.PART),
    "something after the signature": (lambda on: around(on, altered(on, lambda root: etree.SubElement(root, "Document"))), model.PART),
    "a transform that leaves something out": (
        lambda on: around(on, altered(on, lambda root: set_(root, "Transforms/{*}Transform[2]", "http://www.w3.org/TR/1999/REC-xpath-19991116"))),
        model.PART),
    "a secret in place of a key": (
        lambda on: around(on, altered(on, lambda root: set_(root, "SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"))),
        model.WEAK),
    "by a key of a kind nobody has heard of": (lambda on: with_certificate(on, KIND, b"\x2b" + KIND[1:]), model.NOT_READ),
    "by a certificate of no version": (lambda on: with_certificate(on, VERSION, VERSION[:-1] + b"\x07"), model.NOT_READ),
    "by one whose uses are said twice": (lambda on: with_certificate(on, KEY_ID, USES), model.STRANGE),
    "by one whose uses cannot be read": (lambda on: with_certificate(on, USES + AS_BITS, USES + AS_BITS[:-1] + b"\x05"), model.STRANGE),
    "by a key inside of a kind nobody has heard of": (
        lambda on: around(on, with_certificate_inside(on, KIND, b"\x2b" + KIND[1:])), model.WRONG),
    "by a certificate inside of no version": (
        lambda on: around(on, with_certificate_inside(on, VERSION, VERSION[:-1] + b"\x07")), model.NOT_SIGNED),
    "to more than a message is to": (lambda on: to_many(on.sent(), 101), model.NOT_READ),
    "a signature without its certificate": (
        lambda on: around(on, re.sub(rb"<ds:X509Data>.*</ds:X509Data>", b"", xmldsig.sign(BODY, on.signs), flags=re.DOTALL)), model.NOT_SIGNED),
}  # fmt: skip


async def test_what_is_wrong_is_told_and_nothing_of_it_is_taken(sealed: Sealed) -> None:
    for name, (made, fault) in BAD.items():
        found = await sealed.came(made(sealed))
        assert (name, found.fault) == (name, fault)
    for name in ("signed, and then changed", "by another organisation", "by a certificate of nobody we trust"):
        came = BAD[name][0](sealed)
        assert (await sealed.came(came)).body == came  # nothing of what is inside, before it is known whose it is


async def test_what_was_taken_back_counts_no_longer_by_the_authority_s_word_or_the_register_s(sealed: Sealed) -> None:
    came, middle = sealed.sent(), Authority("Mellomledd", 9, sealed.root)
    below = middle.identity(THEIRS, 4, SIGNS)
    assert (await sealed.came(came)).fault is None
    await sealed.enters(sealed.signs)
    await partners.withdraw(sealed.office.database, partners.fingerprint(sealed.signs.certificate), NOW)
    assert (await sealed.came(came)).fault == model.REVOKED
    fresh = sealed.sent(by=sealed.root.identity(THEIRS, 10, SIGNS))
    assert (await sealed.came(fresh)).fault is None
    (sealed.folder / "trust" / "false.crl").write_bytes(Authority("Tillit", 7).revoked(below.certificate))
    assert (await sealed.came(sealed.sent(by=below))).fault == model.UNKNOWN  # the one between did not come along
    middle.trusted_in(sealed.folder / "trust")
    assert (await sealed.came(sealed.sent(by=below))).fault is None
    (sealed.folder / "trust" / "list.crl").write_bytes(middle.revoked(below.certificate))
    assert (await sealed.came(sealed.sent(by=below))).fault == model.REVOKED


async def test_an_authority_in_use_without_a_current_list_is_told_of_and_stops_nobody(
    sealed: Sealed, caplog: pytest.LogCaptureFixture
) -> None:
    trust, list_ = sealed.seals.trust, sealed.folder / "trust" / "list.crl"
    for made, at, named in ((None, NOW, ["CN=Tillit"]), (sealed.root.revoked(), NOW, ["CN=Tillit"]),
                            (Authority("Tillit", 7).revoked(), START + timedelta(days=1), ["CN=Tillit"]),
                            (sealed.root.revoked(), START + timedelta(days=1), [])):  # fmt: skip
        if made:
            list_.write_bytes(made)
        caplog.clear()
        trust.check(sealed.signs.certificate, [], at)
        assert trust.unlisted(at) == named
        assert [each.authority for each in caplog.records] == named  # type: ignore[attr-defined]


async def test_nothing_goes_in_the_open_to_whom_it_is_sealed_for_and_nothing_is_sealed_for_others(
    sealed: Sealed,
) -> None:
    assert await sealed.seals.seal(BODY, HEART.her_id + 1, NOW) is None
    for her_id, at, why in (
        (HEART.her_id, START.replace(year=2037), model.NO_RECEIVER),
        (HEART.her_id, START.replace(year=2025), model.NO_RECEIVER),
    ):
        with pytest.raises(NotSealed, match=why):
            await sealed.seals.seal(BODY, her_id, at)
    without = replace(sealed.seals, own=OwnCertificates(sealed.folder / "none"))
    with pytest.raises(NotSealed, match=model.NO_SIGNER):
        await without.seal(BODY, HEART.her_id, NOW)
    assert (await without.unseal(sealed.sent(), HEART.her_id, NOW)).fault == model.NO_KEYS


async def test_one_service_that_seals_binds_its_organisation_under_every_name_it_writes(office: Office) -> None:
    ward, lab = HEART.her_id, HEART.her_id + 1
    root, own = Authority("Tillit", 1), OwnCertificates(Path("/nonexistent"))
    await addresses.put(office.database, [
        addresses.Address(her_id=HEART.parent, name=HEART.parent_name, ours=False, org_number=THEIRS),
        *(addresses.Address(her_id=each, name=HEART.name, ours=False, parent=HEART.parent) for each in (ward, lab)),
        addresses.Address(her_id=lab + 1, name="Et annet sykehus", ours=False),
    ])  # fmt: skip
    one = root.identity(THEIRS, 5, ENCRYPTS).certificate
    await partners.enter(office.database, ward, one, NOW)
    seals = Seals(reads=office.database, own=own, trust=Trust(None))

    async def came(her_id: int) -> model.Fault | None:
        return (await seals.unseal(BODY, her_id, NOW)).fault

    assert [await came(each) for each in (ward, HEART.parent, lab, lab + 1)] == [*[model.OPEN] * 3, None]
    for each in (HEART.parent, lab):  # whose own certificate nobody has entered
        with pytest.raises(NotSealed, match=model.NO_RECEIVER):
            await seals.seal(BODY, each, NOW)
    await partners.withdraw(office.database, partners.fingerprint(one), NOW)
    assert [await came(each) for each in (ward, HEART.parent, lab)] == [model.OPEN] * 3
    for each in (HEART.parent, lab):
        assert one in (await partners.partner(office.database, each)).withdrawn


async def test_who_has_a_certificate_by_the_register_is_not_written_to_in_the_open(sealed: Sealed) -> None:
    office, other = sealed.office, HEART.her_id + 50
    await addresses.put(office.database, [addresses.Address(her_id=other, name="Et annet sykehus", ours=False)])
    await office.database.execute(
        "INSERT INTO address_register (her_id, due, encryption) VALUES ($1, $2, '')", other, NOW
    )
    assert await sealed.seals.seal(BODY, other, NOW) is None
    await office.database.execute("UPDATE address_register SET encryption = 'ab12' WHERE her_id = $1", other)
    with pytest.raises(NotSealed, match=model.NO_RECEIVER):
        await sealed.seals.seal(BODY, other, NOW)
    await sealed.enters(sealed.root.identity(STRANGER, 5, ENCRYPTS), other)
    assert await sealed.seals.seal(BODY, other, NOW)


@needs_openssl
async def test_another_program_s_way_of_writing_is_read_and_it_reads_ours(sealed: Sealed) -> None:
    """What streams has no lengths and strings in pieces; what is old encrypts with triple DES, which is not taken."""
    there = openssl(sealed)
    signed = there("smime-sign", BODY)
    for how, fault in (("-aes256", None), ("-aes256 -stream -indef", None), ("-aes256 -keyid", None), ("-des3", model.WEAK),
                       ("-aes256 -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256", None)):  # fmt: skip
        found = await sealed.came(there("encrypt", signed, *how.split()))
        assert (how, found.fault) == (how, fault)
        assert fault or found.body == BODY
    out = await sealed.seals.seal(BODY, HEART.her_id, NOW)
    assert out
    assert etree.fromstring(there("verify", there("decrypt", out))).tag == etree.fromstring(BODY).tag


NO_ASN1 = {
    "a tag alone": b"0", "no end": b"0\x80", "no end, deep down": b"0\x80" * 60, "a length of five bytes": b"0\x85\x01\x01\x01\x01\x01",
    "a long tag": b"\x1f\x81\x01", "more inside than there is": b"0\x03\x02\x05\x00",
    "more pieces than anybody sends": b"0\x80" + b"\x05\x00" * 200_000 + b"\x00\x00",
}  # fmt: skip


@pytest.mark.parametrize("data", NO_ASN1.values(), ids=NO_ASN1)
def test_bytes_that_are_no_asn1_are_said_to_be_none(data: bytes) -> None:
    with pytest.raises(der.Malformed):
        list(der.read(data))


def nested(tag: int, depth: int) -> bytes:
    """Return values in one another."""
    made = b"\x04\x00"
    for _ in range(depth):
        made = in_a(tag, made)
    return made


def test_a_string_is_put_together_from_pieces_but_not_from_pieces_without_end() -> None:
    """Each depth holds all of it once more: a thousand of 26 MB are more than any machine has."""
    assert der.read(b"\x24\x80\x24\x06\x04\x01a\x04\x01b\x04\x01c\x00\x00").octets == b"abc"
    for many in (nested(0x24, 3000), in_a(0x24, in_a(0x24, b"\x04\x00" * 60_000) * 2)):
        with pytest.raises(der.Malformed):
            assert der.read(many).octets


def test_a_name_of_a_megabyte_is_no_object_identifier() -> None:
    """Its number would be put together bit by bit, for hours."""
    with pytest.raises(der.Malformed):
        assert der.Node(der.OID, b"", b"\x81" * 1_000_000 + b"\x00").oid
    assert der.Node(der.OID, b"", bytes.fromhex("608648016503040201")).oid == "2.16.840.1.101.3.4.2.1"


def test_an_authority_with_a_key_nobody_can_judge_by_has_signed_no_list(tmp_path: Path) -> None:
    """What lies in the folder is the operator's: a root with another sort of key stops no message of the others."""
    root = Authority("Tillit", 1)
    one, at = root.identity(THEIRS, 4, SIGNS).certificate, START + timedelta(days=1)
    only_agrees = root.made(
        list(root.certificate.subject), X25519PrivateKey.generate().public_key(), authority="Tillit"
    )
    strange = root.certificate.public_bytes(Encoding.DER).replace(KIND, b"\x2b" + KIND[1:], 1)
    for data in (only_agrees.public_bytes(Encoding.DER), strange):
        trust = Trust(root.trusted_in(tmp_path))
        (tmp_path / "list.crl").write_bytes(root.revoked(one))
        (tmp_path / "strange.crt").write_bytes(data)
        assert trust.unlisted(at) == ["CN=Tillit"]
        with pytest.raises(Unsound) as refused:
            trust.check(one, [], at)
        assert refused.value.fault == model.REVOKED


def test_a_file_that_is_half_there_changes_nothing_of_what_stood(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without it what was taken back would count again; with none of it read there is nobody to judge by."""
    root = Authority("Tillit", 1)
    one, other, at = (
        root.identity(THEIRS, 4, SIGNS).certificate,
        root.identity(THEIRS, 5, SIGNS).certificate,
        START + timedelta(days=1),
    )
    trust, list_ = Trust(root.trusted_in(tmp_path)), tmp_path / "list.crl"
    list_.write_bytes(root.revoked(one))
    trust.check(other, [], at)
    list_.write_bytes(root.revoked(other, one)[:200])
    trust.check(other, [], at)
    with pytest.raises(Unsound, match="S03"):
        trust.check(one, [], at)
    assert {vars(each)["file"] for each in caplog.records} == {"list.crl"}
    with pytest.raises(Refused, match="AK-L029"):
        Trust(tmp_path).check(other, [], at)
    list_.write_bytes(root.revoked(other, one))
    with pytest.raises(Unsound, match="S03"):
        trust.check(other, [], at)


def test_one_file_that_cannot_be_read_keeps_nothing_else_as_it_was(tmp_path: Path) -> None:
    """What was taken back or removed meanwhile counts at once; the file itself says what it said until it is whole, or gone."""
    root, spare, at = Authority("Tillit", 1), Authority("Reserve", 6), START + timedelta(days=1)
    one, other, strange = (
        made.identity(THEIRS, number, SIGNS).certificate for made, number in ((root, 4), (root, 5), (spare, 7))
    )
    trust, list_, more = Trust(root.trusted_in(tmp_path)), tmp_path / "list.crl", tmp_path / "more.crl"
    spare.trusted_in(tmp_path)
    list_.write_bytes(root.revoked(one))
    for certificate in (other, strange):
        trust.check(certificate, [], at)
    spare_file, root_file = tmp_path / "Reserve.pem", tmp_path / "Tillit.pem"
    whole = root_file.read_bytes()
    for half in (list_, root_file):
        half.write_bytes(half.read_bytes()[:100])
    more.write_bytes(root.revoked(other))
    spare_file.unlink()
    for certificate, fault in ((one, model.REVOKED), (other, model.REVOKED), (strange, model.UNKNOWN)):
        with pytest.raises(Unsound) as refused:
            trust.check(certificate, [], at)
        assert refused.value.fault == fault
    assert trust.unreadable() == ("Tillit.pem", "list.crl")
    root_file.write_bytes(whole)
    for gone in (list_, more):
        gone.unlink()
    trust.check(one, [], at)
    assert trust.unreadable() == ()


def test_a_file_that_never_could_be_read_stops_the_judging_and_not_the_telling(tmp_path: Path) -> None:
    """It may be what takes a certificate back, in a worker that has just begun as in one that has run for days."""
    root, at = Authority("Tillit", 1), START + timedelta(days=1)
    one, trust = root.identity(THEIRS, 4, SIGNS).certificate, Trust(root.trusted_in(tmp_path))
    trust.check(one, [], at)
    (tmp_path / "lost.crl").symlink_to(tmp_path / "nowhere.crl")
    for each in (trust, Trust(tmp_path), Trust(tmp_path / "no-folder")):
        with pytest.raises(Refused, match="AK-L029"):
            each.check(one, [], at)
    assert (trust.unreadable(), trust.unlisted(at)) == (("lost.crl",), ["CN=Tillit"])


def with_certificate(on: Sealed, old: bytes, new: bytes) -> bytes:
    """Return a sealed message with something else in the certificate that came along."""
    return cms.encrypt(changed_certificate(on, cms.sign(BODY, on.signs), old, new), on.ours.certificate)


def with_certificate_inside(on: Sealed, old: bytes, new: bytes) -> bytes:
    signed = etree.fromstring(xmldsig.sign(BODY, on.signs))
    held = signed.find(".//{*}X509Certificate")
    held.text = b64encode(changed_certificate(on, b64decode(held.text), old, new)).decode()
    return etree.tostring(signed)


def changed_certificate(on: Sealed, data: bytes, old: bytes, new: bytes) -> bytes:
    whole = on.signs.certificate.public_bytes(Encoding.DER)
    assert old in whole and whole in data and len(old) == len(new)
    return data.replace(whole, whole.replace(old, new, 1))


def to_many(data: bytes, many: int) -> bytes:
    """Return a sealed message that is to its receiver so many times."""
    kind, tagged = der.read(data)
    version, receivers, content = next(iter(tagged))
    inside = version.whole + in_a(der.SET, receivers.content * many) + content.whole
    return in_a(der.SEQUENCE, kind.whole + in_a(0xA0, in_a(der.SEQUENCE, inside)))


def in_a(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def turned(data: bytes, at: int) -> bytes:
    """Return bytes with one bit of them turned."""
    made = bytearray(data)
    made[at] ^= 1
    return bytes(made)


def around(on: Sealed, body: bytes) -> bytes:
    """Return an XML message, whatever it is, as the hospital seals it."""
    return cms.encrypt(cms.sign(body, on.signs), on.ours.certificate)


def repeated(signed: bytes) -> bytes:
    root = etree.fromstring(signed)
    root.append(etree.fromstring(etree.tostring(root[-1])))
    return etree.tostring(root)


def altered(on: Sealed, how: Callable[[etree._Element], object]) -> bytes:
    """Return a signed message with something done to it."""
    root = etree.fromstring(xmldsig.sign(BODY, on.signs))
    how(root)
    return etree.tostring(root)


def set_(root: etree._Element, where: str, algorithm: str) -> None:
    root.find(f".//{{*}}{where}").set("Algorithm", algorithm)


def wrapped(signed: bytes) -> bytes:
    """Return a message of our own around one that was signed, with its signature where ours would stand."""
    inner = etree.fromstring(signed)
    signature = inner[-1]
    inner.remove(signature)
    inner.set("Id", "signed")
    signature.find(".//{*}Reference").set("URI", "#signed")
    outer = etree.fromstring(BODY.replace(b"reiser hjem", b"reiser bort"))
    outer.append(inner)
    outer.append(signature)
    return etree.tostring(outer)


def openssl(on: Sealed) -> Callable[..., bytes]:
    """Return a program of others that signs, encrypts, decrypts and verifies for the hospital."""
    folder = on.folder / "openssl"
    folder.mkdir()
    for name, one in (("signs", on.signs), ("opens", on.opens), ("ours", on.ours)):
        (folder / f"{name}.pem").write_bytes(one.certificate.public_bytes(Encoding.PEM))
        (folder / f"{name}.key").write_bytes(one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    root = on.folder / "trust" / f"{on.root.name}.pem"
    ways = {
        "smime-sign": f"-sign -nodetach -binary -outform DER -signer {folder}/signs.pem -inkey {folder}/signs.key",
        "encrypt": f"-encrypt -binary -outform DER -recip {folder}/ours.pem",
        "decrypt": f"-decrypt -binary -inform DER -recip {folder}/opens.pem -inkey {folder}/opens.key",
        "verify": f"-verify -binary -inform DER -CAfile {root} -purpose any -attime {int(NOW.timestamp())}",
    }

    def run(way: str, data: bytes, *more: str) -> bytes:
        return subprocess.run(
            ["openssl", "cms", *ways[way].split(), *more], input=data, capture_output=True, check=True
        ).stdout

    return run
