"""FHIRPath beyond its public test suite: FHIR's own functions, messages, limits, values given from outside."""

from __future__ import annotations

import doctest
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.fhir import fhirpath
from akson.fhir.fhirpath import Evaluation, FhirPathError, Given, Node, compile
from tests.fhir.expressions import Expressions

NOW = datetime(2026, 11, 22, 6, 30, 15, 250_000, tzinfo=UTC)
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Fjordvik"}],
    "active": True,
    "name": [
        {"use": "official", "family": "Ås", "given": ["Åse", "Marie"]},
        {"use": "nickname", "given": [None], "_given": [{"extension": [{"url": "urn:x", "valueCode": "y"}]}]},
    ],
    "birthDate": "1985-03",
    "_birthDate": {"extension": [{"url": "urn:time", "valueDateTime": "1985-03-01T10:00:00+01:00"}]},
    "managingOrganization": {"reference": "#o"},
    "generalPractitioner": [{"reference": "Practitioner/1"}, {"reference": "Practitioner/unknown"}],
    "multipleBirthInteger": 2,
    "deceasedBoolean": False,
}
WEIGHT = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Vekt"},
    "effectiveDateTime": "2026-11-22T07:00:00+01:00",
    "referenceRange": [{"low": {"unit": "kg"}, "high": {"value": 90, "unit": "kg", "comparator": "<"}}],
    "valueQuantity": {"value": Decimal("71.50"), "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Patient.name.given", ["Åse", "Marie"]),
        ("name.given.count()", [3]),
        ("name.given.where(hasValue()).last()", ["Marie"]),
        ("name.given.extension('urn:x').value", ["y"]),
        ("name.last().given.startsWith('a').empty()", [True]),
        ("birthDate.extension('urn:time').value.ofType(dateTime)", ["1985-03-01T10:00:00+01:00"]),
        ("birthDate.getValue() is Date", [True]),
        ("birthDate < @1985-04", [True]),
        ("birthDate < @1985-03-15", []),
        ("multipleBirth.ofType(integer) + 1", [3]),
        ("multipleBirth is boolean", [False]),
        ("deceased.not()", [True]),
        ("managingOrganization.resolve().name", ["Fjordvik"]),
        ("managingOrganization.resolve().is(Organization)", [True]),
        ("generalPractitioner.resolve().name.family", ["Lie"]),
        ("contained.name | contained.name", ["Fjordvik"]),
        ("descendants().ofType(HumanName).count()", [2]),
        ("descendants().where($this is Reference).reference.distinct().count()", [3]),
        ("%resource.id & '-' & %context.id", ["p-p"]),
        ("%limit", [5]),
        ("%vs-x | %`ext-y`", ["http://hl7.org/fhir/ValueSet/x", "http://hl7.org/fhir/StructureDefinition/y"]),
        ("now()", ["2026-11-22T06:30:15.250Z"]),
        ("today()", ["2026-11-22"]),
        ("timeOfDay()", ["06:30:15.250"]),
        ("today() - 2 years", ["2024-11-22"]),
        ("@2024-02-29 + 1 year", ["2025-02-28"]),
        ("@2024-01-31 + 1 month", ["2024-02-29"]),
        ("@2014 + 24 months", ["2016"]),
        ("@2014 + 25 months", ["2016"]),
        ("@2014-03 - 1 day", ["2014-03"]),
        ("@T23:30 + 45 minutes", ["00:15"]),
        ("@T00:10:00 - 0.5 seconds", ["00:09:59.5"]),
        ("@2016-12-31T23:59:59Z + 1 second", ["2017-01-01T00:00:00Z"]),
        ("@0001-01-01 - 1 day", []),
        ("@9999-12-31 + 1 day", []),
        ("0.1 + 0.2", [Decimal("0.3")]),
        ("1.0 / 3", [Decimal("0." + "3" * 38)]),
        ("7 div 2 | -7 div 2 | -7 mod 2", [3, -3, -1]),
        ("2147483647 + 1", []),
        ("2.power(40)", []),
        ("10.power(400).empty()", [True]),
        ("'a,b'.split(',').select($index & '')", FhirPathError),
        ("'2026-11-22'.replaceMatches('(\\\\d+)-(\\\\d+)-(\\\\d+)', '$3.$2.$1')", ["22.11.2026"]),
        ("'x'.matches('(?<!a)x')", FhirPathError),
        ("name.defineVariable('n', family.first()).select(%n)", ["Ås", "Ås"]),
        ("name.select(defineVariable('g', given).select(use & %g.count().toString()))", ["official2", "nickname1"]),
        ("(name.defineVariable('n').use | %n)", FhirPathError),
        (
            "defineVariable('n', name.first()).select(%n.use) | defineVariable('n', name.last()).select(%n.use)",
            ["official", "nickname"],
        ),
        ("defineVariable('a', 'x').select(%a).defineVariable('b', 'y').select($this & %a & %b)", ["xxy"]),
        ("defineVariable('n', 1).active | defineVariable('m', 2).select(%n)", FhirPathError),
        ("defineVariable('a').defineVariable('a')", FhirPathError),
        ("name.defineVariable('n', last()).defineVariable('u', %n.use + '!').select(%u)", ["nickname!", "nickname!"]),
        ("defineVariable(defineVariable('p', 'q').select(%p), defineVariable('p', 'v').select(%p)).select(%q)", ["v"]),
        ("'aaa'.replace(defineVariable('p', 'aaa').select(%p), defineVariable('p', 'b').select(%p))", ["b"]),
        ("'ab'.select(startsWith(substring(0, length() - 1)))", [True]),
        ("1 year as FHIR.Quantity", []),
        ("(1 year as System.Quantity) = 12 months", [True]),
        ("'abc'.substring(1, {})", ["bc"]),
        ("@T10:00 + 1 year", FhirPathError),
        ("defineVariable('resource')", FhirPathError),
        ("name.where(use = 'official' or use = 1).family", ["Ås"]),
        ("name.sort(use desc).use", ["official", "nickname"]),
        ("coalesce(name.suffix, name.family)", ["Ås"]),
        ("1 year = 12 months", [True]),
        ("1 year = 365 days", []),
        ("1 year ~ 1 'a'", [True]),
        ("1 'kg' > 999 'g'", [True]),
        ("1 'kg' = 1 'm'", []),
        (
            "5 'mg' + 1 'g'",
            [{"value": Decimal(1005), "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}],
        ),
        ("'5.5 \\'mg\\''.toQuantity('g') = 0.0055 'g'", [True]),
        ("name.aggregate($total & use, '')", ["officialnickname"]),
        ("(1 | 2 | 3).all($this > 0) and (1 | 2).exists($this > 1)", [True]),
        ("iif(active, 'on', 1 / 0)", ["on"]),
        ("active.type().name & '/' & (1).type().namespace", ["boolean/System"]),
        ("name.first().type().name", ["HumanName"]),
        ("{} = 1", []),
        ("name.first() = name.first()", [True]),
        ("name.first() ~ name.last()", [False]),
        ("'Å' ~ 'å'", [True]),
        ("conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource')", [True]),
        ("conformsTo('urn:ours')", [True]),
        ("conformsTo('urn:theirs')", FhirPathError),
        ("gender.memberOf('urn:vs').empty()", [True]),
        ("name.use.first().memberOf('urn:vs')", [True]),
        ("name.use.last().memberOf('urn:vs')", [False]),
        ("name.use.first().subsumes('nickname')", [True]),
        ("%unknown", FhirPathError),
        ("getResourceKey()", ["Patient/p"]),
        ("generalPractitioner.getReferenceKey()", ["Practitioner/1", "Practitioner/unknown"]),
        ("generalPractitioner.getReferenceKey(Practitioner).count()", [2]),
        ("generalPractitioner.getReferenceKey(Organization)", []),
        ("managingOrganization.getReferenceKey()", []),
        ("generalPractitioner.first().resolve().getResourceKey()", []),
    ],
)
def test_expressions_on_a_patient(expression: str, expected: Any) -> None:
    def run() -> list[Any]:
        compiled = compile(expression, "Patient")
        return compiled(PATIENT, now=NOW, resolve=RESOURCES.get, terminology=Codes(), variables={"limit": 5},
                        conforms=lambda _, url: True if url == "urn:ours" else None)  # fmt: skip

    if expected is FhirPathError:
        with pytest.raises(FhirPathError):
            run()
    else:
        assert run() == expected


