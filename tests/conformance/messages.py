"""Norwegian messages: real ones go all the way in, what we write holds to the official XSDs, faults get their code.

real/…   each message of the fixtures is kept, read, filed in the right record, told to people and answered
again/…  read and written again, it holds to the official XSD and has every coded value it had
write/…  every message and receipt we can send holds to the official XSD
bad/…    a real message with one thing wrong is refused with the right code, its bytes kept, and a person sees it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from lxml import etree

from akson.base.work import Purpose
from akson.exchange import checks, delivery, dialog, erasing, fagmelding, hodemelding, inbox, nodes, registry
from akson.exchange.envelope import Ack, Envelope
from akson.exchange.messages import apprec, dialogmelding
from akson.exchange.messages.apprec import Original, Status
from akson.exchange.opening import Opened, opened
from akson.exchange.safexml import Fault, Schemas, parse
from akson.record import journal
from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.exchange import statements
from tests.exchange.letters import HEART, NORDRE
from tests.exchange.places import DIALOGS_REFUSED, Places, make, welcome
from tests.offices import JOB, NOW

EVERY = 4
FOLDERS = ("hodemelding-dialog-apprec", "labsvar", "legeerklaering")
XSD = "fixtures/hodemelding-dialog-apprec"
REFUSED = DIALOGS_REFUSED | {
    "Eksempel_ENDRING_fra_OUS_Mikrobiologi.xml": "T01",  # an element is never closed
    "fellesformat_le.xml": "E31", "fellesformat_le_only_email.xml": "E31",  # the 34th month
    "SVAR_CYTO_eks_1_.xml": "E31",  # an aid number, which only its issuer knows
}  # fmt: skip

PARTLY = {"PAT-HISTO01SUS_-_anonym.xml": "X99"}  # filed, but its attachment is no base64


def cases(shared: Path) -> Iterator[Case]:
    """Yield the cases."""
    for file in files(shared):
        yield Case(f"real/{file.name}", partial(_real, file))
    for file in files(shared):
        if file.parent.name in XSD and REFUSED.get(file.name) not in ("T01", "E30"):
            yield Case(f"again/{file.name}", partial(_again, file, shared))
    yield from statements.cases(shared)
    for kind in sorted(dialogmelding.USES):
        yield Case(f"write/{kind}", partial(_written, kind, shared))
    for version in apprec.NAMESPACES:
        for code in ("", *apprec.ERRORS):
            yield Case(f"write/APPREC-{version}-{code or 'OK'}", partial(_receipt, version, code, shared))
    whole = shared / XSD / "message_without_attachments.xml"
    for name, fault in FAULTS.items():
        yield Case(f"bad/{name}", partial(_bad, whole, fault))


CLINICAL = ("Id", "Spec", "TextCode", "Heading", "DevResultInd", "TypeCoded", "Code", "Type", "MsgDescr")
INSIDE = ("Investigation", "TextResult", "ResultItem", "AnalysedSubject", "CodedInfo", "StructuredInfo", "ServReport")


def _is_withdrawn(node: etree._Element) -> bool:
    """Say whether it stands in a result that is withdrawn: what that said is in the history only."""
    around = [each for each in node.iterancestors() if nodes.local(each) in ("ResultItem", "ServReport")]
    gone = {("ServType", "C"), ("StatusInvestigation", "14")}
    return any((nodes.local(one), one.get("V")) in gone for each in around for one in each)


def files(shared: Path) -> list[Path]:
    """Return the real messages."""
    return [file for folder in FOLDERS for file in sorted((shared / "fixtures" / folder).glob("*.xml"))]


def samples(shared: Path) -> Counter[tuple[str, str]]:
    """Return how many real messages there are of each standard and version."""
    versions = {space: (one.name, version) for one in registry.standards() for version, space in one.namespaces.items()}
    found: Counter[tuple[str, str]] = Counter()
    for file in files(shared):
        message = opened(file.read_bytes())
        if message.receipt:
            found["AppRec", message.receipt.version] += 1
        if message.envelope and message.envelope.body.getroottree().getroot() is not message.envelope.body:
            found["Hodemelding", "1.2"] += 1
        if message.envelope and (named := versions.get(nodes.namespace(message.envelope.body))):
            found[named] += 1
    return found


@cache
def _places() -> Places:
    home = running("messages")
    return home.run(make(home.office))


_persons: dict[str, str] = {}


def _real(file: Path) -> str | None:
    return running("messages").run(_in(_places(), file.read_bytes(), file.name, REFUSED.get(file.name, "")))


async def _in(places: Places, body: bytes, name: str, wanted: str) -> str | None:
    """Let a message in and say what is wrong with what became of it. wanted: the code it must be refused with."""
    message = opened(body)
    if message.envelope:
        await welcome(places, message.envelope, _persons)
        body = body.replace(message.envelope.msg_id.encode(), name.encode())  # some share one id
    row = await _received(places, body, name, message.envelope)
    if row["body"] != body:
        return "its bytes are not kept as they came"
    if row["fault_code"] != (wanted or PARTLY.get(name, "")):
        return f"answered with {row['fault_code'] or 'OK'} ({row['fault_text']}), not {wanted or 'OK'}"
    if wanted:
        return await _refused(places, row, message)
    assert message.envelope
    return await _filed(places, row, message.envelope)


async def _received(places: Places, body: bytes, name: str, envelope: Envelope | None = None) -> dict[str, object]:
    """Let a message in. Where it names nobody by an address, the transport's word is all there is."""
    silent = envelope is not None and not checks.her_ids(envelope.sender)
    deaf = envelope is not None and not checks.her_ids(envelope.receiver)
    await inbox.keep(
        places.office.database, body, now=places.office.clock(), envelope_id=name,
        envelope_from=HEART.her_id if silent else 0, envelope_to=NORDRE.her_id if deaf else 0,
    )  # fmt: skip
    await delivery.receive_due(places.office)
    (row,) = await places.rows("SELECT * FROM message_in WHERE envelope_id = $1", name)
    return row


