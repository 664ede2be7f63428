"""Every page, filled with realistic values and with nothing at all."""

from __future__ import annotations

import re

import pytest

from akson.base.web.messages import Messages
from akson.base.web.render import Renderer
from tests.base.web import examples

RENDERER = Renderer(Messages.read(), lambda name: f"/static/{name}")


def drawn(name: str) -> str:
    template, values = examples.PAGES[name]
    return RENDERER.html(template, examples.COMMON | values)


@pytest.mark.parametrize("name", examples.PAGES)
def test_a_page_is_whole_and_needs_nothing_but_its_own_files(name: str) -> None:
    page = drawn(name)
    assert page.count("<h1") == 1
    assert not re.search(r"\bNone\b|Undefined|<Macro| style=|\son\w+=|<script>", page)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    missing = set(re.findall(r'href="#i-([\w]+)"', page)) - set(re.findall(r'symbol id="i-([\w]+)"', page))
    assert not missing
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", examples.PAGES)
def test_every_form_that_writes_carries_the_secret_of_the_session(name: str) -> None:
    if name == "logg-inn":
        return  # nobody is signed in; the request itself is the secret
    for form in re.findall(r"<form.*?</form>", drawn(name), re.S):
        if 'method="get"' in form:  # writes nothing, and nothing that is typed may end in an address
            assert not re.search(r'<textarea|<input(?![^>]*type="(?:hidden|checkbox)")', form)
            continue
        assert 'method="post"' in form
        assert 'name="_csrf" value="secret"' in form


def test_the_overview_spells_out_what_is_missing() -> None:
    page = drawn("oversikt-tom")
    for sentence in (
        "Ingen aktive problemer",
        "Ingen legemidler",
        "Ingen målinger",
        "Ingen avtaler",
        "ikke avklart",
        "ikke kjent",
    ):
        assert sentence in page


def test_the_banner_names_the_patient_before_all_else() -> None:
    page = re.sub(r"<[^>]+>", " ", drawn("oversikt"))
    order = [
        page.index(text) for text in ("NORDLI, Astrid Marie", "14.03.1941 (85 år)", "Kvinne", "148341 42059", "CAVE")
    ]
    assert order == sorted(order)


def test_a_patients_form_names_the_patient_it_was_drawn_for() -> None:
    assert 'name="_patient" value="astrid"' in drawn("notat")
