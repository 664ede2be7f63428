"""What is typed, what it becomes, and the sentence when it cannot be used."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from starlette.requests import Request

from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.forms import Choice, Confirm, Day, Field, Form, Number
from akson.base.web.messages import Messages

TEMPERATURE = Number(name="temp", label="vitals.temp", unit="°C", lowest=Decimal(20), highest=Decimal(45), decimals=1)
BORN = Day(name="born", label="banner.born", required=False)
HOW = Choice(name="how", label="note.kind", choices=(("a", "A"), ("b", "B")), required=False)
FORM = Form(TEMPERATURE, BORN, HOW)
SAY = Messages.read()


def fault(form: Form, name: str, typed: str) -> str:
    """Return the sentence that is shown when `typed` stands in the field `name`."""
    found = form.read({name: typed})[name].fault
    return SAY.plain(found.key, **found.values) if found else ""


@pytest.mark.parametrize(("typed", "value"), [("37,4", "37.4"), ("37.4", "37.4"), (" 37 ", "37"), ("37,40", None)])
def test_a_number_keeps_what_was_typed(typed: str, value: str | None) -> None:
    read = FORM.read({"temp": typed})
    assert read.values.get("temp") == (Decimal(value) if value else None)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("374", "374 °C er utenfor 20–45 °C. Mangler komma?"),
        ("3,7", "3,7 °C er utenfor 20–45 °C."),
        ("varm", "«varm» er ikke et tall."),
        ("NaN", "«NaN» er ikke et tall."),
        ("1e9999999", "1e9999999 °C er utenfor 20–45 °C. Mangler komma?"),
        ("", "Må fylles ut."),
        ("37,44", "37,44 har for mange desimaler. Bruk høyst 1."),
    ],
)
def test_a_number_that_cannot_be_is_explained(typed: str, sentence: str) -> None:
    assert fault(FORM, "temp", typed) == sentence


@pytest.mark.parametrize("typed", ["1941-03-14", "14.03.1941", "14031941"])
def test_a_date_is_read_as_people_write_it(typed: str) -> None:
    assert FORM.read({"temp": "37", "born": typed}).values["born"] == date(1941, 3, 14)


def test_a_date_that_is_not_in_the_calendar_is_explained() -> None:
    assert fault(FORM, "born", "30.02.2026").startswith("«30.02.2026» er ikke en dato.")


def test_only_the_offered_answers_are_taken() -> None:
    assert fault(FORM, "how", "c") == "Velg ett av svarene."


def test_what_may_be_left_out_is_none() -> None:
    read = FORM.read({"temp": "37"})
    assert read.valid
    assert read.values == {"temp": Decimal(37), "born": None, "how": None}


def test_a_sentence_must_be_ticked() -> None:
    form = Form(Confirm(name="danger", label="emergency.danger_yes"))
    assert fault(form, "danger", "") == "Må krysses av."
    assert form.read({"danger": "ja"}).values == {"danger": True}


def test_a_blank_form_is_not_valid_and_not_wrong() -> None:
    blank = FORM.blank(temp=Decimal("37.4"))
    assert (blank["temp"].raw, blank.valid, blank.wrong) == ("37,4", False, ())


def test_a_refusal_lands_at_its_field_or_at_the_top() -> None:
    read = FORM.read({"temp": "37"})
    assert read.with_refused(Refused("AK-J007", path="temp"))["temp"].fault is not None
    assert [one.sentence for one in read.with_refused(Refused("AK-J007")).faults] == ["Innholdet er ikke gyldig."]


def test_a_line_has_an_end() -> None:
    assert fault(Form(Field(name="q", label="search.label")), "q", "x" * 201) == "For langt. Du kan skrive 200 tegn."


async def test_control_characters_of_a_paste_are_left_out_and_lines_stay() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"t=a%08b%00c%0D%0Ad%09e%1F", "more_body": False}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    assert await sent.pairs(request) == [("t", "abc\r\nd\te")]