async def _refused(places: Places, row: dict[str, object], message: Opened) -> str | None:
    waiting = await inbox.for_humans(places.office.database, None, 1000)
    if not any(each["digest"] == row["digest"] for each in waiting):
        return "nobody is told of it"
    return await _answered(places, row, message, Status.REJECTED)


async def _filed(places: Places, row: dict[str, object], envelope: Envelope) -> str | None:
    told = registry.in_words(envelope)
    if told is None or not told.title or not "".join(told.paragraphs).strip():
        return "it cannot be told in words"
    (filed,) = await places.found("Communication", ("_id", str(row["filed_as"])))
    number = envelope.patient.ident("FNR", "DNR") if envelope.patient else None
    about = filed.get("subject", {}).get("reference", "")
    if about and about != f"Patient/{_persons[number.value if number else '']}":
        return "it is in the wrong record"
    if not await places.found("Task", ("focus", f"Communication/{row['filed_as']}")):
        return "nobody has it to do"
    if nodes.namespace(envelope.body) in fagmelding.REPORTS.values() and (lost := await _lost(places, filed, envelope)):
        return f"codes are lost in the record: {lost}"
    return await _answered(places, row, Opened(envelope=envelope), Status.PARTIAL if row["fault_code"] else Status.OK)


async def _lost(places: Places, filed: dict[str, Any], envelope: Envelope) -> list[str]:
    """Return the clinical codes of a report that stand in none of the resources it became."""
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        refs = await erasing.all_of(work, filed["id"])
        told = set(_codings([one.resource for one in (await journal.read_many(work, refs)).values()]))
    wanted = {
        (each.get("S", ""), " ".join(each.get("V", "").split()))
        for each in envelope.body.iter(*(f"{{*}}{name}" for name in CLINICAL))
        if nodes.local(each.getparent()) in INSIDE and not _is_withdrawn(each)
    }
    codes = {code for _, code in told}
    held = {(system.removeprefix("urn:oid:"), code) for system, code in told}
    return sorted(f"{system}|{code}" for system, code in wanted
                  if code and ((system, code) not in held if system else code not in codes))  # fmt: skip


def _codings(told: Any) -> Iterator[tuple[str, str]]:
    """Yield system and code of every coding in resources."""
    if isinstance(told, Mapping):
        if isinstance(told.get("code"), str):
            yield told.get("system", ""), told["code"]
        told = list(told.values())
    for each in told if isinstance(told, list) else ():
        yield from _codings(each)


