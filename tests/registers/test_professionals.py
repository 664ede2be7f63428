"""What an answer of the register of health personnel means."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from akson.registers.professionals import Away, Result, read

DAY = date(2026, 11, 23)
FNR = "14834142059"
NURSE: dict[str, Any] = {
    "helsepersonellkategori": {"verdi": "SP", "navn": "Sykepleier"}, "autorisasjon": {"verdi": "1", "navn": "Autorisasjon"},
    "periode": {"fra": "2010-01-01", "til": "2066-01-01"},
}  # fmt: skip
SUSPENDED = {"type": {"navn": "Suspensjon"}, "periode": {"fra": "2026-11-01", "til": None}}


def answer(*approvals: dict[str, Any], nin: str | None = FNR, **more: Any) -> bytes:
    person = {"nin": nin, "fødselsdato": "1941-03-14"}
    return json.dumps({"hprNummer": 990000, "person": person, "godkjenninger": approvals, "ny": {}} | more).encode()


@pytest.mark.parametrize(("body", "result"), [
    (answer(NURSE), Result.VALID),
    (answer(NURSE, nin=None), Result.ANOTHER),  # it proves nothing of who gives the number
    (answer(NURSE, nin="01810012345"), Result.ANOTHER),
    (answer(), Result.OTHER_PROFESSION),
    (answer(NURSE | {"helsepersonellkategori": {"verdi": "LE"}}), Result.OTHER_PROFESSION),
    (answer(NURSE | {"periode": {"fra": "2010-01-01", "til": "2026-11-22"}}), Result.ENDED),
    (answer(NURSE | {"periode": {"fra": "2010-01-01", "til": "2026-11-23T00:00:00"}}), Result.VALID),
    (answer(NURSE | {"periode": {"fra": "2026-11-24"}}), Result.ENDED),
    (answer(NURSE | {"periode": None}), Result.VALID),
    (answer(NURSE | {"autorisasjon": None}), Result.ENDED),
    (answer(NURSE | {"avsluttetStatus": {"verdi": "3", "navn": "Noe vi ikke kjenner"}}), Result.ENDED),
    (answer(NURSE | {"administrativeReaksjoner": [SUSPENDED]}), Result.ENDED),
    (answer(NURSE | {"administrativeReaksjoner": [SUSPENDED | {"periode": {"til": "2026-11-22"}}]}), Result.VALID),
    (answer(NURSE, administrativeReaksjoner=[SUSPENDED]), Result.ENDED),
    (answer(NURSE | {"administrativeReaksjoner": [{"type": {"navn": "Begrenset"}}]}), Result.LIMITED),
    (answer(NURSE | {"vilkår": [{"type": {"navn": "Under tilsyn"}}]}), Result.LIMITED),
    (answer(NURSE | {"avsluttetStatus": {"verdi": "1"}}, NURSE), Result.VALID),
    (answer(NURSE, person={"nin": FNR, "dødsdato": "2026-01-01"}), Result.ENDED),
])  # fmt: skip
def test_what_an_answer_means_for_a_nurse(body: bytes, result: Result) -> None:
    assert read(body, "990000", DAY).may({"SP"}, FNR, DAY) is result


@pytest.mark.parametrize("body", [
    b"", b"[]", b"<html>", b'{"godkjenninger":[]}', answer(NURSE, hprNummer=990001), answer(NURSE, godkjenninger="alle"),
    answer(NURSE | {"periode": {"fra": "i fjor"}}), "æ".encode("latin-1"),
])  # fmt: skip
def test_what_cannot_be_read_is_as_if_the_register_were_away(body: bytes) -> None:
    with pytest.raises(Away):
        read(body, "990000", DAY)


def test_an_approval_becomes_a_qualification_with_its_limits() -> None:
    specialty = {"type": {"verdi": "1", "navn": "Allmennmedisin"}, "periode": {"fra": "2020-01-01"}}
    body = answer(NURSE | {"vilkår": [{"type": {"navn": "Under tilsyn"}}], "spesialistgodkjenninger": [specialty]})
    made = read(body, "990000", DAY).approvals[0].qualification()
    assert made["code"]["text"] == "Sykepleier, autorisasjon; Under tilsyn"
    assert [coding["code"] for coding in made["code"]["coding"]] == ["SP", "1", "1"]
    assert made["period"] == {"start": "2010-01-01", "end": "2066-01-01"}
