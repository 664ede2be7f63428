"""Every form of every page bears whatever is sent: never a fault of ours, always a sentence, nothing without its secret."""

from __future__ import annotations

import asyncio
import html
import os
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akson.base.postgres import Postgres
from akson.base.web.forms import Choice, Day, LongText, Number, TimeOfDay
from tests.conftest import administer
from tests.doors.forms import CITIZENS, STAFF, UNDRAWN, Declared, House, Shape, fields_there_are, house, query, told

EXAMPLES = int(os.environ.get("AKSON_FORMS", "8"))  # of each kind of form
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


def test_every_form_there_is_is_drawn_for_somebody_and_sent(the_house: House, shapes: list[Shape]) -> None:
    """A new page, or a new field, is drawn for one of the people here: what it takes to see it happens in prepared.py."""
    assert the_house.forms_there_are() - the_house.reached(shapes) == set()
    assert [shape.action for shape in shapes if not shape.offered or not shape.declared] == []
    assert fields_there_are() - {name for shape in shapes for name in shape.offered} == UNDRAWN.keys()
    assert {kind for shape in shapes for kind in map(type, shape.fields.values())} >= {Choice, Day, LongText, Number}


def test_no_form_is_carried_out_without_the_secret_of_the_session(the_house: House, shapes: list[Shape]) -> None:
    before = the_house.run(the_house.versions())
    for shape in [one for one in shapes if one.action != "/malform"]:  # a language is nobody's; see below
        for secret in (None, "", "x" * 43, the_house.csrf("elin" if shape.who == "elin" else _other(shape.who))):
            pairs = [(name, [*values, "x"][0]) for name, values in shape.offered.items() if name != "_csrf"]
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


def answers(shape: Shape, name: str) -> st.SearchStrategy[str]:
    """Return what a field may be sent: what it offers, what its definitions make of it and just beyond, and anything."""
    declared, model = shape.declared.get(name, Declared()), shape.fields.get(name)
    longest = {declared.longest, model.longest if model else 0} - {0}
    drawn = [
        st.sampled_from(HOSTILE),
        st.text(max_size=60),
        *(st.sampled_from(["x" * n, "x" * (n + 1)]) for n in longest),
    ]
    drawn += [st.sampled_from(shape.offered[name])] * 2 if shape.offered[name] else []
    if isinstance(model, Choice):
        drawn += [st.sampled_from([value for value, _ in model.offered] or [""])]
    if isinstance(model, Number):
        drawn += [st.decimals(model.lowest, model.highest, places=model.decimals).map(str)]
        drawn += [st.sampled_from([str(edge) for limit in (model.lowest, model.highest) if limit is not None
                                   for edge in (limit, limit - 1, limit + 1)] or ["0"])]  # fmt: skip
    if isinstance(model, Day) or declared.kind == "date":
        drawn += [st.dates().map(str)]
    if isinstance(model, TimeOfDay) or declared.kind == "time":
        drawn += [st.times().map(lambda one: f"{one:%H:%M}")]
    if declared.kind == "datetime-local":
        drawn += [st.datetimes().map(lambda one: one.isoformat(timespec="minutes"))]
    return st.one_of(drawn)


@st.composite
def sendings(draw: st.DrawFn, shape: Shape) -> list[tuple[str, str]]:
    """Draw what is sent under the names of a form: one answer as it asks, none, or two; what is required is there mostly."""
    pairs = []
    for name in shape.offered:
        if name in ("_csrf", "_once"):
            continue
        asked = shape.declared.get(name, Declared()).required or (name in shape.fields and shape.fields[name].required)
        many = draw(st.sampled_from((1, 1, 1, 0, 2) if asked else (0, 1, 1, 2)))
        pairs += [(name, draw(answers(shape, name))) for _ in range(many)]
    return pairs


def test_no_form_breaks_whatever_is_sent(the_house: House, shapes: list[Shape]) -> None:
    for shape in _kinds(shapes):
        _bears(the_house, shape)


def _bears(the_house: House, shape: Shape) -> None:
    """Send one form what is drawn for it."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(sendings(shape))
    def sent(pairs: list[tuple[str, str]]) -> None:
        kept = [*pairs, ("_csrf", the_house.csrf(shape.who)), ("_once", secrets.token_hex(8))]
        answer = the_house.run(the_house.ask(shape.who, "POST", query(shape.action), kept))
        assert answer.status_code in FINE, (shape.kind, pairs, told(answer))
        assert "<script>alert(" not in answer.text, (shape.kind, pairs)
        assert answer.status_code != 422 or lost(shape, pairs, answer.text) == [], (shape.kind, pairs)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/") and not answer.headers["location"].startswith("//")
        elif answer.headers["content-type"].startswith(
            ("application/pdf", "application/json", "application/zip", "application/fhir")
        ):
            assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
        elif answer.content and not shape.action.endswith("/kladd"):  # which is answered to a script, in a few words
            assert '<html lang="nb"' in answer.text and "<h1" in answer.text, told(answer)
            assert "Traceback" not in answer.text and "asyncpg" not in answer.text

    sent()


def lost(shape: Shape, pairs: list[tuple[str, str]], page: str) -> list[str]:
    """Return the fields whose long text does not stand on the page that says what is wrong, though the form does.

    Only of a form as it was drawn; where what it is about is another, or was answered meanwhile, there is no form of it.
    """
    names, there = [name for name, _ in pairs], html.unescape(page)
    kinds = {name: shape.declared.get(name, Declared(kind="button")).kind for name in shape.offered}
    fixed = {name for name, kind in kinds.items() if kind in ("hidden", "button")} - {"_csrf", "_once"}
    if any(names.count(name) != 1 for name in fixed) or any(
        value not in shape.offered[name] for name, value in pairs if name in fixed
    ):
        return []
    written = [(name, value) for name, value in pairs if kinds[name] == "textarea" and names.count(name) == 1]
    written = [(name, value) for name, value in written if "<textarea" in page and f'name="{name}"' in page]
    return [name for name, value in written if value.isprintable() and value.strip() not in there]


def _kinds(shapes: list[Shape]) -> list[Shape]:
    """Return each kind of form once, whoever it is drawn for."""
    return list({shape.kind[1:]: shape for shape in shapes}.values())