async def _answered(places: Places, row: dict[str, object], message: Opened, status: Status) -> str | None:
    """Say what is wrong with the receipt, which is written to the letter of its schema."""
    sent = await places.rows("SELECT body FROM message_out WHERE answers = $1", row["digest"])
    envelope = message.envelope
    unanswered = message.is_receipt or (envelope and envelope.ack is Ack.NO)
    reachable = bool(envelope)
    if unanswered or not reachable:
        return "it is answered" if sent else None
    if len(sent) != 1:
        return f"{len(sent)} answers"
    receipt = opened(sent[0]["body"], _schemas())
    if receipt.receipt is None:
        return f"its receipt breaks the schema: {receipt.fault}"
    return None if receipt.receipt.status is status else f"its receipt says {receipt.receipt.status}"


@cache
def _schemas() -> Schemas:
    from tests.conformance.suites import SHARED

    return Schemas(SHARED / XSD)


def coded(node: etree._Element) -> Counter[tuple[str, ...]]:
    """Return every coded value at and below `node`: element, code, system and text beside it."""
    held = [each for each in node.iter() if isinstance(each.tag, str) and "V" in each.attrib]
    return Counter((nodes.local(each), *(each.get(name, "") for name in ("V", "S", "OT"))) for each in held)


def _again(file: Path, shared: Path) -> str | None:
    """Say what a message loses, or breaks, when it is read and written again."""
    message = opened(file.read_bytes())
    if message.receipt:
        before, written = parse(file.read_bytes()), apprec.build(message.receipt)
        now = parse(written)
    else:
        assert message.envelope
        before, now = message.envelope.body, dialog.build(dialog.read(message.envelope.body))
        written = hodemelding.build(replace(message.envelope, body=now, attachments=()))
    if lost := coded(before) - coded(now):
        return f"lost {sorted(lost)}"
    strict = opened(written, _schemas())
    return f"it breaks the schema: {strict.fault}" if strict.fault else None


def _written(kind: str, shared: Path) -> str | None:
    """Say what is wrong with a message of one kind as we write it."""
    text = "Hun reiser hjem i morgen & trenger «hjelp» <3."
    resource = {
        "resourceType": "Communication", "topic": {"text": "Om i morgen"},
        "category": [{"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.8279", "code": kind}]}],
        "payload": [{"contentString": text}],
    }  # fmt: skip
    type_, body = dialogmelding.from_communication(resource)
    read = opened((shared / XSD / "message_without_attachments.xml").read_bytes()).envelope
    assert read
    data = hodemelding.build(replace(read, type=type_, body=dialog.build(body), attachments=()))
    strict = opened(data, _schemas())
    if strict.envelope is None:
        return f"it breaks the schema: {strict.fault}"
    told = registry.in_words(strict.envelope)
    return None if told and text in "\n".join(told.paragraphs) else "its text is lost"