RESOURCES = {"Practitioner/1": {"resourceType": "Practitioner", "name": [{"family": "Lie"}]}}


class Codes:
    def member_of(self, value: Any, fhir_type: str, value_set: str) -> bool | None:
        return (value, fhir_type, value_set) == ("official", "code", "urn:vs")

    def subsumes(self, first: Any, second: Any, fhir_type: str) -> bool | None:
        return (first, second) == ("official", "nickname")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Observation.value > 71 'kg'", [True]),
        ("referenceRange.low <= referenceRange.high", []),
        ("referenceRange.low + 1 'kg'", []),
        ("(value > 1 'kg' or {} or false) and (true or {}) and value < 100 'kg'", [True]),
        ("({} or false or {}) | (false and {} and true)", [False]),
        ("status in ('final' | 'amended')", [True]),
        ("status in ('a' | 1)", [False]),
        ("'final' in status", [True]),
        ("value = 71500 'g'", [True]),
        ("value.value.toString()", ["71.50"]),
        ("value as Quantity", [WEIGHT["valueQuantity"]]),
        ("(value as Quantity).unit", ["kg"]),
        ("effective > @2026-11-22T05:59:59Z", [True]),
        ("effective = @2026-11-22T06:00:00Z", [True]),
        ("effective.toString()", ["2026-11-22T07:00:00+01:00"]),
        ("code.coding.where(system = %loinc).code", ["29463-7"]),
        ("Patient.name", []),
    ],
)
def test_expressions_on_an_observation(expression: str, expected: Any) -> None:
    assert compile(expression, "Observation")(WEIGHT) == expected
    assert compile(expression)(WEIGHT) == expected


