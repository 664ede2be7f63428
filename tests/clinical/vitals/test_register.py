"""A set of vital signs is written whole or not at all, in one round trip, and read back as it was measured."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from akson.advice.vitals.kinds import AIR, Value
from akson.advice.vitals.moments import gathered
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.clinical.vitals.actions import register
from akson.record import journal
from akson.record.session import session
from tests.seeded import Town

TYPED: dict[str, Value] = {"resp": Decimal(20), "spo2": Decimal(93), "sys": Decimal(108), "dia": Decimal(62),
                           "puls": Decimal(96), "temp": Decimal("37.4"), "vekt": Decimal("58.4"), "bevissthet": "A",
                           "oksygen": AIR}  # fmt: skip


async def test_all_that_is_measured_is_one_write_set_with_the_sum_derived_from_its_parts(town: Town) -> None:
    mariam, astrid = await town.at_work("mariam"), town.id("Patient/astrid")
    async with town.office.work(mariam, Purpose.TREATMENT) as work:
        made = await register(work, astrid, TYPED, work.now, remark="Tyngre pust i trapp.")
    assert session(work).statements == 2  # what stands there, and the write
    assert {one.last_updated for one in made} == {made[0].last_updated}
    assert len(made) == 9  # blood pressure is one of them
    total = made[-1].resource
    assert (total["valueInteger"], total["note"]) == (4, [{"text": "Tyngre pust i trapp."}])
    parts = {one.reference for one in made[:-1] if one.resource["code"]["text"] != "Vekt"}
    assert {part["reference"] for part in total["derivedFrom"]} == parts


async def test_what_was_measured_is_read_back_as_one_moment(town: Town) -> None:
    mariam, astrid = await town.at_work("mariam"), town.id("Patient/astrid")
    async with town.office.work(mariam, Purpose.TREATMENT) as work:
        await register(work, astrid, TYPED, work.now)
        found = await journal.chart(work, astrid, {"Observation": 9})
    [moment] = gathered(hit.resource for hit in found["Observation"])
    assert (moment.at, moment.values, moment.total, moment.by) == (work.now, TYPED, 4, "Mariam Yusuf")


@pytest.mark.parametrize(
    ("values", "code", "path", "sentence"),
    [({"temp": Decimal(384)}, "AK-V001", "temp", "384 °C er utenfor 20–45 °C. Mangler komma?"),
     ({"puls": Decimal(960)}, "AK-V001", "puls", "960 /min er utenfor 0–300 /min."),
     ({"sys": Decimal(62), "dia": Decimal(108)}, "AK-V002", "dia", "Undertrykket må være lavere enn overtrykket. Er de byttet om?"),
     ({}, "AK-V003", "resp", "Fyll ut minst én måling.")],
)  # fmt: skip
async def test_what_cannot_be_true_is_refused_at_its_field_and_nothing_is_written(
    town: Town, values: dict[str, Value], code: str, path: str, sentence: str
) -> None:
    mariam, astrid = await town.at_work("mariam"), town.id("Patient/astrid")
    before = await town.office.database.fetchval("SELECT count(*) FROM resource")
    with pytest.raises(Refused) as refused:
        async with town.office.work(mariam, Purpose.TREATMENT) as work:
            await register(work, astrid, ({"vekt": Decimal("58.4")} | values) if values else {}, work.now)
    assert (refused.value.code, refused.value.path, refused.value.text) == (code, path, sentence)
    assert await town.office.database.fetchval("SELECT count(*) FROM resource") == before


async def test_nothing_is_measured_tomorrow(town: Town) -> None:
    mariam, astrid = await town.at_work("mariam"), town.id("Patient/astrid")
    with pytest.raises(Refused, match="AK-V004"):
        async with town.office.work(mariam, Purpose.TREATMENT) as work:
            await register(work, astrid, TYPED, work.now + timedelta(days=1))


async def test_an_incomplete_set_has_no_sum(town: Town) -> None:
    mariam, astrid = await town.at_work("mariam"), town.id("Patient/astrid")
    async with town.office.work(mariam, Purpose.TREATMENT) as work:
        made = await register(work, astrid, {"sys": Decimal(140), "puls": Decimal(72)}, work.now)
    pressure = made[1].resource
    assert len(made) == 2
    assert "dataAbsentReason" in pressure["component"][1]  # the profile wants both halves


async def test_who_has_no_part_in_the_care_registers_nothing(town: Town) -> None:
    elin = await town.at_work("elin")  # home nurse in the south
    with pytest.raises(Refused, match="AK-A"):
        async with town.office.work(elin, Purpose.TREATMENT) as work:
            await register(work, town.id("Patient/astrid"), TYPED, work.now)
