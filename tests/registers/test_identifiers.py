"""Identifiers: what is accepted, what is refused and why."""

from __future__ import annotations

import csv
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.base.errors import Refused
from akson.registers.identifiers import (
    DEEPEST_INDEX,
    Fnr,
    HerId,
    Hpr,
    OrgNr,
    PersonKind,
    synthetic_fnr,
    synthetic_hpr,
    synthetic_orgnr,
)


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


def test_the_tax_administrations_own_vectors_are_judged_as_they_judge_them(shared: Path) -> None:
    rows = list(csv.DictReader((shared / "fixtures/freg/foedselsnummer.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == 10
    for row in rows:
        number, valid, synthetic = (row[name] for name in ("fødselsnummer", "erGyldig", "erSyntetisk"))
        if valid == "true":
            assert Fnr.parse(number).synthetic is (synthetic == "true"), row
        else:
            with pytest.raises(Refused):
                Fnr.parse(number)


def _closed(start: str) -> str:
    """Return a number that begins with these nine digits or the nearest above that has check digits."""
    first, second = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    for individual in range(int(start[6:]), 1000):
        body = f"{start[:6]}{individual:03}"
        one = -sum(w * int(d) for w, d in zip(first, body, strict=True)) % 11
        two = -sum(w * int(d) for w, d in zip(second, f"{body}{one}", strict=False)) % 11
        if one < 10 and two < 10:
            return f"{body}{one}{two}"
    raise AssertionError(start)


@pytest.mark.parametrize(
    ("start", "kind", "synthetic"),
    [
        ("140341420", PersonKind.FNR, False),
        ("148341420", PersonKind.FNR, True),  # month + 80
        ("146841420", PersonKind.FNR, True),  # month + 65
        ("540341420", PersonKind.DNR, False),  # day + 40
        ("548341420", PersonKind.DNR, True),
        ("144341420", PersonKind.HNR, False),  # month + 40
        ("812345678", PersonKind.FHN, False),  # no birth date in it
        ("912345678", PersonKind.FHN, False),
    ],
)
def test_every_sort_of_number_is_known_by_its_offsets(start: str, kind: PersonKind, synthetic: bool) -> None:
    number = Fnr.parse(_closed(start))
    assert (number.kind, number.synthetic, number.by_rule_of_2032) == (kind, synthetic, False)


@pytest.mark.parametrize(
    ("text", "refusal", "says"),
    [
        ("1483414205", "AK-R001", "11 sifre"),
        ("148341420599", "AK-R001", "11 sifre"),
        ("1483414205x", "AK-R001", "11 sifre"),
        ("１４８３４１４２０５９", "AK-R001", "11 sifre"),  # full-width digits are not ours
        ("", "AK-R001", "11 sifre"),
        ("32834142059", "AK-R002", "gyldig dato"),
        ("29020105729", "AK-R002", "gyldig dato"),
        ("14134142059", "AK-R002", "gyldig dato"),
        ("14834142099", "AK-R003", "første"),
        ("14834142050", "AK-R003", "andre"),
    ],
)
def test_a_refusal_says_which_check_failed(text: str, refusal: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        Fnr.parse(text)
    assert code(refused) == refusal
    assert says in refused.value.text
    assert not text or text not in refused.value.diagnostics  # the number itself never reaches a log


def test_a_number_is_read_as_people_write_it_and_shown_as_six_and_five() -> None:
    assert Fnr.parse(" 148341 42059 ").shown == "148341 42059"
    assert Fnr.parse("14.83.41-42059").identifier() == {
        "system": "urn:oid:2.16.578.1.12.4.1.4.1",
        "value": "14834142059",
    }


def test_synthetic_numbers_are_refused_where_the_persons_are_real() -> None:
    with pytest.raises(Refused) as refused:
        Fnr.parse("14834142059", synthetic=False)
    assert code(refused) == "AK-R004"
    assert Fnr.parse(_closed("140341420"), synthetic=False)


@given(st.dates(date(1900, 1, 1), date(2039, 12, 31)), st.integers(0, DEEPEST_INDEX - 1), st.booleans())
def test_a_made_number_is_valid_synthetic_and_the_same_every_time(born: date, index: int, female: bool) -> None:
    number = synthetic_fnr(born, index, female=female)
    assert number == synthetic_fnr(born, index, female=female)
    assert number.synthetic and not number.by_rule_of_2032
    assert number.value[:2] == f"{born.day:02}" and int(number.value[2:4]) == born.month + 80
    assert (int(number.value[8]) % 2 == 0) is female


def test_made_numbers_of_one_day_differ() -> None:
    day = date(1941, 3, 14)
    made = {synthetic_fnr(day, n, female=sex) for n in range(DEEPEST_INDEX) for sex in (True, False)}
    assert len(made) == 2 * DEEPEST_INDEX


@given(st.dates(date(1900, 1, 1), date(2039, 12, 31)), st.integers(0, 10), st.integers(0, 9))
def test_two_neighbouring_digits_that_change_places_are_found(born: date, index: int, place: int) -> None:
    digits = list(synthetic_fnr(born, index, female=True).value)
    if digits[place] == digits[place + 1]:
        return
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    with suppress(Refused):
        assert Fnr("".join(digits)).by_rule_of_2032  # the rule of 2032 gives up a part of this


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("310 000 019", ""),
        ("310000000", ""),
        ("310000018", "AK-R006"),
        ("31000001", "AK-R005"),
        ("31000001x", "AK-R005"),
    ],
)
def test_organisation_numbers_have_nine_digits_and_a_check(text: str, refusal: str) -> None:
    if not refusal:
        assert OrgNr.parse(text).synthetic
        return
    with pytest.raises(Refused) as refused:
        OrgNr.parse(text)
    assert code(refused) == refusal


def test_an_hpr_number_with_a_failing_check_is_doubtful_not_refused() -> None:
    good = synthetic_hpr(3)
    last = (int(good.value[-1]) + 1) % 10
    assert not good.doubtful
    assert Hpr.parse(f"{good.value[:-1]}{last}").doubtful
    with pytest.raises(Refused, match="AK-R007"):
        Hpr.parse("1234567890")


def test_a_her_id_is_a_plain_number() -> None:
    assert HerId.parse(" 99000011 ").value == 99000011
    for text in ("", "abc", "0", "-4", "1000000000"):
        with pytest.raises(Refused, match="AK-R008"):
            HerId.parse(text)


def test_made_organisation_numbers_differ_and_are_valid() -> None:
    made = [synthetic_orgnr(n) for n in range(50)]
    assert len(set(made)) == 50
    assert all(number.synthetic for number in made)
    assert synthetic_fnr(date(2000, 2, 29), 0, female=False).value.startswith("298200")