@pytest.mark.parametrize(
    ("expression", "kind", "at", "told"),
    [
        ("name.", "syntax", 5, "expected a name, found the end"),
        ("name.where(use = 'a'", "syntax", 20, "expected ',', found the end"),
        ("name where", "syntax", 5, "expected an operator or the end, found 'where'"),
        ("1 + 'a", "syntax", 4, "the text in quotes does not end"),
        ("name ; use", "syntax", 5, "';' is not understood"),
        ("@2026-02-30", "syntax", 0, "@2026-02-30 is not in the calendar"),
        ("'\\q'", "syntax", 0, "\\q is not an escape of FHIRPath"),
        ("name.givn", "semantic", 5, "HumanName has no element 'givn'"),
        ("deceasedBoolean", "semantic", 0, "it is written deceased.ofType(boolean)"),
        ("name.frist()", "semantic", 5, "there is no function frist()"),
        ("name.where()", "semantic", 5, "where() takes 1 arguments, not 0"),
        ("name.ofType(Foo)", "semantic", 5, "there is no type Foo"),
        ("birthDate + 1", "semantic", 10, "+ does not go with Date and Number"),
        ("name > 1", "semantic", 5, "> does not go with Complex and Number"),
        ("name.single()", "execution", 5, "must be one item, not 2"),
        ("now()", "execution", None, "the time of the evaluation is not given"),
    ],
)
def test_a_fault_says_where_and_what(expression: str, kind: str, at: int | None, told: str) -> None:
    with pytest.raises(FhirPathError) as raised:
        compile(expression, "Patient")(PATIENT)
    assert raised.value.kind == kind
    assert told in str(raised.value)
    if at is not None:
        assert raised.value.at == at
        assert str(raised.value).startswith(f"at {at}: ")


