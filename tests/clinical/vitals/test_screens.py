"""The pages of vital signs show Astrid as the record has her, whatever its size, in a fixed number of statements."""

from __future__ import annotations

from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go, Page, Visit
from akson.base.work import Purpose
from akson.clinical.vitals import model
from akson.clinical.vitals.screens import measurements, new_measurement
from akson.record.session import session
from tests.clinical.drawing import drawn
from tests.seeded import Town

TYPED = {"resp": "20", "spo2": "93", "temp": "37,4", "sys": "108", "dia": "62", "puls": "96", "vekt": "58,4", "bevissthet": "A",
         "oksygen": "luft"}  # fmt: skip


def visit(**form: str) -> Visit:
    return Visit(method="POST" if form else "GET", path="", query={}, form=form, pairs=tuple(form.items()))


async def shown(
    town: Town, who: str, patient: str = "Patient/astrid", query: dict[str, str] | None = None
) -> model.Measurements:
    asked = Visit(method="GET", path="", query=query or {}, form={}, pairs=())
    async with town.office.work(await town.at_work(who), Purpose.TREATMENT) as work:
        page = await measurements(work, asked, town.id(patient))
        assert session(work).statements <= 5
    view = page.values["view"]
    assert isinstance(view, model.Measurements)
    return view


async def sent(town: Town, who: str = "mariam", patient: str = "Patient/astrid", **form: str) -> tuple[Page | Go, int]:
    async with town.office.work(await town.at_work(who), Purpose.TREATMENT) as work:
        answer = await new_measurement(work, visit(**form), town.id(patient))
        return answer, session(work).statements


async def test_astrids_last_fortnight_is_as_it_was_measured(town: Town) -> None:
    view = await shown(town, "jonas")
    assert view.course is not None
    assert view.course.moments == ("09.11", "16.11", "18.11", "20.11", "21.11", "22.11", "23.11")
    assert view.course.scores == (1, 6, 3, 1, 1, 2, 4)
    table = dict(view.course.table)
    assert table["Blodtrykk, mmHg"] == ("128/74", "112/64", "118/70", "126/74", "122/70", "116/68", "108/62")
    assert table["Temperatur, °C"][-1] == "37,4"
    assert table["Målt av"][0] == "Jonas Eikeland"


async def test_the_sum_is_told_with_its_parts_its_rise_and_what_to_do(town: Town) -> None:
    result = (await shown(town, "jonas")).result
    assert result is not None
    assert (result.score, result.was, result.parts) == (4, 1, "SpO₂ 2, blodtrykk 1, puls 1")
    assert result.do == "Ring fastlegen i dag, mål igjen i kveld."
    assert result.also == "Vekt 58,4 kg, opp 2,3 kg på 3 døgn"


async def test_laboratory_answers_stand_with_what_they_were(town: Town) -> None:
    view = await shown(town, "jonas")
    assert {(lab.text, lab.side, lab.abnormal) for lab in view.labs} == {
        ("eGFR 38 ml/min", "lav, var 45", True), ("Kreatinin 124 µmol/l", "høy, var 108", True),
        ("Kalium 4,9 mmol/l", "3,6–5,0", False), ("NT-proBNP 2\N{NO-BREAK SPACE}840 ng/l", "høy, var 1\N{NO-BREAK SPACE}120", True),
        ("Hemoglobin 12,1 g/dl", "11,7–15,3", False),
    }  # fmt: skip


async def test_a_longer_period_shows_the_last_of_each_week_or_month(town: Town) -> None:
    quarter, year = [await shown(town, "jonas", query={"periode": period}) for period in ("3m", "1a")]
    assert quarter.course is not None
    assert quarter.course.moments == ("09.11", "22.11", "23.11")
    assert year.course is not None
    assert year.course.moments == ("23.11",)


