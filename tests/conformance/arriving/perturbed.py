"""A real message with one thing wrong, or told in another way: what it is refused with, or that it is read as the same."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lxml import etree

from akson.base.work import Purpose
from akson.exchange import hodemelding
from akson.exchange.opening import opened
from akson.exchange.safexml import parse
from akson.record import journal
from tests.conformance.arriving.arrival import PERSONS, places, received, waits, whole
from tests.conformance.arriving.prefixes import renamed
from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.exchange.places import Places, welcome
from tests.offices import JOB

Change = Callable[[bytes], bytes]
ALLOWED = hodemelding.LARGEST_ATTACHMENTS


def cases(shared: Path) -> Iterator[Case]:
    """Yield the cases."""
    for name, fault in FAULTS.items():
        yield Case(f"bad/{name}", partial(_bad, whole(shared), fault))
    yield Case("large/an-attachment-of-18-MB", partial(_large, whole(shared)))


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One thing wrong with a message.

    code      what it is refused with, "" where it is taken all the same
    readable  its sender can be made out, and is answered
    """

    change: Change
    code: str
    readable: bool = True


def _swap(old: str, new: str, count: int = -1) -> Change:
    def change(body: bytes) -> bytes:
        assert old.encode() in body, old
        return body.replace(old.encode(), new.encode(), count)

    return change


def _headed(doctype: str) -> Change:
    return lambda body: f'<?xml version="1.0" encoding="UTF-8"?>{doctype}'.encode() + body.split(b"?>", 1)[1]


def _coded_as(charset: str) -> Change:
    """Return the same message in another encoding, and saying so."""

    def change(body: bytes) -> bytes:
        inner = body.decode("utf-8-sig").split("?>", 1)[1]
        return f'<?xml version="1.0" encoding="{charset}"?>{inner}'.encode(charset)

    return change


def _carrying(data: bytes) -> Change:
    """Return the message with one file more."""
    document = (
        f'<Document xmlns="{hodemelding.MSGHEAD}"><DocumentConnection V="V"/><RefDoc><MsgType V="A"/><MimeType>'
        'application/octet-stream</MimeType><Description>Bilder</Description><Content><Base64Container xmlns="'
        f'{hodemelding.BASE64}">{base64.encodebytes(data).decode()}</Base64Container></Content></RefDoc></Document>'
    )
    return lambda body: body.replace(b"</MsgHead>", document.encode() + b"</MsgHead>")


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
    "other-prefixes": Wrong(change=renamed, code=""),
    "latin-1-that-says-utf-8": Wrong(
        change=lambda body: body.decode("utf-8-sig").replace("Sannsynlig", "Sølvi").encode("latin-1"), code="T01",
        readable=False,
    ),
    "cut-off": Wrong(change=lambda body: body[: len(body) // 2], code="T01", readable=False),
    "not-xml": Wrong(change=lambda body: b"MSH|^~\\&|LAB", code="T01", readable=False),
    "xml-bomb": Wrong(change=_headed(BOMB), code="T99", readable=False),
    "external-entity": Wrong(change=_headed(OUTSIDE), code="T99", readable=False),
    "attachments-over-18-MB": Wrong(change=_carrying(bytes(ALLOWED + 1)), code="T99"),
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


def _bad(body: bytes, wrong: Wrong) -> str | None:
    return running("messages").run(_bad_in(places(), body, wrong))


async def _bad_in(there: Places, body: bytes, wrong: Wrong) -> str | None:
    """Let the changed message in, by one who delivers as the sender it had."""
    envelope = opened(body).envelope
    assert envelope
    await welcome(there, envelope, PERSONS)
    name = f"bad-{id(wrong)}"
    changed = wrong.change(body.replace(envelope.msg_id.encode(), name.encode()))
    row = await received(there, changed, name)
    if row["body"] != changed:
        return "its bytes are not kept as they came"
    if row["fault_code"] != wrong.code:
        return f"answered with {row['fault_code'] or 'OK'} ({row['fault_text']}), not {wrong.code or 'OK'}"
    if await waits(there, row) is not bool(wrong.code):
        return "nobody is told of it" if wrong.code else "it waits for a person, though it was filed"
    sent = await there.rows("SELECT body FROM message_out WHERE answers = $1", row["digest"])
    return None if bool(sent) is wrong.readable else f"{len(sent)} answers"


def _large(body: bytes) -> str | None:
    return running("messages").run(_large_in(places(), body))


async def _large_in(there: Places, body: bytes) -> str | None:
    """Let the largest attachment in that is agreed on, and read it out of the record again."""
    envelope = opened(body).envelope
    assert envelope
    await welcome(there, envelope, PERSONS)
    data = bytes(range(256)) * (ALLOWED // 256)
    row = await received(there, _carrying(data)(body.replace(envelope.msg_id.encode(), b"large")), "large")
    if row["state"] != "filed" or row["fault_code"]:
        return f"answered with {row['fault_code'] or 'OK'} ({row['fault_text']}), {row['state']}"
    async with there.office.work(JOB, Purpose.SYSTEM) as work:
        filed = await journal.read(work, "Communication", str(row["filed_as"]))
        held = await journal.read_many(work, [
            part["contentReference"]["reference"] for part in filed.resource["payload"] if "contentReference" in part
        ])  # fmt: skip
        files = [one.resource["content"][0]["attachment"] for one in held.values()]
        kept = [await journal.read(work, "Binary", one["url"].removeprefix("Binary/")) for one in files]
    found = [base64.b64decode(one.resource["data"]) for one in kept]
    return None if data in found else f"its bytes are not whole: files of {[len(one) for one in found]} bytes"
