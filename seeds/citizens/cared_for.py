"""Cared for: Odd and Kari Nordli, Arne home from hospital, Solveig dying, Bjørg on insulin, Magne who died."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from akson.registers import codes
from seeds import care, clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Citizen, allergy, flag, guardian, key_box, lives, open_chart, relative
from seeds.citizens.astrid import ASTRID, KARI, ODD
from seeds.shapes import Clock, Seed, norwegian

ARNE = Citizen(
    key="arne",
    given=("Arne",),
    family="Myhre",
    born=date(1947, 1, 21),
    female=False,
    gp=by.ROLF,
    line="Elveveien 14",
    index=1,
    phone=31,
)
SOLVEIG = Citizen(
    key="solveig",
    given=("Solveig",),
    family="Brattli",
    born=date(1944, 5, 6),
    female=True,
    gp=by.INGRID,
    line="Sørveien 22",
    place="9997 Fjordvik",
    index=1,
    phone=32,
)
BJORG = Citizen(
    key="bjorg",
    given=("Bjørg",),
    family="Sætre",
    born=date(1952, 9, 28),
    female=True,
    gp=by.JONAS,
    line="Strandveien 31",
    index=1,
    phone=33,
)
MAGNE = Citizen(
    key="magne",
    given=("Magne",),
    family="Fossum",
    born=date(1936, 4, 11),
    female=False,
    gp=by.ROLF,
    line="Kirkegata 2",
    index=1,
)
TONE = Citizen(
    key="tone",
    given=("Tone",),
    family="Fossum",
    born=date(1964, 9, 12),
    female=True,
    gp=by.JONAS,
    line="Kirkegata 9",
    index=1,
)
DAUGHTER = Citizen(
    key="solveigs-datter",
    given=("Unni",),
    family="Brattli",
    born=date(1970, 2, 2),
    female=True,
    gp=by.INGRID,
    index=3,
    phone=34,
)


def nordli(clock: Clock) -> list[Seed]:
    """Return Odd and Kari, who make one set with Astrid."""
    return [*_odd(clock), *open_chart(KARI, clock).seeds]


def cared_for(clock: Clock) -> list[list[Seed]]:
    """Return the others, each a set."""
    return [_arne(clock), _solveig(clock), _bjorg(clock), _magne(clock)]


def _odd(clock: Clock) -> list[Seed]:
    """Astrid's husband, in the nursing home since 2024."""
    chart = open_chart(ODD, clock, marital="M")
    relative(chart, ASTRID, "EF", next_of_kin=True)
    relative(chart, KARI, "DA")
    clinical.problem(chart, "P70", "2022-03-15", "Alzheimers sykdom")
    clinical.problem(chart, "K86", "2004-02-02", "Høyt blodtrykk")
    care.service(chart, care.NURSING_HOME, at.SYKEHJEM, "2024-09-01", how_much="rom 12")
    for atc, name, dose in (("N06DX01", "Memantin", "20 mg × 1"), ("C08CA01", "Amlodipin", "5 mg × 1")):
        clinical.medicine(chart, atc, name, dose, "fastlege", by.NILS.link, since="2024-09-02")
    clinical.note(
        chart,
        "Rolig natt. Spist godt. Datter på besøk, gikk tur i hagen.",
        clock.ago(1, "14.30"),
        by.GRO,
        title="Dagnotat",
    )
    clinical.vital(chart, codes.WEIGHT, Decimal("71.4"), clock.ago(8, "09.00"), by.ALI.link)
    clinical.blood_pressure(chart, 138, 78, clock.ago(8, "09.00"), by.ALI.link)
    return chart.seeds


