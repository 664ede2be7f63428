"""The examples of docs/terminology.md are run as they stand."""

from __future__ import annotations

import httpx
import pytest

from akson.doors.terminology import BASE, load_base
from tests.conftest import ROOT
from tests.fhirapi.clients import Api


@pytest.mark.skipif(not BASE.exists(), reason="needs what `npm ci` brings")
async def test_every_example_is_answered(api: Api, vendor: httpx.AsyncClient) -> None:
    await load_base(api.office.database, lambda _: None)
    page = (ROOT / "docs" / "terminology.md").read_text("utf-8")
    asked = [line.removeprefix("GET /fhir/") for line in page.splitlines() if line.startswith("GET /fhir/")]
    assert len(asked) == 7
    for question in asked:
        answer = await vendor.get(question)
        assert answer.status_code == 200, question
        told = answer.json()
        assert told.get("expansion", {}).get("contains") or told["parameter"][0].get("valueBoolean", True), question
