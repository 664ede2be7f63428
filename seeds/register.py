"""What the invented register of health personnel knows: those who work in Fjordvik, and some who may come to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from akson.registers.identifiers import synthetic_fnr, synthetic_hpr
from seeds.staff import PROFESSIONS, STAFF

# Given name, family name, born, profession: nobody has employed them yet.
APPLICANTS = (
    ("Sunniva", "Dale", date(1992, 2, 11), "SP"),
    ("Marte", "Ulven", date(1989, 9, 3), "LE"),
    ("Tone", "Grav", date(1997, 6, 24), "HF"),
)
_FIRST = 500  # of the numbers of those who may come


def professionals() -> Iterator[dict[str, str]]:
    """Yield everybody as peers/register.py reads them."""
    for member in STAFF:
        if member.hpr:
            yield _one(member.hpr.value, member.fnr.value, member.given, member.family, member.profession)
    for index, (given, family, born, profession) in enumerate(APPLICANTS, start=_FIRST):
        fnr = synthetic_fnr(born, index % 100, female=True)
        yield _one(synthetic_hpr(index).value, fnr.value, given, family, profession)


def _one(hpr: str, fnr: str, given: str, family: str, profession: str) -> dict[str, str]:
    return {"hpr": hpr, "fnr": fnr, "given": given, "family": family, "profession": profession,
            "called": PROFESSIONS[profession]}  # fmt: skip
