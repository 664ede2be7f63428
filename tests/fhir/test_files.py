"""A file is what it says to be: told by its first bytes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from akson.fhir.files import faults, may_hold, unlike

OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KINDS = [
    ("application/pdf", b"%PDF-1.7\n%\xe2\xe3"), ("application/pdf", b"\r\n%PDF-1.4"),
    ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    ("image/gif", b"GIF89a\x01\x00"), ("image/tiff", b"II*\x00\x08"), ("image/tiff", b"MM\x00*\x00"),
    ("image/tiff", b"II+\x00\x08"), ("application/dicom", b"\x00" * 128 + b"DICM\x02\x00"),
    ("application/rtf", b"{\\rtf1\\ansi"), ("text/rtf", b"{\\rtf1"), ("application/zip", b"PK\x03\x04\x14"),
    (OFFICE, b"PK\x03\x04\x14\x00"), ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"),
    ("application/msword", b"{\\rtf1"), ("application/vnd.ms-excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
]  # fmt: skip
TEXTS = [
    ("text/plain", "Æ".encode()), ("text/plain; charset=iso-8859-1", b"\xc6 og \xe5"),
    ("text/plain", "Æ".encode("utf-16")), ("text/html", b"<p>"), ("text/csv", b"a;b"),
    ("application/xml", b'<?xml version="1.0"?><a/>'), ("text/xml", b"\xef\xbb\xbf \n<a/>"),
    ("application/xml", "<a/>".encode("utf-16")), ("application/hl7-v3+xml", b"<ClinicalDocument"),
]  # fmt: skip


@pytest.mark.parametrize(("named", "head"), [*KINDS, *TEXTS])
def test_what_it_says_to_be_is_taken(named: str, head: bytes) -> None:
    assert not unlike(named, head) and not unlike(named.upper(), head) and not unlike(f"{named}; name=x", head)


@pytest.mark.parametrize("named", dict.fromkeys(named for named, _ in KINDS))
@pytest.mark.parametrize("head", [b"MZ\x90\x00\x03", b"\x7fELF", b"<script>", b"hei", b"PK\x05", b"GIF88a"])
def test_what_is_something_else_is_told(named: str, head: bytes) -> None:
    assert unlike(named, head)


@pytest.mark.parametrize(("named", "head"), [
    ("text/plain", b"MZ\x90\x00\x03"), ("text/plain", b"abc\x00"), ("text/html", b"%PDF\x00"),
    ("application/xml", b"MZ\x90"), ("application/xml", b"hei <a/>"), ("image/svg+xml", b"{}"),
    ("application/xml", b"\xff\xfe<\x00".replace(b"<", b"x")), ("application/pdf", b" " * 1024 + b"%PDF-"),
    ("application/dicom", b"DICM" + b"\x00" * 128), ("image/png", b"\xff\xd8\xff\xe0"), ("image/jpeg", b"\x89PNG\r\n\x1a\n"),
    (OFFICE, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("application/vnd.ms-excel", b"PK\x03\x04"),
])  # fmt: skip
def test_one_kind_is_not_taken_for_another(named: str, head: bytes) -> None:
    assert unlike(named, head)


@pytest.mark.parametrize("named", ["", "application/octet-stream", "audio/x-unknown", "ikke en type", "video/mp4"])
def test_what_nobody_can_tell_is_taken(named: str) -> None:
    assert not unlike(named, b"MZ\x90\x00")


def test_an_empty_file_is_of_any_type() -> None:
    assert not unlike("application/pdf", b"")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(("resource", "found"), [
    ({"resourceType": "Binary", "contentType": "application/pdf", "data": b64(b"MZ\x90")}, ["Binary.data"]),
    ({"resourceType": "Patient", "photo": [{"contentType": "image/png", "data": b64(KINDS[2][1])},
                                           {"contentType": "image/png", "data": b64(b"hei")}]}, ["Patient.photo[1].data"]),
    ({"resourceType": "DocumentReference", "content": [{"attachment": {"contentType": "image/png", "data": b64(b"hei")}}],
      "contained": [{"resourceType": "Binary", "contentType": "text/xml", "data": b64(b"hei")}]},
     ["DocumentReference.content[0].attachment.data", "DocumentReference.contained[0].data"]),
    ({"resourceType": "Binary", "contentType": "application/pdf", "data": "JVBE\nRi0x Ljc="}, []),
    ({"resourceType": "Binary", "contentType": "application/pdf"}, []),
    ({"resourceType": "Binary", "contentType": "application/pdf", "data": " " * 9_000 + "TVqQAAM="}, ["Binary.data"]),
    ({"resourceType": "Observation", "valueSampledData": {"data": "1 2 3"}}, []),
])  # fmt: skip
def test_every_file_of_a_resource_is_told_with_its_place(resource: dict[str, Any], found: list[str]) -> None:
    assert [path for path, _ in faults(resource)] == found


def test_only_what_may_hold_a_file_is_looked_through() -> None:
    assert may_hold(b'{"resourceType":"Binary","contentType":"text/plain","data":"aGVp"}')
    assert not may_hold(b'{"resourceType":"Observation","valueSampledData":{"data":"1 2"}}')


@pytest.mark.parametrize("body", [
    rb'{"resourceType":"Binary","contentType":"text/plain","\u0064ata":"aGVp"}',
    rb'{"resourceType":"Binary","content\u0054ype":"text/plain","data":"aGVp"}',
    rb'{"resourceType":"Binary","\u0063ontentType":"text/plain","\u0064ata":"aGVp"}',
])  # fmt: skip
def test_what_is_written_in_escapes_is_looked_through(body: bytes) -> None:
    assert may_hold(body)
