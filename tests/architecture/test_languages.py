"""What people read stands in bokmål and in nynorsk: the same texts, with the same places to fill in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

AKSON = Path(__file__).parents[2] / "akson"
PAIRS = [(nb, nb.with_name(nb.name.replace("nb.toml", "nn.toml"))) for nb in sorted(AKSON.rglob("*nb.toml"))]
FILLED = re.compile(r"\{\w*\}")
BOKMAL = re.compile(  # words that nynorsk writes otherwise; none of them is a name or a word of both
    r"\b(ikke|hva|hvem|hvor|hvordan|hvorfor|hvis|hver|jeg|noe|noen|mye|mer|være|vært|fra|gjør\w*|selv|åpne\w*|kommer|"
    r"kommet|enhet\w*|flere|bare|innbygger\w*|opplysninger|meldinger|målinger|sykehus\w*|annet|annen|egen|fortsatt)\b",
    re.IGNORECASE,
)


def texts(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield above + name, value
        elif isinstance(value, list):
            yield from ((f"{above}{name}.{place}", one) for place, one in enumerate(value))
        else:
            yield from texts(value, f"{above}{name}.")


def read(file: Path) -> dict[str, str]:
    return dict(texts(tomllib.loads(file.read_text("utf-8"))))


def refusals(language: str) -> dict[str, str]:
    every = tomllib.loads((AKSON / "base" / "errors.toml").read_text("utf-8"))
    return {code: entry.get(language, "") for code, entry in every.items()}


@pytest.mark.parametrize(
    ("nb", "nn"),
    [*((pytest.param(read(nb), read(nn), id=str(nn.relative_to(AKSON))) for nb, nn in PAIRS if nn.exists())),
     pytest.param(refusals("nb"), refusals("nn"), id="errors.toml")],
)  # fmt: skip
def test_nynorsk_has_the_same_texts_with_the_same_places_to_fill_in(
    nb: Mapping[str, str], nn: Mapping[str, str]
) -> None:
    assert nb.keys() == nn.keys()
    assert {key for key in nb if sorted(FILLED.findall(nb[key])) != sorted(FILLED.findall(nn[key]))} == set()
    assert {key: text for key, text in nn.items() if BOKMAL.search(FILLED.sub("", text))} == {}
    assert {key for key in nb if bool(nb[key]) != bool(nn[key])} == set()


def test_every_catalogue_stands_in_nynorsk_too() -> None:
    assert [str(nn) for _, nn in PAIRS if not nn.exists()] == []
    assert len(PAIRS) > 5
