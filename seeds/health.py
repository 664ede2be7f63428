"""Health: a thin, believable record for one generated resident: what people of that age have, take and come for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

from akson.registers import codes
from seeds import care, clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Chart, allergy, lives
from seeds.names import POST_NORTH
from seeds.shapes import Clock, later
from seeds.staff import Member

# ICPC-2, from and to age, share at the upper age (less when younger), ATC, medicine, dose
ILLNESSES = (
    ("R96", 5, 99, 0.08, "R03AC02", "Salbutamol inh.", "0,2 mg ved behov"),
    ("R97", 8, 60, 0.14, "R06AX27", "Desloratadin", "5 mg × 1"),
    ("S87", 0, 25, 0.10, "D07AA02", "Hydrokortison krem", "tynt lag × 1"),
    ("N89", 14, 60, 0.09, "N02CC01", "Sumatriptan", "50 mg ved anfall"),
    ("P76", 16, 99, 0.10, "N06AB10", "Escitalopram", "10 mg × 1"),
    ("P74", 16, 70, 0.07, "", "", ""),
    ("P81", 7, 40, 0.05, "N06BA04", "Metylfenidat", "36 mg × 1 depot"),
    ("T86", 25, 99, 0.09, "H03AA01", "Levotyroksin", "75 µg × 1"),
    ("T90", 35, 99, 0.16, "A10BA02", "Metformin", "500 mg × 2"),
    ("K86", 35, 99, 0.45, "C09CA06", "Kandesartan", "8 mg × 1"),
    ("T93", 40, 99, 0.35, "C10AA05", "Atorvastatin", "20 mg × 1"),
    ("D84", 25, 99, 0.10, "A02BC02", "Pantoprazol", "20 mg × 1"),
    ("L84", 25, 75, 0.20, "", "", ""),
    ("L90", 50, 99, 0.25, "N02BE01", "Paracetamol", "1 g × 3"),
    ("K74", 55, 99, 0.14, "B01AC06", "Acetylsalisylsyre", "75 mg × 1"),
    ("K78", 60, 99, 0.20, "B01AF02", "Apiksaban", "5 mg × 2"),
    ("K77", 65, 99, 0.18, "C03CA01", "Furosemid", "40 mg × 1"),
    ("R95", 50, 99, 0.12, "R03BB04", "Tiotropium inh.", "18 µg × 1"),
    ("U99", 65, 99, 0.15, "", "", ""),
    ("L95", 65, 99, 0.18, "M05BA04", "Alendronat", "70 mg × 1 ukentlig"),
    ("P70", 75, 99, 0.25, "N06DA02", "Donepezil", "10 mg × 1"),
    ("F92", 65, 99, 0.20, "", "", ""),
    ("Y85", 55, 99, 0.20, "G04CA02", "Tamsulosin", "0,4 mg × 1"),
)
REASONS = (
    ("R74", "Hoste og snørr i fem dager. Lunger rene. Ingen behandling nå."),
    ("L03", "Vondt nederst i ryggen etter løft. Ingen utstråling. Råd om bevegelse."),
    ("A98", "Kontroll. Føler seg frisk. Ingen nye funn."),
    ("K86", "Blodtrykkskontroll. Tar medisinen som avtalt."),
    ("S74", "Kløe mellom tærne. Får krem."),
    ("U71", "Svie ved vannlating. Positiv strimmel. Får kort kur."),
    ("L08", "Smerter i skulderen ved løft. Øvelser, kontroll ved behov."),
    ("P06", "Sover dårlig. Snakker om vaner. Ingen medisin."),
    ("N01", "Hodepine om ettermiddagen. Normal undersøkelse."),
    ("D03", "Halsbrann etter måltid. Prøver kostråd først."),
)
CHILD_REASONS = (
    ("H71", "Vondt i øret siden i går. Rød trommehinne, ser an."),
    ("R74", "Forkjølet, god allmenntilstand."),
    ("D73", "Oppkast i natt, drikker nå."),
    ("A76", "Utslett på magen, feberfri."),
    ("S18", "Kutt i fingeren, limt."),
)
SEEN = (
    "Alt vel. Spist frokost, tatt medisin.",
    "Litt stiv i dag, gikk tur med rullator.",
    "Sår på leggen stelt, uendret.",
)
Slot = TypeVar("Slot")
MORNING_AND_DAY = ("08.45", "09.15", "10.30", "11.15", "12.30", "13.10", "13.50", "14.30")


@dataclass
class Day:
    """Hands out today's visits and consultations until everybody's day is full."""

    clock: Clock
    taken: Counter[str] = field(default_factory=Counter)

    def waits_at_legevakt(self) -> bool:
        """Say whether this grown-up is one of the few who sit there now."""
        self.taken[at.LEGEVAKT.key] += 1
        return self.taken[at.LEGEVAKT.key] in (7, 42, 99, 150)

    def carer(self, unit: at.Unit) -> tuple[Member | None, str] | None:
        """Return who comes and when; nobody yet for the last ones, so that the planner has something to do."""
        team: list[Member | None] = [by.TOMMY, by.BERIT] if unit is at.NORD else [by.ELIN, by.DANIEL]
        slots = [(who, when) for who in (*team, None) for when in MORNING_AND_DAY]
        if unit is at.NORD:
            slots = [(by.MARIAM, when) for when in MORNING_AND_DAY[2:7]] + slots
        return self._next(unit.key, slots[:-5])

    def consultation(self, gp: Member) -> str:
        """Return a time with the GP today, "" when the day is full."""
        times = [f"{hour:02}.{minute:02}" for hour in (9, 10, 11, 13, 14) for minute in (0, 20, 40)]
        return self._next(gp.key, times) or ""

    def _next(self, key: str, slots: list[Slot]) -> Slot | None:
        self.taken[key] += 1
        return slots[self.taken[key] - 1] if self.taken[key] <= len(slots) else None


def live(chart: Chart, chance: Random, day: Day) -> None:
    """Fill the chart with what a person of that age is likely to have."""
    age = (chart.clock.morning - chart.of.born).days / 365.25
    _illnesses(chart, chance, age)
    _consultations(chart, chance, age)
    if age < 18:
        _childhood(chart, chance, age)
    if age >= 67:
        _old_age(chart, chance, age, day)
    _agreed(chart, chance, age, day)
    if age >= 18 and day.waits_at_legevakt():
        clinical.contact(
            chart,
            "EMER",
            chart.clock.ago(0, "10.05"),
            "",
            at.LEGEVAKT,
            why=chance.choice(REASONS)[0],
            status="in-progress",
        )


def _illnesses(chart: Chart, chance: Random, age: float) -> None:
    gp = chart.of.gp.link
    for code, low, high, share, atc, name, dose in ILLNESSES:
        here = low <= age <= high and not (code == "Y85" and chart.of.female)
        if not here or chance.random() > share * (0.3 + 0.7 * (age - low) / (high - low)):
            continue
        days = chance.randint(100, int(min(6000, (age - low) * 365) + 200))
        since = max(chart.of.born.isoformat(), chart.clock.before(days))
        key = clinical.problem(chart, code, since)
        if atc:
            clinical.medicine(chart, atc, name, dose, "fastlege", gp, since=since, why=key)
    if chance.random() < 0.04:
        since = chart.clock.before(int(min(3000, age * 365)))
        allergy(chart, "J01C", "Penicillin", ("11", "Mindre alvorlig hudreaksjon"), since, severe=False)


def _consultations(chart: Chart, chance: Random, age: float) -> None:
    most = 2 if age < 18 else 3 if age < 60 else 5
    for _ in range(chance.randint(1, most)):
        days, gp = chance.randint(3, int(min(900, max(4, age * 365)))), chart.of.gp
        code, text = chance.choice(CHILD_REASONS if age < 14 else REASONS)
        start, end, signed = (chart.clock.ago(days, f"10.{minute}") for minute in (10, 30, 32))
        visit = clinical.contact(chart, "AMB", start, end, gp.unit, who=gp, why=code)
        clinical.note(chart, text, signed, gp, why=(code,), about=visit, title="Konsultasjon")
        if age >= 18:
            over = chance.randint(108, 138) + int(age // 8)
            clinical.blood_pressure(chart, over, over - chance.randint(42, 60), end, gp.link)
            clinical.vital(chart, codes.PULSE, chance.randint(58, 88), end, gp.link)
        if age >= 18 and chance.random() < 0.4:
            clinical.vital(chart, codes.WEIGHT, Decimal(chance.randint(520, 980)) / 10, end, gp.link)
    if age >= 40 and chance.random() < 0.6:
        _blood_tests(chart, chance, age)


def _blood_tests(chart: Chart, chance: Random, age: float) -> None:
    when, where = chart.clock.ago(chance.randint(5, 500), "08.30"), at.SYKEHUS_LAB.link
    blood = Decimal(chance.randint(115, 165)) / 10
    gfr = max(25, chance.randint(85, 110) - int(max(0.0, age - 50)))
    results = [
        clinical.lab(
            chart,
            "718-7",
            "Hemoglobin",
            blood,
            ("g/dL", "g/dl"),
            when,
            where,
            low=Decimal("11.7"),
            high=Decimal("17.0"),
        ),
        clinical.lab(chart, "62238-1", "eGFR", gfr, ("mL/min/{1.73_m2}", "ml/min"), when, where, low=60),
    ]
    clinical.lab_report(chart, "Blodprøver", results, when, where)


def _childhood(chart: Chart, chance: Random, age: float) -> None:
    born, hanne = chart.of.born, by.HANNE.link
    care.service(
        chart,
        ("", "Helsestasjon" if age < 6 else "Skolehelsetjeneste"),
        at.HELSESTASJON,
        max(born.isoformat(), chart.clock.before(1900)),
    )
    for days, dose in ((92, 1), (153, 2), (365, 3)):
        if days < age * 365:
            on = (born + timedelta(days=days)).isoformat()
            clinical.vaccine(chart, "J07CA09", "Seksverdig barnevaksine", on, by.HANNE, dose)
    days = chance.randint(1, int(min(300, age * 365)))
    years = max(0.0, age - days / 365)
    when = chart.clock.ago(days, "11.00")
    baby, grown = min(years, 1.0), max(0.0, years - 1)
    clinical.vital(chart, codes.WEIGHT, round(Decimal(3.5 + 6 * baby + 2.9 * grown), 1), when, hanne)
    clinical.vital(chart, codes.HEIGHT, round(Decimal(50 + 25 * baby + 6.1 * grown), 1), when, hanne)


def _old_age(chart: Chart, chance: Random, age: float, day: Day) -> None:
    if age >= 84 and chance.random() < 0.22:
        care.service(chart, care.NURSING_HOME, at.SYKEHJEM, chart.clock.before(chance.randint(30, 900)))
        _followed(chart, chance, by.GRO, "Rolig natt. Spiser og drikker godt. Oppe til måltidene.")
        return
    if chance.random() > (0.55 if age >= 80 else 0.12):
        return
    unit = at.NORD if chart.of.place == POST_NORTH else at.SOR
    lives(chart, chance.choice(("Bor alene", "Bor med ektefelle", "Bor alene, familie i nærheten")), "2015-01-01")
    since = chart.clock.before(chance.randint(20, 1400))
    often = chance.choice(("1 × daglig", "2 × daglig", "ukentlig"))
    care.service(chart, care.HOME_NURSING, unit, since, how_much=often)
    if chance.random() < 0.6:
        care.service(chart, care.ALARM, unit, since)
    nurse = by.MARIAM if unit is at.NORD else by.ELIN
    care.plan(
        chart,
        "Plan for hjemmesykepleie",
        "Bo trygt hjemme",
        unit,
        nurse,
        since,
        measures=[("Morgenstell", "Etter avtale"), ("Se til at mat og drikke er inntatt", "Hvert besøk")],
        medicines=[("Gi medisin fra dosett", "Kl. 08")],
    )
    _followed(chart, chance, nurse, chance.choice(SEEN))
    if slot := day.carer(unit):
        who, when = slot
        clinical.contact(
            chart,
            "HH",
            chart.clock.ahead(0, when),
            chart.clock.ahead(0, later(when, 30)),
            unit,
            who=who,
            status="planned",
            text="Hjemmebesøk",
        )


def _followed(chart: Chart, chance: Random, nurse: Member, text: str) -> None:
    for days in (chance.randint(1, 3), chance.randint(5, 14)):
        when = chart.clock.ago(days, "09.10")
        clinical.note(chart, text, when, nurse, title="Pleienotat")
        clinical.blood_pressure(chart, chance.randint(112, 158), chance.randint(62, 88), when, nurse.link)
        clinical.vital(chart, codes.PULSE, chance.randint(58, 92), when, nurse.link)
        clinical.vital(chart, codes.WEIGHT, Decimal(chance.randint(480, 860)) / 10, when, nurse.link)


def _agreed(chart: Chart, chance: Random, age: float, day: Day) -> None:
    if age < 18 or chance.random() > 0.25:
        return
    gp, clock = chart.of.gp, chart.clock
    when, days = day.consultation(gp), 0
    if not when:
        when, days = chance.choice(MORNING_AND_DAY), chance.randint(2, 30)
    care.appointment(
        chart,
        chance.choice(("Kontroll", "Blodtrykk", "Resultat av prøver", "Vondt i skulder", "Attest")),
        clock.ahead(days, when),
        clock.ahead(days, later(when, 15)),
        who=gp,
    )
