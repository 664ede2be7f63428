"""Norwegian messages: real ones go all the way in, what we write holds to the official XSDs, faults get their code.

real/…   each message of the fixtures is kept, read, filed in the right record, told to people and answered
earnest/…  so is an answer from a laboratory that is marked as a test, once it is not
again/…  read and written again, it holds to the official XSD and has every coded value it had
write/…  every message and receipt we can send holds to the official XSD, under another's head and under ours
sent/…   the same written by a doctor, as it leaves: head and body hold to the official XSD
prefixes/…  a real message with other prefixes is read as the same
bad/…    a real message with one thing wrong is refused with the right code, its bytes kept, and a person sees it
large/…  the largest attachment that is agreed on is filed whole
strange/…  real documents of types we do not speak are refused with the right code, kept and seen
profile/…, party/…, report/…  what registers answer is read, and a report to the barnevern holds to its schema
signed/…  a signature that is moved to where it covers something else is refused
apprec/…  receipts that come twice, late, or say two things
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree

from akson.base.work import Purpose
from akson.exchange import dialog, erasing, fagmelding, hodemelding, nodes, registry, sending
from akson.exchange.envelope import Ack, Envelope
from akson.exchange.messages import apprec, dialogmelding
from akson.exchange.messages.apprec import Original, Status
from akson.exchange.opening import Opened, opened
from akson.exchange.safexml import Fault, parse
from akson.record import journal
from tests.conformance.arriving import perturbed, prefixes, receipts, registered, strangers, wrapped
from tests.conformance.arriving.arrival import (
    PERSONS,
    XSD,
    Row,
    answered,
    headed,
    places,
    received,
    refused,
    schemas,
    whole,
)
from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.exchange import statements
from tests.exchange.letters import ASTRID, HEART
from tests.exchange.places import DIALOGS_REFUSED, Places, welcome
from tests.offices import JOB, NOW

EVERY = 4
FOLDERS = ("hodemelding-dialog-apprec", "labsvar", "legeerklaering")
REFUSED = DIALOGS_REFUSED | {
    "Eksempel_ENDRING_fra_OUS_Mikrobiologi.xml": "T01",  # an element is never closed
    "fellesformat_le.xml": "E31", "fellesformat_le_only_email.xml": "E31",  # the 34th month
    "SVAR_CYTO_eks_1_.xml": "E31",  # an aid number, which only its issuer knows
}  # fmt: skip

PARTLY = {"PAT-HISTO01SUS_-_anonym.xml": "X99"}  # filed, but its attachment is no base64

TEST = re.compile(rb'(<Status\s+V=)"(?:TEST|D)"')  # as the head of a Svarrapport says it


def cases(shared: Path) -> Iterator[Case]:
    """Yield the cases."""
    for file in files(shared):
        yield Case(f"real/{file.name}", partial(_real, file))
    for file in files(shared):
        if (read := opened(file.read_bytes()).envelope) and read.test and _is_report(read):
            yield Case(f"earnest/{file.name}", partial(_earnest, file))
    for file in files(shared):
        if file.parent.name in XSD and REFUSED.get(file.name) not in ("T01", "E30"):
            yield Case(f"again/{file.name}", partial(_again, file, shared))
    yield from statements.cases(shared)
    for kind in sorted(dialogmelding.USES):
        yield Case(f"write/{kind}", partial(_written, kind, shared))
        yield Case(f"sent/{kind}", partial(_sent, kind))
    for version in apprec.NAMESPACES:
        for code in ("", *apprec.ERRORS):
            yield Case(f"write/APPREC-{version}-{code or 'OK'}", partial(_receipt, version, code, shared))
    yield from prefixes.cases(files(shared))
    yield from perturbed.cases(shared)
    yield from strangers.cases(shared)
    yield from registered.cases(shared)
    yield from wrapped.cases()
    yield from receipts.cases()  # the last: they let time pass


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


def _real(file: Path) -> str | None:
    return running("messages").run(_in(places(), file.read_bytes(), file.name, REFUSED.get(file.name, "")))


def _earnest(file: Path) -> str | None:
    body = TEST.sub(rb'\1"PROD"', file.read_bytes(), count=1)
    return running("messages").run(_in(places(), body, f"earnest-{file.name}", ""))


def _is_report(envelope: Envelope) -> bool:
    return nodes.namespace(envelope.body) in fagmelding.REPORTS.values()


async def _in(places: Places, body: bytes, name: str, wanted: str) -> str | None:
    """Let a message in and say what is wrong with what became of it. wanted: the code it must be refused with."""
    message = opened(body)
    if message.envelope:
        await welcome(places, message.envelope, PERSONS)
        body = body.replace(message.envelope.msg_id.encode(), name.encode())  # some share one id
    row = await received(places, body, name, message.envelope)
    if row["body"] != body:
        return "its bytes are not kept as they came"
    if row["fault_code"] != (wanted or PARTLY.get(name, "")):
        return f"answered with {row['fault_code'] or 'OK'} ({row['fault_text']}), not {wanted or 'OK'}"
    if wanted:
        return await refused(places, row, message)
    assert message.envelope
    return await _filed(places, row, message.envelope)


async def _filed(places: Places, row: Row, envelope: Envelope) -> str | None:
    told = registry.in_words(envelope)
    if told is None or not told.title or not "".join(told.paragraphs).strip():
        return "it cannot be told in words"
    (filed,) = await places.found("Communication", ("_id", str(row["filed_as"])))
    number = envelope.patient.ident("FNR", "DNR") if envelope.patient else None
    about = filed.get("subject", {}).get("reference", "")
    if about and about != f"Patient/{PERSONS[number.value if number else '']}":
        return "it is in the wrong record"
    if not await places.found("Task", ("focus", f"Communication/{row['filed_as']}")):
        return "nobody has it to do"
    if _is_report(envelope):
        made = await _made(places, filed)
        if envelope.test:
            results = [one for one in made if one["resourceType"] in ("DiagnosticReport", "Observation", "Specimen")]
            return f"a test makes {len(results)} results" if results else None
        if lost := _lost(made, envelope):
            return f"codes are lost in the record: {lost}"
    return await answered(places, row, Opened(envelope=envelope), Status.PARTIAL if row["fault_code"] else Status.OK)


async def _made(places: Places, filed: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the resources that a message became."""
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        refs = await erasing.all_of(work, filed["id"])
        return [one.resource for one in (await journal.read_many(work, refs)).values()]


