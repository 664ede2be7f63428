"""What of a resource is words: what people read, not what machines do."""

from __future__ import annotations

import pytest

from akson.fhir import text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Hvile i dag", "Hvile i dag"), ("2 tabletter", "2 tabletter"), ("2026 Tromsø", "2026 Tromsø"),
        ("2026-11-23", ""), ("2026-11-23T08:00:00+01:00", ""), ("2026-11-23T08:00Z", ""), ("38,4", ""),
    ],
)  # fmt: skip
def test_days_times_and_numbers_are_no_words(value: str, words: str) -> None:
    assert text.content({"resourceType": "Observation", "note": [{"time": value}]}) == words
