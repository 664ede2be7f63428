"""Units of UCUM: read, brought to base units, converted."""

from __future__ import annotations

import doctest
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.fhir import ucum
from akson.fhir.ucum.distil import NOTICE
from akson.fhir.ucum.special import SCALES
from akson.fhir.ucum.units import BASE, LONGEST, _table, unit

ESSENCE = "{http://unitsofmeasure.org/ucum-essence}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1", "kg"), ("1000", "g")),
        (("1", "kg"), ("0.001", "t")),
        (("5.50", "mmol/L"), ("5500", "umol/l")),
        (("120", "mm[Hg]"), ("12", "cm[Hg]")),
        (("90", "/min"), ("1.5", "s-1")),
        (("90", "{beats}/min"), ("90", "/min")),
        (("4.5", "10*9/L"), ("4500", "/uL")),
        (("4.5", "10*9/L"), ("4.5", "10^9/L")),
        (("37", "Cel"), ("98.6", "[degF]")),
        (("37", "Cel"), ("310.15", "K")),
        (("37", "Cel{oral}"), ("310150", "mK")),
        (("2", "[IU]/L"), ("2", "u[iU]/uL")),
        (("1", "/(m.s)"), ("1", "m-1.s-1")),
        (("1", "m/s/s"), ("1", "m/s2")),
        (("1", "m/s.s"), ("1", "m")),
        (("1", "a"), ("365.25", "d")),
        (("1", "wk"), ("168", "h")),
        (("97", "%"), ("0.97", "1")),
        (("20", "dB"), ("2", "B")),
        (("6", "[pH]"), ("1", "umol/l")),
        (("1", "L/min/{1.73_m2}"), ("1000", "mL/min")),
        (("1", "[lb_av]"), ("0.45359237", "kg")),
        (("0", "mg"), ("-0.00", "kg")),
        (("1E+300", "kg"), ("1E+303", "g")),
        (("1", "/60.s"), ("1", "s/60")),
    ],
)
def test_equal_quantities_have_one_canonical_form(one: tuple[str, str], other: tuple[str, str]) -> None:
    first, second = ucum.canonical(Decimal(one[0]), one[1]), ucum.canonical(Decimal(other[0]), other[1])
    assert first is not None
    assert first == second
    assert str(first) == str(second)


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        ("1.0", "kPa", ("1000000", "g.m-1.s-2")),
        ("5", "kg/m2", ("5000", "g.m-2")),
        ("3", "{score}", ("3", "1")),
        ("90", "deg", ("1.570796326794896619231321692", "rad")),
        ("1", "[iU]", ("1", "[iU]")),
        ("1", "[arb'U]", ("1", "[arb'U]")),
        ("1", "[S]", ("1E-13", "s")),
        ("2", "[diop]", ("2", "m-1")),
    ],
)
def test_the_canonical_form_is_in_base_units(value: str, code: str, expected: tuple[str, str]) -> None:
    found = ucum.canonical(Decimal(value), code)
    assert found == (Decimal(expected[0]), expected[1])


@pytest.mark.parametrize("code", [
    "", " ", "kg m", "mmin", "kwk", "foo", "m2.", ".m", "m/", "//m", "(m", "m)", "()", "{a", "a}", "m--1", "m^2", "m+",
    "10**3", "10*99999999", "[foo]", "kgm", "µg", "°C", "m{ø}", "{a}rad2{b}", "{|}1", "10+3/ul", "iU",
    "[BETH'U]", "molv", "g/12h", "mmol/kg[H20]", "ug(8.h)", "MMOL/L", "m" * (LONGEST + 1),
    "(" * 100 + "m" + ")" * 100 + ")", "10*300.10*300.10*300.10*300.10*300.10*300.10*300.10*300.10*300.10*300.10*3000",
])  # fmt: skip
def test_what_is_not_ucum_has_no_canonical_form_and_a_reason(code: str) -> None:
    assert ucum.canonical(Decimal(1), code) is None
    assert ucum.fault(code)


@pytest.mark.parametrize("code", [
    "/m", "10*+3/ul", "10*-3/ul", "4.[pi].10*-7.N/A2", "rad2{a}", "{a}.rad2{b}", "1{c}", "dB[10.nV]", "umol/2.h", "Ms",
    "dyn.s/(cm5.m2)", "mmol/(8.h.kg)", "cm[H2O]/(s.m)", "[drp]", "[ka'U]", "REM", "g.m/m2{hb}", "g.m/{hb}", "pH", "pt",
    "mL/{hb}.m2", "/{tot}", "10*3{rbc}", "10.L/(min.m2)", "mL/cm[H2O]", "a/m", "[in_i'Hg]", "kg{body_wt}", "nmol/h/mL",
])  # fmt: skip
def test_less_usual_expressions_are_ucum(code: str) -> None:
    assert ucum.fault(code) is None


