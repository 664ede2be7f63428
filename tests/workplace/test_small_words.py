"""What is read of one typed line and one dose, and how times are said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from akson.advice.medicines import Known, against
from akson.registers.codes import MEDICATION_SOURCE
from akson.workplace import medicines, quick
from akson.workplace.quick import Task
from akson.workplace.words import due, inside, party, year

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday, 11.00 in Norway


@pytest.mark.parametrize(("line", "read"), [
    ("bt 128/74 p 72", {"sys": Decimal(128), "dia": Decimal(74), "puls": Decimal(72)}),
    ("BT128/74, temp 37,4 spo2 93 rf 20 vekt 58.4", {"sys": Decimal(128), "dia": Decimal(74), "temp": Decimal("37.4"),
                                                      "spo2": Decimal(93), "resp": Decimal(20), "vekt": Decimal("58.4")}),
    ("oppgave ring datter fredag", Task(text="Ring datter", day=date(2026, 11, 27))),
    ("oppgave ta prøve i morgen", Task(text="Ta prøve", day=date(2026, 11, 24))),
    ("oppgave ring på mandag", Task(text="Ring", day=date(2026, 11, 30))),
    ("oppgave kontroll 5.1", Task(text="Kontroll", day=date(2027, 1, 5))),
    ("oppgave skriv til NAV", Task(text="Skriv til NAV", day=None)),
    ("bt 128/74 og noe mer", None), ("p", None), ("", None), ("temp", None), ("oppgave ", None),
])  # fmt: skip
def test_a_line_is_measurements_a_task_or_not_understood(line: str, read: Any) -> None:
    assert quick.read(line, date(2026, 11, 23)) == read


@pytest.mark.parametrize(("limit", "weekday", "text", "now"), [
    ("2026-11-23T15:00:00+01:00", False, "i dag 15.00", True),
    ("2026-11-23T16:00:00+01:00", False, "i dag", True),
    ("2026-11-23", False, "i dag", True),
    ("2026-11-26T16:00:00+01:00", True, "tor. 26.11", False),
    ("2026-11-20T16:00:00+01:00", True, "fre. 20.11, 3 døgn over", True),
    ("2026-11-22T16:00:00+01:00", True, "i går, 1 døgn over", True),
    (None, True, "", False),
])  # fmt: skip
def test_a_time_limit_is_said_as_people_say_it(limit: str | None, weekday: bool, text: str, now: bool) -> None:
    said = due(limit, NOW, weekday=weekday)
    assert (said.text, said.now) == (text, now)


def test_names_and_years_are_as_people_write_them() -> None:
    units = {
        name: inside({"reference": "Organization/x", "display": name})
        for name in ("Laboratoriet, Nordre legesenter", "Vestfjell sykehus")
    }
    assert list(units.values()) == ["laboratoriet, Nordre legesenter", "Vestfjell sykehus"]
    assert inside({"reference": "Practitioner/x", "display": "Kristen Moen"}) == "Kristen Moen"
    assert [year(text) for text in ("2019-02-11", "2026-05", "1994", None)] == ["2019", "05.2026", "1994", ""]


def test_only_people_are_said_by_initial() -> None:
    assert party({"reference": "Practitioner/x", "display": "Mariam Yusuf"}) == "M. Yusuf"
    assert party({"display": "Hjertepoliklinikken, Vestfjell sykehus"}) == "Hjertepoliklinikken, Vestfjell sykehus"


def statement(source: str, dose: str, atc: str = "C03CA01", name: str = "Furosemid", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement", "status": "active", "dosage": [{"text": dose}], "effectivePeriod": {"start": "2024-01-01"},
        "category": {"coding": [{"system": MEDICATION_SOURCE, "code": source}]},
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": atc}], "text": name},
    } | more  # fmt: skip


@pytest.mark.parametrize(("hospital", "said"), [
    (statement("sykehus", "40 mg x 1"), ""),
    (statement("sykehus", "20 mg × 1", effectivePeriod={"start": "2026-11-20"}), "Sykehuset halverte 20.11."),
    (statement("sykehus", "60 mg × 1", effectivePeriod={"start": "2026-11-20"}), "Sykehuset satte opp 20.11 til 60 mg × 1."),
    (statement("sykehus", "ved behov", effectivePeriod={"start": "2026-11-20"}), "Sykehuset 20.11: ved behov."),
    (statement("sykehus", "80 mg × 1", effectivePeriod={"start": "2026-11-01", "end": "2026-11-10"}), ""),
])  # fmt: skip
def test_sources_that_disagree_are_told_how(hospital: dict[str, Any], said: str) -> None:
    list_ = medicines.present([statement("fastlege", "40 mg × 1"), hospital], None, Known(), NOW)
    conflict = list_.rows[0].conflict
    assert (conflict.text if conflict else "") == said


def test_a_prescription_from_elsewhere_is_never_left_out() -> None:
    prescribed = statement("", "5 mg × 2", "B01AF02", "Apiksaban") | {
        "resourceType": "MedicationRequest",
        "dosageInstruction": [{"text": "5 mg × 2"}],
    }
    uncoded = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationReference": {"display": "Naturmiddel"},
    }
    list_ = medicines.present([prescribed, uncoded], None, Known(), NOW)
    assert list_.sources[-2:] == ("Resept", "Andre")
    assert [row.substance for row in list_.rows] == ["Apiksaban", "Naturmiddel"]
    assert list_.missing == ("Ingen liste fra fastlege, sykehus, multidose, pasient",)


@pytest.mark.parametrize(("atc", "known", "reasons"), [
    ("M01AE01", Known(medicines={"B01AF02": "Apiksaban"}, problems=frozenset({"K77"}), egfr=Decimal(38)), ("apiksaban", "hjertesvikt", "eGFR 38")),
    ("M01AE01", Known(problems=frozenset({"I50.1"})), ("hjertesvikt",)),
    ("M01AE01", Known(egfr=Decimal(75)), None),
    ("N02BE01", Known(medicines={"B01AF02": "Apiksaban"}), None),
])  # fmt: skip
def test_an_nsaid_is_advised_against_where_it_may_harm(atc: str, known: Known, reasons: tuple[str, ...] | None) -> None:
    advice = against(atc, known)
    assert (advice.reasons if advice else None) == reasons
