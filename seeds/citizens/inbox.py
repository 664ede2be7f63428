"""Inbox: people Jonas Eikeland has something to do for today, to know about, or to wait for an answer on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from seeds import care, clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Chart, Citizen, open_chart
from seeds.shapes import Clock, Resource, Seed

TOR = Citizen(
    key="tor",
    given=("Tor",),
    family="Bergseth",
    born=date(1963, 2, 16),
    female=False,
    gp=by.JONAS,
    line="Nordgata 30",
    index=1,
    phone=41,
)
GUNVOR = Citizen(
    key="gunvor",
    given=("Gunvor",),
    family="Holte",
    born=date(1948, 6, 27),
    female=True,
    gp=by.JONAS,
    line="Kirkegata 9",
    index=1,
    phone=42,
)
NINA = Citizen(
    key="nina",
    given=("Nina",),
    family="Solvang",
    born=date(1985, 3, 9),
    female=True,
    gp=by.JONAS,
    line="Bryggeveien 16",
    index=1,
    phone=43,
)
ERIK = Citizen(
    key="erik",
    given=("Erik",),
    family="Lund",
    born=date(1974, 8, 22),
    female=False,
    gp=by.JONAS,
    line="Skolebakken 19",
    index=1,
    phone=44,
)
ME = by.JONAS.link


def inbox(clock: Clock) -> list[list[Seed]]:
    """Return four people of his list, each a set."""
    return [_tor(clock), _gunvor(clock), _nina(clock), _erik(clock)]


def _tor(clock: Clock) -> list[Seed]:
    chart = open_chart(TOR, clock)
    clinical.problem(chart, "L90", "2022-01-10", "Slitasje i høyre kne")
    orthopaedics = at.ORTOPEDI.link
    answer = care.message(
        chart,
        "Vi har vurdert henvisningen. Pasienten har ikke rett til nødvendig helsehjelp nå. "
        "Prøv trening i 12 uker og henvis på nytt ved manglende effekt.",
        orthopaedics,
        ME,
        clock.ago(5, "10.15"),
        topic="Negativ vurdering av henvisning",
    )
    care.task(
        chart,
        "Negativ vurdering av henvisning",
        ME,
        clock.ago(3, "16.00"),
        sender=orthopaedics,
        sent=clock.ago(5, "10.15"),
        state="Ubesvart",
        focus=answer,
    )
    _told(chart, "Røntgen kne, ingen endring", at.SYKEHUS, 6)
    _told(chart, "Treningsplan fra fysioterapeut", at.FYSIO, 2)
    _waiting(chart, "Spørsmål om ny vurdering av kne", at.ORTOPEDI, 4)
    return chart.seeds


def _gunvor(clock: Clock) -> list[Seed]:
    chart = open_chart(GUNVOR, clock)
    clinical.problem(chart, "K86", "2008-03-03", "Høyt blodtrykk")
    clinical.problem(chart, "U99", "2023-03-03", "Nyresvikt stadium 3a")
    for atc, name, dose in (("C09CA06", "Kandesartan", "16 mg × 1"), ("C03DA01", "Spironolakton", "25 mg × 1")):
        clinical.medicine(chart, atc, name, dose, "fastlege", ME, since="2024-02-01")
    laboratory = at.SYKEHUS_LAB.link
    result = clinical.lab(
        chart,
        "2823-3",
        "Kalium",
        Decimal("5.9"),
        ("mmol/L", "mmol/l"),
        clock.ago(1, "13.40"),
        laboratory,
        low=Decimal("3.6"),
        high=Decimal("5.0"),
    )
    report = clinical.lab_report(chart, "Blodprøver", [result], clock.ago(1, "13.40"), laboratory)
    care.task(
        chart,
        "Kalium 5,9, tatt i går",
        ME,
        clock.ahead(0, "12.00"),
        sender=laboratory,
        sent=clock.ago(0, "07.50"),
        urgent=True,
        focus=report,
    )
    _told(chart, "Øyelege: kontroll om ett år", at.SYKEHUS, 8)
    _told(chart, "Influensavaksine gitt", at.HELSESTASJON, 12)
    _told(chart, "Svar på mammografi, normal", at.SYKEHUS, 9)
    return chart.seeds


def _nina(clock: Clock) -> list[Seed]:
    chart = open_chart(NINA, clock)
    clinical.problem(chart, "T86", "2017-06-01", "Lavt stoffskifte")
    asked = clinical.medicine(
        chart,
        "H03AA01",
        "Levotyroksin (Levaxin)",
        "75 µg × 1",
        "fastlege",
        ME,
        since="2019-05-05",
        why="Condition/nina-T86",
    )
    care.task(
        chart,
        "Fornyelse: Levaxin 75 µg",
        at.KONTOR2.link,
        clock.ahead(0, "16.00"),
        sender=NINA.link,
        sent=clock.ago(0, "07.05"),
        focus=asked,
    )
    _told(chart, "TSH 2,1, normal", at.NORDRE_LAB, 3)
    _told(chart, "Cytologi, normal", at.SYKEHUS_LAB, 10)
    _told(chart, "Resept hentet", at.APOTEK, 5)
    _waiting(chart, "Henvisning til hudlege", at.SYKEHUS, 14)
    return chart.seeds


def _erik(clock: Clock) -> list[Seed]:
    chart = open_chart(ERIK, clock)
    clinical.problem(chart, "L86", "2021-09-15", "Skiveprolaps")
    clinical.problem(chart, "P76", "2024-01-15", "Depresjon")
    office = at.NAV.link
    asked = care.message(
        chart,
        "NAV ber om legeerklæring ved arbeidsuførhet. Frist for svar står i oppgaven.",
        office,
        ME,
        clock.ago(10, "09.00"),
        topic="Legeerklæring ved uførhet",
    )
    care.task(
        chart,
        "Legeerklæring ved uførhet",
        ME,
        clock.ahead(3, "16.00"),
        sender=office,
        sent=clock.ago(10, "09.00"),
        status="in-progress",
        state="Påbegynt",
        changed=clock.ago(2, "15.20"),
        focus=asked,
    )
    for text, unit, days in (
        ("Møtereferat, dialogmøte 2", at.NAV, 7),
        ("MR rygg, uendret", at.SYKEHUS, 11),
        ("Epikrise fra fysioterapi", at.FYSIO, 6),
        ("Time hos psykolog satt opp", at.PSYKISK, 1),
    ):
        _told(chart, text, unit, days)
    _waiting(chart, "Spørsmål om tilrettelegging", at.NAV, 6)
    return chart.seeds


def _told(chart: Chart, text: str, sender: at.Unit, days: int) -> None:
    care.task(
        chart,
        text,
        ME,
        chart.clock.ahead(14, "16.00"),
        sender=_unit(sender),
        sent=chart.clock.ago(days, "10.30"),
        kind="orientering",
    )


def _waiting(chart: Chart, text: str, owner: at.Unit, days: int) -> None:
    care.task(
        chart,
        text,
        _unit(owner),
        chart.clock.ahead(10, "16.00"),
        sender=ME,
        sent=chart.clock.ago(days, "14.00"),
        state="Sendt, venter svar",
    )


def _unit(unit: at.Unit) -> Resource:
    return unit.link