@pytest.mark.parametrize("code", ["W/(m2.Cel)", "Cel/min", "Cel2"])
def test_a_scale_among_other_units_is_ucum_but_cannot_be_computed_with(code: str) -> None:
    assert ucum.fault(code) is None
    assert ucum.canonical(Decimal(1), code) is None
    assert ucum.convert(Decimal(1), code, code) is None


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("37", "Cel", "[degF]", "98.6"),
        ("98.6", "[degF]", "Cel", "37"),
        ("100", "mg/dL", "g/L", "1"),
        ("7", "[pH]", "nmol/l", "100"),
        ("100", "nmol/l", "[pH]", "7"),
        ("40", "dB[V]", "mV", "100000"),
        ("1", "m", "cm", "100"),
        ("6.3", "s/m.mg", "s.m-1.g", "0.0063"),
        ("6.3", "s/4/m", "s/m", "1.575"),
        ("6.3", "g.m.s-2.A-2", "g.m.C-2", "6.3"),
        ("1", "[mu_0]", "g.m.C-2", "0.001256637061435917295385057353"),
        ("1", "m[Hg]", "g.s-2.m-1", "133322000"),
        ("1", "S", "g-1.m-2.C2.s", "0.001"),
        ("1", "[ly]", "cm", "946073047258080000"),
        ("1", "m", "g", None),
        ("1", "[iU]", "[arb'U]", None),
        ("1", "[iU]", "1", None),
        ("0", "mol/l", "[pH]", None),
        ("-4", "m2/s3", "[m/s2/Hz^(1/2)]", None),
        ("1E+6", "B", "1", None),
        ("NaN", "m", "cm", None),
        ("1E+999999999", "m", "cm", None),
        ("1E-999999999", "Cel", "[degF]", None),
        ("1", "foo", "foo", None),
    ],
)
def test_quantities_are_converted(value: str, source: str, target: str, expected: str | None) -> None:
    found = ucum.convert(Decimal(value), source, target)
    assert found == (expected if expected is None else Decimal(expected))


@pytest.mark.parametrize("code", sorted(SCALES))
def test_every_scale_leads_there_and_back(code: str) -> None:
    there = ucum.convert(Decimal("2.5"), code, SCALES[code].unit)
    assert there is not None
    back = ucum.convert(there, SCALES[code].unit, code)
    assert back is not None
    assert abs(back - Decimal("2.5")) < Decimal("1E-12")


@given(st.text(alphabet="mkgslL.*/()[]{}0123456789-+^%'_ACelμdux", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    known = ucum.canonical(Decimal("1.5"), text)
    assert known is None or ucum.fault(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.sampled_from(["m", "Cel", "[pH]", "mg/dL"]))
def test_the_canonical_form_of_a_canonical_form_is_itself(value: Decimal, code: str) -> None:
    first = ucum.canonical(value, code)
    if first:
        assert ucum.canonical(*first) == first


def test_every_unit_of_the_table_is_defined_by_known_ones() -> None:
    assert not {code: fault for code in _table()["units"] if (fault := ucum.fault(code))}
    assert _table()["notice"] == NOTICE


def test_the_examples_in_the_text_hold() -> None:
    assert doctest.testmod(ucum) == (0, 2)


def test_units_and_prefixes_are_those_of_the_official_table(shared: Path) -> None:
    root = ElementTree.parse(shared / "fhir/fhir-test-cases/ucum/ucum-essence.xml").getroot()
    for prefix in root.iter(ESSENCE + "prefix"):
        value = Fraction(prefix.find(ESSENCE + "value").get("value"))
        assert unit(prefix.get("Code") + "m").factor == value
    units = list(root.iter(ESSENCE + "unit"))
    assert {u.get("Code") for u in units} | {*BASE, "Torr"} == {*_table()["units"], *SCALES, *BASE}
    for each in units:
        value = each.find(ESSENCE + "value")
        if each.get("isSpecial") != "yes" and not (each.get("isArbitrary") == "yes" and value.get("Unit") == "1"):
            defined = unit(value.get("Unit"))
            found = unit(each.get("Code"))
            assert (found.factor, found.powers) == (defined.factor * Fraction(value.get("value")), defined.powers)
