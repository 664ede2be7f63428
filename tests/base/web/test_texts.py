"""Texts, and what filters make of values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from markupsafe import Markup

from akson.base.web import render
from akson.base.web.messages import HOME, Messages

NOW = datetime(2026, 11, 23, 9, 34, tzinfo=UTC)
CALLED = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""")
QUOTED = re.compile(r"""["']([a-z0-9_]+\.[\w.-]+)["']""")
PREFIX = re.compile(r"""["']([a-z0-9_]+\.[a-z_.]*)(?:\{[^{}]+\}["']|["']\s*~)""")
ALL = Messages.read()


def sources(ending: str) -> str:
    return "\n".join(file.read_text("utf-8") for file in Path(HOME).rglob(f"*.{ending}"))


def test_every_text_that_is_called_for_exists() -> None:
    assert {key for key in CALLED.findall(sources("html")) if key not in ALL} == set()


def test_no_text_is_unused() -> None:
    everything = sources("html") + sources("py")
    used, prefixes = set(QUOTED.findall(everything)), tuple(PREFIX.findall(everything))
    kept = used | {f"{key}_other" for key in used}  # the same, said to one who acts for another
    unused = {key for key in ALL.keys - kept if not key.startswith(prefixes)}
    assert {
        key for key in unused if not key.endswith((".title", ".menu"))
    } == set()  # a page's name outlives its screen


def test_a_text_in_two_files_is_an_error(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "nb.toml").write_text('[x]\ny = "z"\n')
    with pytest.raises(ValueError, match=r"x\.y"):
        Messages.read(tmp_path)


def test_values_are_escaped_but_markup_is_kept() -> None:
    say = Messages({"hello": "Hei & {name}"})
    assert say("hello", name="<b>") == Markup("Hei &amp; &lt;b&gt;")
    assert say("hello", name=Markup("<b>Kari</b>")) == Markup("Hei &amp; <b>Kari</b>")


def test_one_and_many_have_their_own_words() -> None:
    say = Messages({"hits": {"one": "1 treff", "many": "{count} treff"}})
    assert [say.plain("hits", count=count) for count in (0, 1, 2)] == ["0 treff", "1 treff", "2 treff"]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW, "i dag 10.34"),
        (NOW - timedelta(days=1), "i går 10.34"),
        (NOW + timedelta(days=1), "i morgen 10.34"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "i morgen 00.30"),
        (NOW - timedelta(days=3), "20.11"),
        (datetime(2025, 6, 20, 22, 30, tzinfo=UTC), "21.06.2025"),
        (date(2026, 11, 23), "i dag"),
        (None, "ikke kjent"),
    ],
)
def test_moments_are_said_as_people_say_them(moment: date | None, said: str) -> None:
    assert render.said(moment, NOW) == said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("37.40"), "37,40"),
        (2840, "2\N{NO-BREAK SPACE}840"),
        (Decimal("-2.3"), "−2,3"),
        (None, "–"),
        (0.5, "0,5"),
    ],
)
def test_figures_are_written_in_norwegian(value: Decimal | float | None, text: str) -> None:
    assert render.number(value) == text


def test_dates_ids_and_names_are_written_as_in_a_record() -> None:
    assert render.full_date(date(1941, 3, 14)) == "14.03.1941"
    assert render.weekday(NOW) == "man. 23.11.2026"
    assert render.long_day(NOW) == "mandag 23. november"
    assert (render.short_month(date(2026, 11, 1)), render.short_month(date(2026, 5, 1))) == ("nov.", "mai")
    assert (render.fnr("14834142059"), render.fnr("")) == ("148341 42059", "mangler")
    assert render.person("Nordli", "Astrid Marie") == "NORDLI, Astrid Marie"
    assert (render.initials("Astrid Nordli, 85 år"), render.initials("Bo")) == ("AN", "BB")
