"""What is packed comes back as it was, whatever it was packed with and whenever."""

from __future__ import annotations

import hashlib
import secrets

import pytest
import zstandard

from akson.fhir import bodies
from akson.record.packing import CURRENT, file_of, packed, unpacked
from akson.record.stored import Stored, marks_of
from tests.offices import NOW, temperature

PERSON = Stored(type="Patient", id="x", version=1, owner=0, last_updated=NOW, packed=None)
CONTENTS = [b"", b"\n", b'{"a":1}', temperature(PERSON), "blåbær 😀 \u2028".encode(), bytes(range(256)),
            secrets.token_bytes(70_000), temperature(PERSON) * 4000]  # fmt: skip
# Of each dictionary that was ever used: one that changes makes every version unreadable that was packed with it.
DICTIONARIES = {1: "b3fcabde04b40e2bd513886000c45ae7d1df7ef703da283f7d218d5e764505a4"}


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_packed_comes_back(content: bytes) -> None:
    body = packed(content)
    assert unpacked(body) == content
    assert zstandard.get_frame_parameters(body).dict_id == CURRENT


@pytest.mark.parametrize("content", CONTENTS)
def test_what_was_packed_before_there_were_dictionaries_comes_back(content: bytes) -> None:
    assert unpacked(zstandard.ZstdCompressor(level=3).compress(content)) == content


def test_no_dictionary_is_ever_another() -> None:
    found = {number: hashlib.sha256(file_of(number).read_bytes()).hexdigest() for number in DICTIONARIES}
    assert found == DICTIONARIES and CURRENT in DICTIONARIES


def test_a_small_entry_takes_less_than_half_of_what_it_took() -> None:
    content = bodies.pack(bodies.split(temperature(PERSON)))
    assert len(packed(content)) < len(zstandard.ZstdCompressor(level=3).compress(content)) / 2


def test_a_body_that_was_changed_is_not_taken_for_another() -> None:
    with pytest.raises(zstandard.ZstdError):
        unpacked(b"x" + packed(temperature(PERSON)))


@pytest.mark.parametrize("name", [b"security", rb"\u0073ecurity", rb"securit\u0079"])
@pytest.mark.parametrize("within", [b"%s", b'{"resourceType":"Bundle","type":"document","entry":[{"resource":%s}]}'])
def test_the_labels_of_a_version_are_told_however_its_text_is_written(within: bytes, name: bytes) -> None:
    text = within % (b'{"resourceType":"Basic","meta":{"%s":[{"code":"R"}]},"code":{"text":"x"}}' % name)
    assert marks_of(packed(bodies.pack(bodies.split(text)))) == {"R"}