def _lost(made: list[dict[str, Any]], envelope: Envelope) -> list[str]:
    """Return the clinical codes of a report that stand in none of the resources it became."""
    told = set(_codings(made))
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
    strict = opened(written, schemas())
    return f"it breaks the schema: {strict.fault}" if strict.fault else None


TEXT = "Hun reiser hjem i morgen & trenger «hjelp» <3."


def _communication(kind: str) -> dict[str, Any]:
    return {
        "resourceType": "Communication", "topic": {"text": "Om i morgen"},
        "category": [{"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.8279", "code": kind}]}],
        "payload": [{"contentString": TEXT}],
    }  # fmt: skip


def _written(kind: str, shared: Path) -> str | None:
    """Say what is wrong with a message of one kind as we write it: under another's head, and under ours."""
    type_, body = dialogmelding.from_communication(_communication(kind))
    read = opened(whole(shared)).envelope
    assert read
    heads = [replace(read, type=type_, body=dialog.build(body), attachments=())]
    heads += [headed(type_, dialog.build(body), within=within) for within in (True, False)]
    return next((wrong for head in heads if (wrong := _wrong(hodemelding.build(head), head))), None)


def _wrong(data: bytes, head: Envelope) -> str | None:
    """Say what is wrong with a message that was to say what `head` says, and TEXT."""
    strict = opened(data, schemas()).envelope
    if strict is None:
        return f"it breaks the schema: {opened(data, schemas()).fault}"
    ack = Ack.NO if head.type.value in hodemelding.UNANSWERED else Ack.YES
    if replace(strict, body=None) != replace(head, body=None, sent=head.sent.replace(microsecond=0), ack=ack):
        return "its head says something else"
    told = registry.in_words(strict)
    return None if told and TEXT in "\n".join(told.paragraphs) else "its text is lost"


def _sent(kind: str) -> str | None:
    return running("messages").run(_leaves(places(), kind))


async def _leaves(there: Places, kind: str) -> str | None:
    """Let the doctor write a message, to a service and to its organisation, and hold what leaves to the schema."""
    new = _communication(kind) | {"subject": {"reference": there.astrid.reference}}
    ours = {
        row["her_id"] for row in await there.rows("SELECT her_id FROM address WHERE unit = $1", there.practice.unit)
    }
    for to in (HEART.her_id, HEART.parent):
        async with there.office.work(there.doctor, Purpose.TREATMENT) as work:
            made = await sending.send(work, new, to=to)
        (row,) = await there.rows("SELECT body FROM message_out WHERE told_of = $1", made.id)
        strict = opened(row["body"], schemas())
        if strict.envelope is None:
            return f"it breaks the schema: {strict.fault}"
        number = strict.envelope.patient.ident("FNR") if strict.envelope.patient else None
        said = (strict.envelope.sender.her_id in ours, strict.envelope.receiver.her_id, number.value if number else "")
        if said != (True, to, ASTRID) or strict.envelope.type.value != kind:
            return f"its head says {strict.envelope.type.value} {said}"
    return None


def _receipt(version: str, code: str, shared: Path) -> str | None:
    """Say what is wrong with a receipt as we write it, whatever it says."""
    read = opened(whole(shared)).envelope
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
        again = opened(apprec.build(made), schemas())
        if again.receipt is None:
            return f"it breaks the schema: {again.fault}"
        if (again.receipt.status, again.receipt.errors) != (made.status, made.errors):
            return f"it says {again.receipt.status} {again.receipt.errors}"
    return None
