"""Names inside a set: which strings of a resource name another entry, and give way to its reference."""

from __future__ import annotations

import pytest

from akson.fhir import bodies
from akson.record.drafts import Draft
from akson.record.naming import Renaming, references_in

ASKED, GIVEN = b'"urn:uuid:a"', b'"Patient/1"'


def renamed(body: bytes, given: dict[bytes, bytes]) -> bytes:
    draft = Draft(method="POST", type="Basic", resource=bodies.loads(body), body=body)
    Renaming(given).of(draft)
    assert draft.resource == bodies.loads(draft.body)
    return draft.body


@pytest.mark.parametrize(("body", "becomes"), [
    (b'{"subject":{"reference":"urn:uuid:a"}}', b'{"subject":{"reference":"Patient/1"}}'),
    (b'{"subject":{"reference"\n :\t "urn:uuid:a"}}', b'{"subject":{"reference"\n :\t "Patient/1"}}'),
    (b'{"url":"urn:uuid:a","valueUri":"urn:uuid:a"}', b'{"url":"Patient/1","valueUri":"Patient/1"}'),
    (b'{"reference":"urn:uuid:a\\u0062"}', b'{"reference":"urn:uuid:a\\u0062"}'),
    (b'{"reference":"urn:uuid:\\u0061","x":"a\\"b"}', b'{"reference":"Patient/1","x":"a\\"b"}'),
    (b'{"reference":"urn:uuid:a","x":"a\\"b"}', b'{"reference":"Patient/1","x":"a\\"b"}'),
    (b'{"reference":"urn:uuid:ab"}', b'{"reference":"urn:uuid:ab"}'),
    (b'{"\\u0072eference" :"urn:uuid:a"}', b'{"reference" :"Patient/1"}'),
    (b'{"x":":","u\\u0072l":"urn:uuid:a","y":["\\u0072",""]}', b'{"x":":","url":"Patient/1","y":["\\u0072",""]}'),
])  # fmt: skip
def test_the_value_of_a_member_that_may_name_another_entry_is_renamed(body: bytes, becomes: bytes) -> None:
    assert renamed(body, {ASKED: GIVEN}) == becomes


@pytest.mark.parametrize("body", [
    b'{"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:a"}]}',
    b'{"instantiatesUri":["urn:uuid:a"],"display":"urn:uuid:a"}',
    b'{"reference":["urn:uuid:a"]}',
    b'{"urn:uuid:a":"urn:uuid:a"}',
    b'{"my_reference":"urn:uuid:a"}',
    b'{"display":"\\"reference\\":\\"urn:uuid:a"}',
    b'{"display":"reference\\":","text":"urn:uuid:a"}',
])  # fmt: skip
def test_what_only_looks_like_a_name_stays_as_it_is(body: bytes) -> None:
    assert renamed(body, {ASKED: GIVEN}) == body


def test_names_of_several_beginnings_are_renamed_together() -> None:
    given = {b'"http://x/Patient/1"': b'"Patient/a"', b'"Patient/1"': b'"Patient/b"', b'"#a"': b'"#b"', ASKED: GIVEN}
    body = b'[{"reference":"http://x/Patient/1"},{"reference":"Patient/1"},{"reference":"#a"},{"url":"urn:uuid:a"}]'
    become = b'[{"reference":"Patient/a"},{"reference":"Patient/b"},{"reference":"#b"},{"url":"Patient/1"}]'
    assert renamed(body, given) == become


def test_a_name_that_has_to_be_escaped_is_found_however_it_is_written() -> None:
    given = {bodies.dumps('urn:x:"'): b'"Patient/1"'}
    assert renamed(b'{"reference":"urn:x:\\u0022"}', given) == b'{"reference":"Patient/1"}'


def test_references_are_told_as_we_write_them() -> None:
    body = b'{"a":{"reference":"Patient\\/1"},"b":[{"reference" : "urn:uuid:a"}],"url":"Patient/2"}'
    assert references_in(body) == [b'"Patient/1"', b'"urn:uuid:a"']
    assert references_in(b'{"a":{"refer\\u0065nce":"Patient/\\u0031"}}') == [b'"Patient/1"']