async def test_a_set_is_counted_before_it_is_saved_and_saved_once(town: Town) -> None:
    answer, _ = await sent(town, do="compute", **TYPED)
    assert isinstance(answer, Page)
    measuring = answer.values["measuring"]
    assert isinstance(measuring, model.Measuring)
    assert measuring.result is not None
    assert (measuring.result.score, measuring.points["spo2"]) == (4, 2)
    count = await town.office.database.fetchval("SELECT count(*) FROM resource")
    answer, statements = await sent(town, do="save", **TYPED)
    assert isinstance(answer, Go)
    assert answer.said == "vitals.saved"
    assert await town.office.database.fetchval("SELECT count(*) FROM resource") == count + 9
    assert statements <= 5


async def test_a_forgotten_comma_is_explained_and_nothing_is_saved(town: Town) -> None:
    count = await town.office.database.fetchval("SELECT count(*) FROM resource")
    answer, _ = await sent(town, do="save", **(TYPED | {"temp": "384"}))
    assert isinstance(answer, Page)
    assert answer.status == 422
    form: Any = answer.values["form"]
    assert form["temp"].fault.key == "form.outside_comma"
    assert await town.office.database.fetchval("SELECT count(*) FROM resource") == count


async def test_children_get_no_news2(town: Town) -> None:
    answer, _ = await sent(town, "hanne", "Patient/emil", do="compute", **TYPED)
    assert isinstance(answer, Page)
    measuring = answer.values["measuring"]
    assert isinstance(measuring, model.Measuring)
    assert (measuring.result, measuring.points, measuring.missing) == (
        None,
        {},
        "NEWS2 brukes ikke for barn under 16 år.",
    )


async def test_who_has_no_basis_is_refused(town: Town) -> None:
    with pytest.raises(Refused, match="AK-A"):
        await shown(town, "elin")


async def test_every_page_of_vital_signs_can_be_drawn(town: Town) -> None:
    asked = Visit(method="GET", path="", query={}, form={}, pairs=())
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        full = await measurements(work, asked, town.id("Patient/astrid"))
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        blank = await new_measurement(work, asked, town.id("Patient/astrid"))
    wrong, _ = await sent(town, do="save", temp="384")
    counted, _ = await sent(town, do="compute", **TYPED)
    html = [drawn("clinical/vitals", page) for page in (full, blank, wrong, counted) if isinstance(page, Page)]
    assert html[0].count("<polyline") == 10  # the wide picture, and the newest for a narrow screen
    assert html[0].index('<th scope="col">23.11') < html[0].index('<th scope="col">22.11')  # newest first
    assert "Sist målt i dag 08.12: NEWS2 4" in html[1]
    assert "384 °C er utenfor 20–45 °C. Mangler komma?" in html[2]
    assert "NEWS2 4" in html[3]


ILL = {"resp": "24", "spo2": "91", "temp": "38,2", "sys": "100", "dia": "60", "puls": "112"}


async def test_parts_of_somebody_very_ill_alarm_in_the_form_and_after_saving(town: Town) -> None:
    counted, _ = await sent(town, do="compute", **ILL)
    assert isinstance(counted, Page)
    html = drawn("clinical/vitals", counted)
    for told in ("NEWS2 minst 10, før 2", "Ring 113.", "Mangler: oksygen, bevissthet"):
        assert told in html
    await sent(town, do="save", **ILL)
    view = await shown(town, "jonas")
    assert view.result is not None
    assert (view.result.score, view.result.at_least) == (10, True)
    assert view.complete == "Siste hele NEWS2: 4, i dag 08.12, Mariam Yusuf"


async def test_parts_that_tell_little_leave_the_last_sum_with_its_own_time(town: Town) -> None:
    await sent(town, do="save", sys="128", dia="74", puls="72")
    view = await shown(town, "jonas")
    assert view.result is not None
    assert (view.result.score, view.result.at_least, view.by, view.complete) == (4, False, "Mariam Yusuf", "")
