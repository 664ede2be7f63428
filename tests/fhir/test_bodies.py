"""The JSON received is the truth: it comes back token for token."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.fhir import bodies
from akson.fhir.issues import Invalid

WHEN = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
BODY = (
    b'{ "resourceType": "Observation",\n "id": "o1", "meta": {"versionId": "7", "tag": [ {"code": "x"} ], "lastUpdated":'
    b' "2020-01-01T00:00:00Z"},\n "status": "final", "code": {"text": "\\u00c5s \\/ "}, "valueQuantity": {"value": 1.50,'
    b' "unit": "mg"}, "note": [{"text": "a, b: {c}"}] }'
)


class Text(str):
    """A number as it was written."""


def tokens(body: bytes) -> Any:
    """Return the JSON value with the order of members and the text of numbers."""
    return json.loads(body, parse_float=Text, parse_int=Text, object_pairs_hook=list)


def without_head(body: bytes) -> Any:
    """Return what must be equal before and after: all but id, and what we keep of meta."""
    meta = dict(dict(tokens(body)).get("meta", []))
    kept = [(k, v) for k, v in meta.items() if k not in {"versionId", "lastUpdated"}]
    return kept, [(k, v) for k, v in tokens(body) if k not in {"id", "meta"}]


def come_back(body: bytes) -> bytes:
    parts = bodies.split(body)
    return bodies.join(parts.resource_type, "new", 3, WHEN, bodies.pack(parts))


def test_a_resource_is_cut_and_joined_again() -> None:
    parts = bodies.split(BODY)
    assert (parts.resource_type, parts.id, parts.meta) == ("Observation", "o1", b'{"tag":[{"code":"x"}]}')
    back = come_back(BODY)
    assert back.startswith(
        b'{"resourceType":"Observation","id":"new","meta":{"versionId":"3","lastUpdated":"2026-11-22T01:02:03.456Z",'
        b'"tag":[{"code":"x"}]},"status":'
    )
    assert b'{"value": 1.50,' in back and b"\\u00c5s \\/ " in back
    assert without_head(back) == without_head(BODY)


@pytest.mark.parametrize("body", [
    b'{"active":true,"resourceType":"Patient","gender":"female"}',
    b'{"active":true,"id":"o1","meta":{"tag":[{"code":"x"}]},"resourceType":"Patient"}',
    b'{"id":"o1","resourceType":"Patient","active":true}',
])  # fmt: skip
def test_the_type_stays_where_it_stood(body: bytes) -> None:
    assert without_head(come_back(body)) == without_head(body)


def test_a_resource_with_nothing_more_is_joined_too() -> None:
    assert bodies.split(b'{"resourceType":"Patient"}') == bodies.Parts("Patient", None, b"", b"")
    assert json.loads(come_back(b'{"resourceType":"Patient","meta":{"versionId":"1"}}')) == {
        "resourceType": "Patient", "id": "new", "meta": {"versionId": "3", "lastUpdated": "2026-11-22T01:02:03.456Z"},
    }  # fmt: skip


def test_times_are_told_in_utc_with_milliseconds() -> None:
    local = datetime(2026, 7, 1, 1, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    assert bodies.instant(local) == "2026-06-30T23:00:00.000Z"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"resourceType":1}', b'{"resourceType":"X","meta":[]}', b"\xff"])
def test_what_is_no_resource_is_not_cut(body: bytes) -> None:
    with pytest.raises(Invalid):
        bodies.split(body)


members = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda k: k not in {"resourceType", "id", "meta"}), members, max_size=4))
def test_whatever_is_sent_comes_back_token_for_token(content: dict[str, Any]) -> None:
    body = bodies.dumps({"resourceType": "Basic", **content})
    assert without_head(come_back(body)) == without_head(body)
    assert bodies.loads(body) == {"resourceType": "Basic", **content}


def test_decimals_are_written_with_all_their_digits() -> None:
    assert bodies.dumps({"a": Decimal("1.50"), "b": Decimal("0.00"), "c": 3}) == b'{"a":1.50,"b":0.00,"c":3}'
    assert bodies.loads(b'{"a":1.50}')["a"].as_tuple().exponent == -2


def test_references_are_rewritten_wherever_they_are_a_whole_string() -> None:
    body = (
        b'{"subject": {"reference": "urn:uuid:a"}, "v": 1.50, "x": "see urn:uuid:a", "urn:uuid:a": 2,'
        b' "note": "\\"urn:uuid:a", "y": ["urn:uuid:a", "urn:uuid:ab", "urn\\u003auuid:a"], "w": "Patient?x=\\"1\\""}'
    )
    new = {"urn:uuid:a": "Patient/1", 'Patient?x="1"': "Patient/2"}
    back = bodies.loads(bodies.rewrite_references(body, new))
    assert back["subject"]["reference"] == "Patient/1"
    assert back["y"] == ["Patient/1", "urn:uuid:ab", "Patient/1"]
    assert (back["x"], back["note"], back["w"]) == ("see urn:uuid:a", '"urn:uuid:a', "Patient/2")
    assert b'"v": 1.50, "x": ' in bodies.rewrite_references(body, new)
    assert bodies.rewrite_references(body, {"urn:uuid:z": "Patient/9"}) == body
    assert bodies.rewrite_references(body, {}) is body


def test_a_bundle_is_cut_without_decoding_its_resources() -> None:
    cut = bodies.slices(
        b'{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:1","resource":{"x": 1.50 },'
        b'"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=1"}},'
        b'{"request":{"method":"PUT","url":"Patient/1","ifMatch":"W/\\"2\\""}}]}'
    )
    first, second = cut.entry
    assert (cut.type, first.full_url, bytes(first.resource)) == ("transaction", "urn:uuid:1", b'{"x": 1.50 }')
    assert first.request and (first.request.method, first.request.if_none_exist) == ("POST", "identifier=1")
    assert second.request and (second.request.if_match, bytes(second.resource)) == ('W/"2"', b"")


@pytest.mark.parametrize("body", [b"{", b'{"resourceType":"Patient"}', b'{"resourceType":"Bundle","entry":{}}'])
def test_what_is_no_bundle_is_not_cut(body: bytes) -> None:
    with pytest.raises(Invalid):
        bodies.slices(body)


def test_all_examples_come_back_token_for_token(shared: Path) -> None:
    for file in (shared / "fhir/r4-examples").glob("*-*.json"):
        body = file.read_bytes()
        assert without_head(come_back(body)) == without_head(body), file.name


def test_synthetic_patients_come_back_token_for_token(shared: Path) -> None:
    for file in (shared / "fhir/synthea-r4").rglob("*.json"):
        for entry in bodies.slices(file.read_bytes()).entry[::7]:
            body = bytes(entry.resource)
            assert without_head(come_back(body)) == without_head(body)
