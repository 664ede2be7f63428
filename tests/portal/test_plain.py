"""Times, doses and results as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from akson.patient.reading import value
from akson.portal import medicines
from akson.portal.plain import and_, day_of, dose, flowing, hours, in_order, often, phone, sentence, usual
from akson.registers.codes import MEDICATION_SOURCE

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10.00 in Norway
NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(("after", "said"), [
    (timedelta(hours=1), "i dag"), (timedelta(hours=8), "i kveld"), (timedelta(hours=20), "i morgen"),
    (timedelta(days=2), "onsdag"), (timedelta(days=7), "mandag 30. november"), (timedelta(days=-2), "lørdag 21. november"),
])  # fmt: skip
def test_days_are_named_as_people_do(after: timedelta, said: str) -> None:
    assert day_of(NOW + after, NOW) == said


def test_a_visit_has_its_window_and_an_appointment_its_minute() -> None:
    assert hours(NOW, NOW + timedelta(hours=1)) == "10–11"
    assert hours(NOW, NOW + timedelta(minutes=30)) == "10.00–10.30"
    assert hours(NOW, None) == "10.00"


@pytest.mark.parametrize(("written", "said"), [
    ("40 mg × 2", "40 mg to ganger om dagen"), ("50 mg × 1 depot", "50 mg én gang om dagen, depot"),
    ("400 mg ved smerter", "400 mg ved smerter"), ("1 inh. × 6", "1 inh. × 6"),
])  # fmt: skip
def test_doses_are_words_and_what_is_not_understood_is_left_alone(written: str, said: str) -> None:
    assert dose(written) == said


def told(source: str, text: str, **more: object) -> dict[str, object]:
    return {"status": "active", "category": {"coding": [{"system": MEDICATION_SOURCE, "code": source}]},
            "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "C03CA01"}],
                                          "text": "Furosemid"}, "dosage": [{"text": text}], **more}  # fmt: skip


def test_sources_that_agree_are_one_line_and_those_that_do_not_are_all_told() -> None:
    (agreed,) = medicines.drawn([told("fastlege", "40 mg × 1"), told("sykehus", "40 mg × 1")], [], NOW)
    assert (agreed.dose, agreed.warn) == ("40 mg én gang om dagen", False)
    (differ,) = medicines.drawn([told("fastlege", "40 mg × 1"), told("sykehus", "40 mg × 2")], [], NOW)
    assert differ.warn and "Sykehuset: 40 mg to ganger" in differ.dose and "Fastlegen: 40 mg én gang" in differ.dose


def test_a_medicine_that_has_ended_is_not_taken_and_its_last_day_still_counts() -> None:
    last = told("fastlege", "40 mg × 1", effectivePeriod={"end": "2026-11-23"})
    over = told("fastlege", "40 mg × 1", effectivePeriod={"end": "2026-11-22"})
    assert [line.dose for line in medicines.drawn([last], [], NOW)] == [
        "40 mg én gang om dagen til og med mandag 23. november"]  # fmt: skip
    assert medicines.drawn([over], [], NOW) == ()


def test_results_are_compared_with_what_is_usual() -> None:
    low = {"interpretation": [{"coding": [{"code": "L"}]}], "referenceRange": [{"low": {"value": 60}}]}
    assert usual(low) == "Lavere enn vanlig, som er over 60"
    assert usual({"interpretation": [{"coding": [{"code": "N"}]}]}) == "Som vanlig"
    assert usual({}) == ""


def test_values_of_every_sort_are_shown() -> None:
    pressure = [{"valueQuantity": {"value": 108, "unit": "mmHg"}}, {"valueQuantity": {"value": 62, "unit": "mmHg"}}]
    assert value({"component": pressure}) == "108/62 mmHg"
    assert value({"valueQuantity": {"value": Decimal("58.4"), "unit": "kg"}}) == "58,4 kg"
    assert value({"valueInteger": 0}) == "0"
    assert value({"valueCodeableConcept": {"text": "Våken"}}) == "Våken"
    assert value({}) == ""


def test_small_words() -> None:
    assert (and_([]), and_(["a"]), and_(["a", "b", "c"])) == ("", "a", "a, b og c")
    assert sentence("i dag", "", "40 mg.") == "I dag. 40 mg."
    assert phone("+4700009001") == f"00{NBSP}00{NBSP}90{NBSP}01"
    assert often("2 × daglig") == "to ganger om dagen" and often("man. tor.") == "man. tor."
    assert in_order(["x", "85354-9", "62238-1"]) == ["62238-1", "85354-9", "x"]
    long = "Ord " * 20 + "og"
    assert flowing(f"{long}\nmer.\nNy linje\n\nSlutt") == f"{long} mer.\nNy linje\n\nSlutt"