def _receipt(version: str, code: str, shared: Path) -> str | None:
    """Say what is wrong with a receipt as we write it, whatever it says."""
    read = opened((shared / XSD / "message_without_attachments.xml").read_bytes()).envelope
    assert read
    original = Original(type=read.type, msg_id=read.msg_id, sent=read.sent)
    for filed in (False, True):
        fault = Fault(code, "Dette er feil.") if code else None
        made = replace(
            apprec.answer(
                original, fault, sender=read.receiver, receiver=read.sender, now=NOW, msg_id="r", filed=filed
            ),
            version=version,
        )
        again = opened(apprec.build(made), _schemas())
        if again.receipt is None:
            return f"it breaks the schema: {again.fault}"
        if (again.receipt.status, again.receipt.errors) != (made.status, made.errors):
            return f"it says {again.receipt.status} {again.receipt.errors}"
    return None


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One thing wrong with a message.

    code      what it is refused with, "" where it is taken all the same
    readable  its sender can be made out, and is answered
    """

    change: Callable[[bytes], bytes]
    code: str
    readable: bool = True


def _swap(old: str, new: str, count: int = -1) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        assert old.encode() in body, old
        return body.replace(old.encode(), new.encode(), count)

    return change


def _headed(doctype: str) -> Callable[[bytes], bytes]:
    return lambda body: f'<?xml version="1.0" encoding="UTF-8"?>{doctype}'.encode() + body.split(b"?>", 1)[1]


def _coded_as(charset: str) -> Callable[[bytes], bytes]:
    """Return the same message in another encoding, and saying so."""

    def change(body: bytes) -> bytes:
        inner = body.decode("utf-8-sig").split("?>", 1)[1]
        return f'<?xml version="1.0" encoding="{charset}"?>{inner}'.encode(charset)

    return change


BOMB = (
    "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {one} '{f'&{other};' * 10}'>" for one, other in zip("bcdefgh", "abcdefg", strict=True))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
FAULTS = {
    "byte-order-mark": Wrong(change=lambda body: b"\xef\xbb\xbf" + body.removeprefix(b"\xef\xbb\xbf"), code=""),
    "latin-1-that-says-so": Wrong(change=_coded_as("iso-8859-1"), code=""),
    "utf-16-that-says-so": Wrong(change=_coded_as("utf-16"), code=""),
    "latin-1-that-says-utf-8": Wrong(
        change=lambda body: body.decode("utf-8-sig").replace("Sannsynlig", "Sølvi").encode("latin-1"), code="T01",
        readable=False,
    ),
    "cut-off": Wrong(change=lambda body: body[: len(body) // 2], code="T01", readable=False),
    "not-xml": Wrong(change=lambda body: b"MSH|^~\\&|LAB", code="T01", readable=False),
    "xml-bomb": Wrong(change=_headed(BOMB), code="T99", readable=False),
    "external-entity": Wrong(change=_headed(OUTSIDE), code="T99", readable=False),
    "unknown-message-type": Wrong(change=_swap('V="DIALOG_', 'V="DIALOG_NYTT_'), code="T10"),
    "unknown-version": Wrong(change=_swap("v1.2 2006-05-24", "v1.9 2031-01-01"), code="T10"),
    "unknown-code": Wrong(change=_swap('V="99" DN="Annen henvendelse"', 'V="4711" DN="Noe helt nytt"'), code=""),
    "no-message-id": Wrong(change=lambda body: _without(body, "MsgId"), code="E10"),
    "no-patient-number": Wrong(change=lambda body: _without(body, "Patient", "Ident"), code="E30"),
    "no-body": Wrong(change=lambda body: _without(body, "Foresporsel"), code="T02"),
    "no-sender": Wrong(change=lambda body: _without(body, "Sender"), code="T02", readable=False),
    "swapped-parties": Wrong(change=lambda body: _swapped(body), code="E21"),
}  # fmt: skip


def _without(body: bytes, *path: str) -> bytes:
    """Return the message without the elements at the end of `path`."""
    root = parse(body)
    for node in root.findall(".//" + "/".join(f"{{*}}{name}" for name in path)):
        node.getparent().remove(node)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _swapped(body: bytes) -> bytes:
    """Return the message with sender and receiver in each other's place."""
    root = parse(body)
    sender, receiver = root.find(".//{*}Sender"), root.find(".//{*}Receiver")
    assert sender is not None and receiver is not None
    mine, theirs = list(sender), list(receiver)
    sender[:], receiver[:] = theirs, mine
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _bad(whole: Path, wrong: Wrong) -> str | None:
    return running("messages").run(_bad_in(_places(), whole.read_bytes(), wrong))


async def _bad_in(places: Places, body: bytes, wrong: Wrong) -> str | None:
    """Let the changed message in, by one who delivers as the sender it had."""
    envelope = opened(body).envelope
    assert envelope
    await welcome(places, envelope, _persons)
    name = f"bad-{id(wrong)}"
    changed = wrong.change(body.replace(envelope.msg_id.encode(), name.encode()))
    row = await _received(places, changed, name)
    if row["body"] != changed:
        return "its bytes are not kept as they came"
    if row["fault_code"] != wrong.code:
        return f"answered with {row['fault_code'] or 'OK'} ({row['fault_text']}), not {wrong.code or 'OK'}"
    waits = any(each["digest"] == row["digest"] for each in await inbox.for_humans(places.office.database, None, 1000))
    if waits is not bool(wrong.code):
        return "nobody is told of it" if wrong.code else "it waits for a person, though it was filed"
    sent = await places.rows("SELECT body FROM message_out WHERE answers = $1", row["digest"])
    return None if bool(sent) is wrong.readable else f"{len(sent)} answers"