def _arne(clock: Clock) -> list[Seed]:
    """Home from hospital yesterday; home care begins today and must find what the hospital wrote."""
    chart = open_chart(ARNE, clock)
    guardian(chart, TONE, "personligeInteresser")
    lives(chart, "Bor alene", "2016-01-01")
    clinical.problem(chart, "R95", "2013-01-01", "Kols, alvorlig")
    clinical.problem(chart, "R81", clock.before(9), "Lungebetennelse")
    clinical.contact(chart, "IMP", clock.ago(9, "21.10"), clock.ago(1, "13.00"), at.SYKEHUS, why="R81")
    letter = clinical.discharge_summary(
        chart,
        "Innlagt med lungebetennelse på kols. Penicillin, oksygen to døgn.\nKonklusjon: Feberfri, SpO2 91 % på "
        "luft. Doksysyklin 100 mg × 1 i fire dager til. Inhalasjonsteknikk må følges opp hjemme.",
        clock.ago(1, "14.10"),
        at.SYKEHUS,
        why="R81",
        name="epikrise",
    )
    clinical.medicine(
        chart,
        "J01AA02",
        "Doksysyklin",
        "100 mg × 1",
        "sykehus",
        at.SYKEHUS.link,
        since=clock.before(1),
        until=clock.after(4),
        why="Condition/arne-R81",
    )
    clinical.medicine(
        chart,
        "R03AL04",
        "Indakaterol og glykopyrronium",
        "1 inh. × 1",
        "fastlege",
        by.ROLF.link,
        since="2021-01-05",
        why="Condition/arne-R95",
    )
    care.service(chart, care.HOME_NURSING, at.SOR, clock.before(0), until=clock.after(28), how_much="1 × daglig")
    care.plan(
        chart,
        "Plan etter utskrivning",
        "Arne vil bli trygg på inhalatoren",
        at.SOR,
        by.ELIN,
        clock.before(0),
        measures=[("Måle SpO₂ og temperatur", "Ring lege under 88 %"), ("Inhalere sammen", "Se på teknikken")],
        medicines=[("Doksysyklin 100 mg", "Til og med femte dag")],
    )
    clinical.contact(
        chart,
        "HH",
        clock.ahead(0, "11.00"),
        clock.ahead(0, "11.45"),
        at.SOR,
        who=by.ELIN,
        status="planned",
        text="Første besøk etter sykehus",
    )
    care.task(
        chart,
        "Ta imot etter utskrivning",
        at.SOR.link,
        clock.ahead(0, "12.00"),
        focus=letter,
        sender=at.SYKEHUS.link,
        sent=clock.ago(1, "14.10"),
    )
    return chart.seeds


def _solveig(clock: Clock) -> list[Seed]:
    """Dying at home as she wants; what not to do is as important as what to do."""
    chart = open_chart(SOLVEIG, clock)
    relative(chart, DAUGHTER, "DA", next_of_kin=True)
    clinical.problem(chart, "D75", "2024-10-03", "Tarmkreft med spredning")
    allergy(chart, "N02AA01", "Morfin", ("13", "Oppkast, diaré, magesmerter"), "2024-11", severe=False)
    avklart = norwegian(clock.before(11))
    flag(
        chart,
        "hlr-minus",
        f"HLR minus: ikke innleggelse, avklart {avklart}",
        clock.before(11),
        category="advance-directive",
        by=by.INGRID.ref,
    )
    care.service(chart, care.HOME_NURSING, at.SOR, clock.before(60), how_much="4 × daglig og ved behov")
    wish = care.goal(chart, "Solveig vil dø hjemme, uten smerter, med Unni hos seg.", clock.before(11))
    care.plan(
        chart,
        "Lindrende plan",
        "Hjemme til det siste",
        at.SOR,
        by.ELIN,
        clock.before(11),
        goals=[wish],
        measures=[("Se etter smerte og uro", "Hver fjerde time"), ("Munnstell", "Hvert besøk")],
        medicines=[("Oksykodon subkutant", "2,5 mg ved behov"), ("Midazolam", "2,5 mg ved uro")],
    )
    clinical.medicine(
        chart,
        "N02AA05",
        "Oksykodon",
        "10 mg × 2 depot",
        "fastlege",
        by.INGRID.link,
        since=clock.before(40),
        why="Condition/solveig-D75",
    )
    clinical.note(
        chart,
        "Samtale med Solveig og Unni. Ønsker ikke ny innleggelse. Medikamentskrin er på plass.",
        clock.ago(11, "15.00"),
        by.INGRID,
        why=("D75",),
        title="Forhåndssamtale",
    )
    clinical.note(
        chart,
        "Sover mer. Drikker små slurker. Ingen tegn til smerte ved stell.",
        clock.ago(0, "07.50"),
        by.ELIN,
        title="Hjemmebesøk",
    )
    return chart.seeds


