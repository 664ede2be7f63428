"""Opening what came: every real message is understood or refused with the code its sender can act on."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from akson.exchange import dialog
from akson.exchange.opening import opened
from akson.exchange.safexml import LARGEST, Schemas, Unreadable
from tests.exchange.letters import sample, swapped, written

FIXTURES = "fixtures/hodemelding-dialog-apprec"
NOT_UNDERSTOOD = {"Expected.xml": "T01", "dialogmelding_dialog_notat_pridok_bug.xml": "T10"}
AGAINST_THE_SCHEMA = {  # wrong order of elements, undeclared types, dates as 1991-12-4: understood, but not strictly valid
    "MetadataTestsDialogmelding11.xml", "dialogmelding_dialog_notat.xml", "dialogmelding_dialog_notat_cmyk_vedlegg.xml",
    "dialogmelding_dialog_notat_dnr.xml", "dialogmelding_dialog_notat_in_behandlerdialog_with_error.xml",
    "dialogmelding_dialog_notat_invalid.xml", "dialogmelding_dialog_notat_pridok_bug.xml",
    "dialogmelding_dialog_notat_ukjent_behandler.xml", "dialogmelding_dialog_notat_vedlegg.xml",
    "dialogmelding_dialog_svar_innkalling_dialogmote_invalid.xml",
}  # fmt: skip


def code_of(data: bytes, schemas: Schemas | None = None) -> str:
    """Return the AppRec error code `data` would be answered with, or "" when it is understood."""
    message = opened(data, schemas)
    if message.fault:
        return message.fault.code
    try:
        if message.envelope:
            dialog.read(message.envelope.body)
    except Unreadable as refused:
        return refused.fault.code
    return ""


def test_every_real_message_is_understood_or_gets_its_code(shared: Path) -> None:
    files = sorted((shared / FIXTURES).glob("*.xml"))
    assert len(files) == 21
    assert {each.name: found for each in files if (found := code_of(each.read_bytes()))} == NOT_UNDERSTOOD


def test_with_the_official_schemas_the_same_messages_are_held_to_the_letter(shared: Path) -> None:
    schemas = Schemas(shared / FIXTURES)
    found = {each.name: code_of(each.read_bytes(), schemas) for each in sorted((shared / FIXTURES).glob("*.xml"))}
    strict = dict.fromkeys(AGAINST_THE_SCHEMA, "T02") | {"Expected.xml": "T01"}
    assert {name: code for name, code in found.items() if code} == strict


def test_a_type_without_an_official_schema_is_strict_as_soon_as_the_operator_has_one(tmp_path: Path) -> None:
    report = sample("svar-1.4.xml")
    (tmp_path / "svar.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" '
        'targetNamespace="http://www.kith.no/xmlstds/labsvar/2012-02-15"><xs:element name="Message"><xs:complexType>'
        '<xs:sequence><xs:element name="Mangler"/></xs:sequence></xs:complexType></xs:element></xs:schema>'
    )
    schemas = Schemas(tmp_path)
    assert opened(report).envelope is not None
    fault = opened(report, schemas).fault
    assert fault is not None and fault.code == "T02"
    assert code_of(sample("helsefaglig-1.1.xml"), schemas) == ""  # of another namespace


def test_our_samples_hold_to_the_schemas(shared: Path) -> None:
    schemas = Schemas(shared / FIXTURES)
    for name in ("foresporsel-1.0.xml", "apprec-1.0.xml"):
        assert code_of(sample(name), schemas) == "", name
    assert code_of(written(), schemas) == ""


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd"> %a;]>'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(("data", "code"), [
    (b"", "T01"),
    (b"Hei", "T01"),
    (b"\x00\xff\xfe", "T01"),
    (written()[:700], "T01"),
    (written().replace(b"</mh:MsgHead>", b""), "T01"),
    (written("blåbær").decode().encode("latin-1"), "T01"),  # says UTF-8, is not
    (written().replace(b"UTF-8", b"UTF-7"), "T01"),
    (written().replace(b"UTF-8", b"x-ukjent"), "T01"),
    (written().replace(HEAD.encode(), (HEAD + BOMB).encode()), "T99"),
    (written("&b;").replace(b"&amp;", b"&").replace(HEAD.encode(), (HEAD + BOMB).encode()), "T99"),
    (written().replace(HEAD.encode(), (HEAD + EXTERNAL).encode()), "T99"),
    (written().replace(HEAD.encode(), (HEAD + PARAMETER).encode()), "T99"),
    ((HEAD + BOMB).encode("utf-16") + "<x/>".encode("utf-16-le"), "T01"),  # UTF-16 that claims to be UTF-8
    (b"<a>" * 5000 + b"</a>" * 5000, "T99"),
    (b"<a>" + b"<b/>" * 250_000 + b"</a>", "T99"),
    (b" " * (LARGEST + 1), "T99"),
    (b"<html/>", "T10"),
    (swapped("2006-05-24\">", "2099-01-01\">"), "T10"),
    (swapped("v1.2 2006-05-24<", "v1.3 2031-01-01<"), "T10"),
    (swapped("dialog/2013-01-23", "dialog/2033-01-01"), "T10"),
    (swapped("Notat", "Notis"), "T02"),
    (swapped("<mh:MsgId>", "<mh:Annet>").replace(b"</mh:MsgId>", b"</mh:Annet>"), "E10"),
    (swapped("3c5d2f70-0d0e-4b43-a2a8-52d2a6f0c001", "   "), "E10"),
    (swapped("3c5d2f70-0d0e-4b43-a2a8-52d2a6f0c001", "x" * 201), "E10"),
    (swapped("2026-11-23T09:00:00.000+00:00</mh:GenDate>", "i går</mh:GenDate>"), "T02"),
    (swapped("mh:Sender", "mh:Avsender"), "T02"),
    (sample("helsefaglig-1.1.xml").replace(b"SyA0LDI=", b"SyA0LDI"), "T02"),
    (sample("helsefaglig-1.1.xml").replace(b"SyA0LDI=", b"Sy%A0LDI="), "T02"),
    (sample("apprec-1.0.xml").replace(b'<a:Status V="2"', b'<a:Status V="7"'), "T02"),
    (sample("apprec-1.0.xml").replace(b"2004-11-21\">", b"1999-01-01\">"), "T10"),
])  # fmt: skip
def test_what_cannot_be_read_gets_its_code(data: bytes, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize("data", [
    b"\xef\xbb\xbf" + written(),  # byte order mark
    written("blåbær").decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    written("blåbær").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    written("blåbær").decode().replace(HEAD + "\n", "").encode(),
    written("&lt;script&gt;").replace(b"mh:", b"msghead:").replace(b":mh=", b":msghead="),
    sample("helsefaglig-1.1.xml"),
    sample("foresporsel-1.0.xml"),
    b'<EI_fellesformat xmlns="http://www.nav.no/xml/eiff/2/">' + sample("apprec-1.0.xml").split(b"?>")[1]
    + b"</EI_fellesformat>",
])  # fmt: skip
def test_honest_variants_are_understood(data: bytes) -> None:
    assert code_of(data) == ""


@pytest.mark.parametrize(("megabytes", "code"), [(18, ""), (19, "T99")])
def test_attachments_of_18_megabytes_are_taken_and_no_more(megabytes: int, code: str) -> None:
    data = b64encode(bytes(megabytes * 1024 * 1024))
    assert code_of(sample("helsefaglig-1.1.xml").replace(b"SyA0LDI=", data)) == code


def test_a_message_that_is_wrong_still_tells_who_sent_it() -> None:
    message = opened(swapped("2026-11-23T09:00:00.000+00:00</mh:GenDate>", "i går</mh:GenDate>"))
    assert message.fault is not None and message.envelope is None
    assert (message.sketch.type, message.sketch.sent) == ("DIALOG_HELSEFAGLIG", None)
    assert message.sketch.sender is not None and message.sketch.sender.her_id == 99000033
    assert message.sketch.msg_id == "3c5d2f70-0d0e-4b43-a2a8-52d2a6f0c001"


def test_a_fault_never_quotes_the_message() -> None:
    for data in (swapped("Notat", "Hemmelig"), written("Hemmelig")[:-30], swapped("<mh:MsgId>", "<mh:MsgId>x" * 30)):
        fault = opened(data).fault
        assert fault is None or "Hemmelig" not in fault.text