@pytest.mark.parametrize(
    "expression",
    [
        "1.repeat($this + 1)",
        "1.repeatAll($this)",
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.toChars().aggregate($total.combine($total), 1)",
        "('aaaaaaaaaa').select($this" + " & $this" * 30 + ")" + ".select($this & $this & $this & $this)" * 40,
        "'a'.replace('', 'bbbbbbbbbb')" + ".replace('b', 'bbbbbbbbbb')" * 12,
        "'a'" + ".replaceMatches('a', 'aaaaaaaaaa')" * 12,
        "(" * 500 + "1" + ")" * 500,
        "-" * 500 + "1",
        "a" + ".a" * 500,
        "1" + " + 1" * 500,
        "'x'.matches('" + "a" * 3000 + "')",
    ],
)
def test_work_without_end_is_broken_off(expression: str) -> None:
    before = time.process_time()
    with pytest.raises(FhirPathError) as raised:
        compile(expression)({"resourceType": "Patient"})
    assert raised.value.kind == "too-costly"
    assert time.process_time() - before < 20


@pytest.mark.parametrize("expression", ["%n.floor()", "%n.round(2)", "%n.power(3)", "%n.sqrt()", "%n.abs()"])
def test_numbers_beyond_measure_are_refused(expression: str) -> None:
    with pytest.raises(FhirPathError, match="out of range"):
        compile(expression)({"resourceType": "Patient"}, variables={"n": Decimal("1E+999999")})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@2014.lowBoundary() | @2014.highBoundary()", ["2014-01-01", "2014-12-31"]),
        ("@2024-02.highBoundary(8)", ["2024-02-29"]),
        ("@2014-01-01T08:05:30.highBoundary(17)", ["2014-01-01T08:05:30.999-12:00"]),
        ("@2014-01-01T08:05:30.25+01:00.lowBoundary(14)", ["2014-01-01T08:05:30+01:00"]),
        ("@T10:30.highBoundary(6) | @T10:30.highBoundary(4)", ["10:30:59", "10:30"]),
        ("@2014.lowBoundary(5)", []),
        ("(2.345).lowBoundary(1) | (2.345).highBoundary(1)", [Decimal("2.3")]),
        ("0.lowBoundary() | 0.0.highBoundary(3)", [Decimal("-0.50000000"), Decimal("0.050")]),
        ("birthDate.lowBoundary() <= birthDate.highBoundary()", [True]),
    ],
)
def test_boundaries(expression: str, expected: list[Any]) -> None:
    assert compile(expression)(PATIENT) == expected


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "a*a*a*a*a*a*$", "(.*a){20}$"])
def test_no_regular_expression_backtracks(pattern: str) -> None:
    compiled = compile(f"%text.matches('^{pattern}')")
    assert compiled({"resourceType": "Patient"}, variables={"text": "a" * 5000 + "!"}) == [False]


def test_many_alternatives_are_not_deep() -> None:
    codes = [f"c{n}" for n in range(1000)]
    one_of, either = " | ".join(f"'{c}'" for c in codes), " or ".join(f"use = '{c}'" for c in codes)
    name = {"use": "c999"}
    assert compile(f"use in ({one_of})", "HumanName")(name) == [True]
    assert compile(either, "HumanName")(name) == [True]
    assert compile(f"({either}) and ({either})", "HumanName")({"use": "x"}) == [False]
    assert compile(one_of)({"resourceType": "Patient"}) == codes


def test_the_deepest_expression_that_is_read_also_runs() -> None:
    assert compile("1" + " + 1" * 100)({"resourceType": "Patient"}) == [101]
    assert compile("iif(true, " * 100 + "1" + ")" * 100)({"resourceType": "Patient"}) == [1]


@given(st.text(alphabet="abn.()[]'`@%$0123456789 +-*/=<>~!|&{}TZ:,isor\\\n", max_size=40))
def test_any_text_is_an_expression_or_a_fault(text: str) -> None:
    try:
        compile(text)(PATIENT, now=NOW)
    except FhirPathError as error:
        assert str(error)


