"""Codes: finding a diagnosis while typing, and the systems we write."""

from __future__ import annotations

import re
from typing import Any

import pytest

from akson.registers import codes


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("K77", "K77"),
        ("k7", "K74"),
        ("hjertesv", "K77"),
        ("SVIKT", "K77"),
        ("sukkersyke", "T89"),
        ("diabetes 2", "T90"),
        ("lungesykdom", "R95"),
        ("uvi", "U71"),
        ("beinskjør", "L95"),
        ("skulders", "L08"),
    ],
)
def test_a_code_is_found_by_its_start_its_name_or_everyday_words(typed: str, first: str) -> None:
    assert codes.search(typed)[0].code == first


@pytest.mark.parametrize("typed", ["", "   ", "xyz", "K77 hjertesvikt tull"])
def test_nothing_is_found_for_nothing(typed: str) -> None:
    assert codes.search(typed) == []


def test_the_list_has_well_formed_codes_short_names_and_no_doubles() -> None:
    listed = codes.icpc2()
    assert len(listed) >= 150
    assert all(re.fullmatch(r"[ABDFHKLNPRSTUWXYZ]\d\d\d?", code) for code in listed)
    assert all(3 <= len(code.name) <= 60 for code in listed.values())
    assert len({code.name for code in listed.values()}) == len(listed)


def test_no_more_is_shown_than_asked_for() -> None:
    assert len(codes.search("a", limit=5)) == 5


def test_a_code_is_written_with_its_system_and_what_the_writer_wrote() -> None:
    assert codes.icpc2()["K77"].concept("Hjertesvikt, EF 38 %") == {
        "coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.7170", "code": "K77", "display": "Hjertesvikt"}],
        "text": "Hjertesvikt, EF 38 %",
    }


def test_vital_signs_have_codes_and_units_of_their_own() -> None:
    assert len({vital.loinc for vital in codes.VITALS}) == len(codes.VITALS)
    assert all(re.fullmatch(r"\d+-\d", vital.loinc) and vital.unit and vital.shown for vital in codes.VITALS)
    concept: Any = codes.SATURATION.concept()
    assert [one["code"] for one in concept["coding"]] == ["2708-6", "59408-5"]