def _bjorg(clock: Clock) -> list[Seed]:
    """Insulin given by home care; some mornings are too low."""
    chart = open_chart(BJORG, clock)
    lives(chart, "Bor alene", "2012-01-01")
    clinical.problem(chart, "T90", "2003-04-01", "Diabetes type 2, insulin")
    clinical.problem(chart, "F83", "2018-04-01", "Netthinneskade")
    key_box(chart, "Nøkkelboks ved kjellerdøren", "1947", clock.before(700))
    care.service(chart, care.HOME_NURSING, at.NORD, clock.before(700), how_much="2 × daglig")
    clinical.medicine(
        chart,
        "A10AE04",
        "Insulin glargin",
        "22 E × 1",
        "fastlege",
        by.JONAS.link,
        since=clock.before(700),
        why="Condition/bjorg-T90",
    )
    clinical.medicine(
        chart,
        "A10BA02",
        "Metformin",
        "1 g × 2",
        "fastlege",
        by.JONAS.link,
        since="2004-04-01",
        why="Condition/bjorg-T90",
    )
    for days, value in enumerate(("3.4", "7.8", "8.9", "4.1", "9.6", "10.2", "8.0")):
        clinical.vital(chart, codes.GLUCOSE, Decimal(value), clock.ago(days, "07.30"), by.TOMMY.link)
    clinical.lab(
        chart, "59261-8", "HbA1c", 61, ("mmol/mol", "mmol/mol"), clock.ago(35, "10.00"), at.NORDRE_LAB.link, high=53
    )
    care.plan(
        chart,
        "Plan for hjemmesykepleie",
        "Bjørg vil unngå følinger om natten",
        at.NORD,
        by.MARIAM,
        clock.before(120),
        measures=[("Måle blodsukker", "Før frokost og kveld"), ("Se på føttene", "Fredag")],
        medicines=[("Insulin glargin", "22 E, kl. 08")],
    )
    clinical.contact(
        chart,
        "HH",
        clock.ahead(0, "07.20"),
        clock.ahead(0, "07.45"),
        at.NORD,
        who=by.MARIAM,
        status="planned",
        text="Insulin og frokost",
    )
    clinical.note(
        chart,
        "Blodsukker 3,4 før frokost, fikk saft, 6,1 etter 20 minutter. Bør dosen ned?",
        clock.ago(0, "08.00"),
        by.TOMMY,
        title="Hjemmebesøk",
    )
    return chart.seeds


def _magne(clock: Clock) -> list[Seed]:
    """Died three weeks ago; services have ended and nobody needs to look any more. His daughter may ask for insight."""
    chart = open_chart(MAGNE, clock, died=clock.ago(21, "04.40"))
    relative(chart, TONE, "DA", next_of_kin=True)
    clinical.problem(chart, "K77", "2018-01-01", "Hjertesvikt")
    care.service(chart, care.NURSING_HOME, at.SYKEHJEM, clock.before(300), until=clock.before(21), ended=True)
    clinical.note(
        chart,
        "Døde rolig i søvne. Familien til stede. Lege tilkalt, dødsmelding sendt.",
        clock.ago(21, "05.30"),
        by.NILS,
        why=("A96",),
        title="Dødsfall",
    )
    daughter = open_chart(TONE, clock)
    clinical.note(daughter, "Sørger etter faren. Sover bedre. Blodtrykk 148/92, måles igjen om en måned.",
                  clock.ago(9, "13.20"), by.JONAS, title="Konsultasjon")  # fmt: skip
    clinical.blood_pressure(daughter, 148, 92, clock.ago(9, "13.15"), by.JONAS.link)
    return [*daughter.seeds, *chart.seeds]
