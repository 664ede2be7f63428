"""Every form of every page bears whatever is sent: never a fault of ours, always a sentence, nothing without its secret."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akson.base.postgres import Postgres
from tests.conftest import administer
from tests.doors.forms import CITIZENS, STAFF, House, Shape, house, query, told

EXAMPLES = int(os.environ.get("AKSON_FORMS", "150"))
FINE = {200, 303, 400, 403, 404, 409, 412, 413, 422}
HOSTILE = (
    "", " ", "0", "-1", "1e999", "9" * 400, "2026-02-30", "2026-11-22T25:00", "null", "true", "\0", "\r\nSet-Cookie: a=b",
    "'; DROP TABLE resource; --", "\" OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "%(x)s{0}{x}", "../../etc/passwd",
    "Patient/x", "\ud7ff\ufeff\u202e\U0001f9ea", "x" * 20_000, "١٢٣", "½", "0x10", "1,5,5", "14834142059", "1" * 5000 + "e5",
)  # fmt: skip


@pytest.fixture(scope="module")
def the_house(postgres: Postgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    asyncio.run(administer(postgres, f"CREATE DATABASE forms TEMPLATE {template}"))
    with house(postgres.url_of("forms"), tmp_path_factory.mktemp("house")) as made:
        yield made
    asyncio.run(administer(postgres, "DROP DATABASE forms WITH (FORCE)"))


@pytest.fixture(scope="module")
def shapes(the_house: House) -> list[Shape]:
    return [shape for who in (*STAFF, *CITIZENS) for shape in the_house.run(the_house.forms(who))]


def test_looking_at_a_page_writes_nothing_in_the_journal(the_house: House) -> None:
    before = the_house.run(the_house.versions())
    seen = [page for who in (*STAFF, *CITIZENS) for page in the_house.run(the_house.pages(who)).values()]
    assert len(seen) > 150 and {one.status_code for one in seen} <= {200, 303, 403, 404, 405}
    assert sum(one.status_code == 200 for one in seen) > 80
    assert the_house.run(the_house.versions()) == before


def test_the_forms_of_all_pages_are_found(shapes: list[Shape]) -> None:
    found = {shape.kind[1] for shape in shapes}
    assert {
        "/sok",
        "/p/…/hurtig",
        "/p/…/notat/…",
        "/p/…/malinger/ny",
        "/p/…/nodapning",
        "/min/innsyn/sperr",
    } <= found, str(sorted(found))
    assert len(shapes) > 30 and sum(len(shape.offered) for shape in shapes) > 150


def test_no_form_is_carried_out_without_the_secret_of_the_session(the_house: House, shapes: list[Shape]) -> None:
    before = the_house.run(the_house.versions())
    for shape in [one for one in shapes if one.action != "/malform"]:  # a language is nobody's; see below
        for secret in (None, "", "x" * 43, the_house.csrf("elin" if shape.who == "elin" else _other(shape.who))):
            pairs = [(name, values[0]) for name, values in shape.offered.items() if name != "_csrf"]
            pairs += [("_csrf", secret)] if secret is not None else []
            answer = the_house.run(the_house.ask(shape.who, "POST", query(shape.action), pairs))
            assert answer.status_code == 403, (shape.kind, told(answer))
    assert the_house.run(the_house.versions()) == before


def test_not_even_the_language_is_chosen_from_another_site(the_house: House) -> None:
    form = [("malform", "nn"), ("til", "/")]
    for headers, status in (
        ({"origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({}, 303),
    ):
        answer = the_house.run(the_house.http.post("/malform", data=dict(form), headers=headers))
        assert answer.status_code == status, headers


def _other(who: str) -> str:
    return next(one for one in STAFF if one != who)


@st.composite
def sendings(draw: st.DrawFn, shapes: list[Shape]) -> tuple[Shape, list[tuple[str, str]]]:
    """Draw a form and what is sent under its names: what is offered, what is not, nothing, or both."""
    shape = draw(st.sampled_from(shapes))
    pairs = []
    for name, values in shape.offered.items():
        if name in ("_csrf", "_once"):
            continue
        value = st.one_of(st.sampled_from(values), st.sampled_from(HOSTILE), st.text(max_size=60))
        pairs += [(name, one) for one in draw(st.lists(value, min_size=0 if draw(st.booleans()) else 1, max_size=2))]
    return shape, pairs


def test_no_form_breaks_whatever_is_sent(the_house: House, shapes: list[Shape]) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(sendings(shapes))
    def sent(drawn: tuple[Shape, list[tuple[str, str]]]) -> None:
        shape, pairs = drawn
        kept = [*pairs, ("_csrf", the_house.csrf(shape.who)), ("_once", secrets.token_hex(8))]
        answer = the_house.run(the_house.ask(shape.who, "POST", query(shape.action), kept))
        assert answer.status_code in FINE, (shape.kind, pairs, told(answer))
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/") and not answer.headers["location"].startswith("//")
        elif answer.headers["content-type"].startswith(
            ("application/pdf", "application/json", "application/zip", "application/fhir")
        ):
            assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
        elif answer.content:
            assert '<html lang="nb"' in answer.text and "<h1" in answer.text, told(answer)
            assert "Traceback" not in answer.text and "asyncpg" not in answer.text

    sent()
