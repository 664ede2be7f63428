"""What is new, changed and gone between two forms of one type, whatever is in them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial

import pytest
from lxml import etree

from akson.exchange import answers, parts
from akson.exchange.comparing import Detail, Difference, Way, differences
from akson.exchange.parts import Part
from tests.exchange.care import xml

FORM = xml("HELSEOPPL_SOKNAD")
DOSE, OTHER = "1 tablett morgen", "2 tabletter morgen"
LONG = "Han går i trappen med støtte og sover godt om natten. "
METOPROLOL = "<po:Legemiddel><po:NavnFormStyrke>Metoprolol 50 mg</po:NavnFormStyrke><po:Dosering>1 x 1</po:Dosering></po:Legemiddel>"


def read(body: str) -> Part:
    """Return a form as it comes back from the record."""
    root = parts.read(etree.fromstring(body))
    return answers.tree(root.name, answers.items(root))


def told(way: Way, what: str, *details: Detail) -> Difference:
    return Difference(way=way, what=what, details=details)


@pytest.mark.parametrize(("old", "new", "found"), [
    (DOSE, OTHER, [told(Way.CHANGED, "Legemiddel: Furosemid (C03CA01)", Detail(label="Dosering", before=DOSE, now=OTHER))]),
    ("</po:Legemiddelinfo>", f"{METOPROLOL}</po:Legemiddelinfo>",
     [told(Way.NEW, "Legemiddel: Metoprolol 50 mg", Detail(label="Dosering", now="1 x 1"))]),
    (r"<po:EksisterendeTjeneste>.*</po:EksisterendeTjeneste>", "", [
        told(Way.GONE, "Eksisterende tjeneste: Praktisk bistand (1)", Detail(label="Tjenesten levert av", now="Hjemmetjenesten"))]),
    ('V="A\\+" S="[0-9.]*" DN="A positiv"', 'V="0-" S="2.16.578.1.12.4.1.1.9999" DN="0 negativ"', [
        told(Way.CHANGED, "Registrert blodtype", Detail(before="A positiv (A+)", now="0 negativ (0-)"))]),
    ('<po:Diagnosekode V="K77"', '<po:Diagnosekode V="T90"', [  # another diagnosis is no change of this one
        told(Way.NEW, "Medisinsk diagnose: Hjertesvikt (T90)"), told(Way.GONE, "Medisinsk diagnose: Hjertesvikt (K77)")]),
    (r"<po:Legemiddelinfo>.*</po:Legemiddelinfo>", "", [  # a whole block that is gone is told entry by entry
        told(Way.GONE, "Legemiddel: Furosemid (C03CA01)", Detail(label="Navn form styrke", now="Furix tab 40 mg"),
             Detail(label="Dosering", now=DOSE), Detail(label="Startdato", now="20.11.2026"))]),
    ("Går med rullator.", f"Går med rullator. {LONG}Falt i natt.", [
        told(Way.CHANGED, "Sykepleierdokumentasjon", Detail(label="Info fra sykepleier", now=f"{LONG}Falt i natt."))]),
    ('Forsendelsesstatus V="N"', 'Forsendelsesstatus V="M"', []),  # what the message is, is not what it tells of
    ("</po:InfoMedisinskDiagnose>", "\n  </po:InfoMedisinskDiagnose>", []),
])  # fmt: skip
def test_only_what_is_not_as_it_was_is_told_and_in_what_way(old: str, new: str, found: list[Difference]) -> None:
    changed = re.sub(old, lambda _: new, FORM, flags=re.S)
    assert changed != FORM and differences(read(FORM), read(changed)) == found


def test_the_order_of_entries_says_nothing() -> None:
    both = FORM.replace("</po:Legemiddelinfo>", f"{METOPROLOL}</po:Legemiddelinfo>")
    turned = FORM.replace("<po:Legemiddelinfo>", f"<po:Legemiddelinfo>{METOPROLOL}")
    assert differences(read(both), read(turned)) == []


def test_against_nothing_all_is_new_and_turned_round_all_is_gone() -> None:
    form, nothing = read(FORM), Part(name="")
    new, gone = differences(nothing, form), differences(form, nothing)
    assert len(new) == 11 and {one.way for one in new} == {Way.NEW} and {one.way for one in gone} == {Way.GONE}
    assert [(one.what, one.details) for one in new] == [(one.what, one.details) for one in gone]


def entries(many: int, said: str) -> Part:
    made = (
        Part(name="Legemiddel", parts=(Part(name="Navn", text=f"{said} {n}"), Part(name="Dose", text="1")))
        for n in range(many)
    )
    return Part(name="Rapport", parts=(Part(name="Info", parts=tuple(made)),))


def values(many: int, said: str) -> Part:
    own = (Part(name=f"Felt{n}", text=f"{said} {n}") for n in range(many))
    return Part(
        name="Rapport",
        parts=(Part(name="Info", parts=(Part(name="A", parts=(Part(name="Navn", text="Samme"), *own)),)),),
    )


def words(many: int, said: str) -> Part:
    return Part(name="Rapport", parts=(Part(name="Merknad", text="Ja. " * many * 10 + said),))


def notes(many: int, said: str) -> Part:
    """Return texts of a hundred sentences, each second of which says the same: what takes longest to compare."""
    made = (
        Part(name="Info", parts=(
            Part(name="Navn", text=f"Nr {n}"),
            Part(name="Notat", text=" ".join(f"Ja. {said}{many}{s}." for s in range(50))),
        ))
        for n in range(many)
    )  # fmt: skip
    return Part(name="Rapport", parts=(Part(name="Infoer", parts=tuple(made)),))


def test_after_so_many_sentences_in_one_comparison_whole_texts_are_replaced() -> None:
    few, many = (calls(partial(differences, notes(size, "A"), notes(size, "B"))) for size in (10, 20))
    assert many < 1.5 * few
    found = differences(notes(20, "A"), notes(20, "B"))
    assert len(found) == 20 and len(found[0].details) == 100 and len(found[-1].details) == 2


@pytest.mark.parametrize("made", [entries, values, words])
def test_what_it_costs_grows_with_what_is_there_and_no_faster(made: Callable[[int, str], Part]) -> None:
    """A page is drawn of it: what a sender writes without end would keep all other pages waiting for hours."""
    few, many = (calls(partial(differences, made(size, "Ja"), made(size + 1, "Nei"))) for size in (200, 400))
    assert many < 3 * few


def calls(what: Callable[[], object]) -> int:
    """Return how many functions something calls."""
    seen = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal seen
        seen += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        what()
    finally:
        sys.setprofile(None)
    return seen
