"""Real documents of types we do not speak, at the door: refused with the right code, kept, seen, and never half read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from akson.exchange.envelope import Code, Envelope
from akson.exchange.opening import Opened, opened
from tests.conformance.arriving.arrival import PERSONS, headed, places, received, refused
from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.exchange.places import Places, welcome

FOLDERS = ("adresseregister-flr-cppa", "barnevern", "dodsmelding", "ebxml", "eresept", "sfm", "sykmelding",
           "xds-dokumentdeling")  # fmt: skip
NO_BASE64 = {"fellesformat.xml", "fellesformat-behandlingsdager.xml", "fellesformat_with_2_vedlegg.xml"}


def cases(shared: Path) -> Iterator[Case]:
    """Yield a case for each document."""
    for folder in FOLDERS:
        files = (shared / "fixtures" / folder).iterdir()
        for file in sorted(each for each in files if each.suffix in (".xml", ".json")):
            yield Case(f"strange/{folder}/{file.name}", partial(_came, file))


def code(file: Path) -> str:
    """Return what a document is refused with, judged by another reader of XML than our own."""
    try:
        ElementTree.fromstring(file.read_bytes())
    except ElementTree.ParseError:
        return "T01"
    return "T02" if file.parent.name == "sykmelding" and file.name in NO_BASE64 else "T10"


def _came(file: Path) -> str | None:
    return running("messages").run(_in(places(), file))


async def _in(there: Places, file: Path) -> str | None:
    body = file.read_bytes()
    message = opened(body)
    made_out = message.envelope or _sketched(message)
    if made_out:
        await welcome(there, made_out, PERSONS)
    row = await received(there, body, f"{file.parent.name}/{file.name}", message.envelope)
    if (row["body"], row["filed_as"]) != (body, None):
        return "its bytes are not kept as they came, or something of it is in the record"
    if row["fault_code"] != code(file):
        return f"answered with {row['fault_code'] or 'OK'} ({row['fault_text']}), not {code(file)}"
    return await refused(there, row, Opened(envelope=made_out))


def _sketched(message: Opened) -> Envelope | None:
    """Return as much of a message that cannot be read as its sender is answered by."""
    told = message.sketch
    if told.sender is None or told.receiver is None:
        return None
    return replace(
        headed(Code(value=told.type), None), sender=told.sender, receiver=told.receiver, patient=None, ack=told.ack
    )