@pytest.mark.parametrize("seed", range(10))
def test_any_expression_gives_a_result_or_a_fault(seed: int) -> None:
    random = Expressions(seed)
    results = 0
    for _ in range(200):
        try:
            compiled = compile(random.one(), lenient=bool(seed % 2))
            for resource in (PATIENT, WEIGHT):
                found = compiled(resource, now=NOW, resolve=RESOURCES.get, terminology=Codes(), limit=20_000)
                for place in compiled.places(resource, now=NOW, terminology=Codes(), limit=20_000):
                    assert lies_there(resource, place)
                results += isinstance(found, list)
        except FhirPathError as error:
            assert str(error)
    assert results > 20


def lies_there(value: Any, place: tuple[str | int, ...]) -> bool:
    """Tell whether a place leads somewhere: to a value, or beside one to a primitive's companion."""
    for part in place:
        if isinstance(part, str):
            value = value.get(part, value.get(f"_{part}"))
        else:
            value = value[part] if part < len(value) else None
    return value is not None or any(isinstance(part, int) for part in place[-1:])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)
       | st.dictionaries(st.sampled_from(["name", "given", "_given", "extension", "url", "resourceType", "contained", "id"]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_json_that_is_no_valid_resource_does_no_harm(value: Any) -> None:
    resource = {**(value if isinstance(value, dict) else {"name": value}), "resourceType": "Patient"}
    for expression in (
        "name.given.first()",
        "descendants().count()",
        "name.where(given = 'a').exists()",
        "contained.id",
    ):
        assert isinstance(compile(expression, "Patient")(resource), list)


def test_elements_and_lists_can_be_asked_too() -> None:
    assert compile("family", "HumanName")({"family": "Ås"}) == ["Ås"]
    assert compile("family", "HumanName")([{"family": "Ås"}, {"family": "Lie"}]) == ["Ås", "Lie"]
    assert compile("$this.length()", "string")("abc") == [3]
    period = Node({"start": "2020", "end": "2021"}, "Period")
    assert Evaluation(period, period, Given()).tells(compile("start <= end", "Period"), period) is True
    assert compile("name.given")([]) == []


def test_items_keep_their_types() -> None:
    found = compile("birthDate | name.first()", "Patient").items(PATIENT)
    assert [item.type for item in found] == ["date", "HumanName"]


@pytest.mark.parametrize(
    ("expression", "places"),
    [
        ("Patient", [()]),
        ("Patient.birthDate", [("birthDate",)]),
        ("name.given", [("name", 0, "given", 0), ("name", 0, "given", 1), ("name", 1, "given", 0)]),
        ("name.where(use = 'nickname')", [("name", 1)]),
        ("name.given.extension('urn:x')", [("name", 1, "_given", 0, "extension", 0)]),
        ("name.given.extension.value", [("name", 1, "_given", 0, "extension", 0, "valueCode")]),
        ("birthDate.extension", [("_birthDate", "extension", 0)]),
        ("multipleBirth.ofType(integer)", [("multipleBirthInteger",)]),
        ("contained[0].name", [("contained", 0, "name")]),
        ("descendants().where($this = 'Marie')", [("name", 0, "given", 1)]),
        ("name.count()", []),
        ("contact", []),
    ],
)
def test_elements_tell_where_they_lie(expression: str, places: list[tuple[str | int, ...]]) -> None:
    found = compile(expression, "Patient").places(PATIENT)
    assert found == places


def test_traces_are_told_to_who_listens() -> None:
    heard: list[tuple[str, list[Any]]] = []
    compile("name.trace('n', use).family")(PATIENT, trace=lambda name, values: heard.append((name, values)))
    assert heard == [("n", ["official", "nickname"])]


def test_the_examples_in_the_text_hold() -> None:
    assert doctest.testmod(fhirpath) == (0, 2)
