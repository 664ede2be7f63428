"""Astrid Nordli, 85: heart failure, home from hospital three days ago. The person most screens are shown with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from akson.registers import codes
from seeds import care, clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Chart, Citizen, allergy, block, flag, key_box, lives, open_chart, relative
from seeds.citizens.astrid_medicines import medicines
from seeds.shapes import Clock, Resource, Seed, flowing, in_words, norwegian, ref, stay, weekday

ASTRID = Citizen(
    key="astrid",
    given=("Astrid", "Marie"),
    family="Nordli",
    born=date(1941, 3, 14),
    female=True,
    gp=by.JONAS,
    line="Strandveien 12",
    index=173,
    phone=1,
)
ODD = Citizen(
    key="odd",
    given=("Odd",),
    family="Nordli",
    born=date(1938, 10, 2),
    female=False,
    gp=by.JONAS,
    line="Helseveien 8",
    phone=2,
)
KARI = Citizen(
    key="kari",
    given=("Kari",),
    family="Vik",
    born=date(1972, 6, 19),
    female=True,
    gp=by.INGRID,
    line="Lyngbakken 5",
    place="9997 Fjordvik",
    phone=3,
)

ACTIVE = (
    ("K77", "2019-02-11", "Hjertesvikt, EF 38 %", 5),
    ("K78", "2016-05-30", "Atrieflimmer", 0),
    ("R95", "2014-11-04", "Kols, moderat", 0),
    ("U99", "2022-01-20", "Nyresvikt stadium 3b", 3),
    ("T90", "2011-09-12", "Diabetes type 2", 0),
    ("L75", "2026-05", "Lårhalsbrudd, operert", 0),
    ("P20", "2025-08-26", "Redusert hukommelse", 0),
    ("L95", "2026-06-04", "Beinskjørhet", 0),
)
FORMER = (
    ("F92", "2018", "2019"),
    ("D98", "1994", "1994"),
    ("U71", "2023-04", "2023-04"),
    ("P76", "1997", "1998"),
    ("R81", "2017-02", "2017-03"),
    ("L72", "2009-12", "2010-02"),
    ("S18", "2015-07", "2015-07"),
    ("K86", "2001", "2019"),
    ("D93", "1988", "2004"),
    ("X11", "1992", "1998"),
    ("B80", "2020-10", "2021-03"),
)

# days ago, clock, resp, SpO2, over, under, pulse, temperature, weight, NEWS2, who measured
MEASURED = (
    (14, "09.40", 16, 95, 128, 74, 72, "36.8", "56.8", 1, "lege"),
    (7, "14.20", 24, 90, 112, 64, 108, "37.6", "60.1", 6, "sykehus"),
    (5, "08.00", 20, 93, 118, 70, 92, "37.2", "57.6", 3, "sykehus"),
    (3, "08.00", 18, 95, 126, 74, 74, "36.9", "56.1", 1, "sykehus"),
    (2, "08.20", 18, 95, 122, 70, 78, "37.0", "56.6", 1, "hjemme"),
    (1, "08.15", 19, 95, 116, 68, 92, "37.1", "57.5", 2, "hjemme"),
    (0, "08.12", 20, 93, 108, 62, 96, "37.4", "58.4", 4, "hjemme"),
)
MEASURERS = {"lege": by.JONAS.link, "sykehus": at.SYKEHUS.link, "hjemme": by.MARIAM.link}

_NURSED = 97  # days that the decision about home nursing still lasts
EPIKRISE = """Innlagt {stay} med dekompensert hjertesvikt. Ekko: EF 38 %. Ingen tegn til infeksjon.
God effekt av diuretika, vekt fra 60,1 til 56,1 kg. Tørrvekt settes til 56,0 kg.

Konklusjon: Dekompensert hjertesvikt, god effekt av diuretika. Apiksaban redusert til 2,5 mg × 2 (alder, vekt under
60 kg). Furosemid 40 mg × 2 i en uke, deretter 40 mg × 1. Fastlege bes kontrollere elektrolytter innen en uke.
Plan: pasienten ringer ved vektøkning over 2 kg på 3 døgn. Kontroll ved hjertesviktpoliklinikken om en uke."""
LAST_NOTE = """Kontroll hjertesvikt. Stabil, vekt 56,8. Ingen ødem. Smerter i hofte ved gange, Paracet hjelper delvis.
Fortsetter uendret. Kontroll 6 uker."""
VEDTAK = """Du får hjemmesykepleie to ganger om dagen fra i dag til {until}.
Vi har lagt vekt på at du nettopp har vært innlagt for hjertesvikt, at vekten må følges hver morgen, og at du ønsker
å bo hjemme. Du kan klage på vedtaket innen fire uker."""
MELDING = """Vekt 58,4 kg, opp 2,3 kg siden hun kom hjem {home}. Tyngre pust i trapp, hovne legger. NEWS2 4, vanlig
er 1. Multidosen har fortsatt furosemid 40 mg × 1. Skal vi gi 40 mg × 2 slik det står i epikrisen?"""


def astrid(clock: Clock) -> list[Seed]:
    """Return Astrid's whole record."""
    chart = open_chart(ASTRID, clock, marital="M")
    _around(chart)
    _critical(chart)
    for code, since, text, changed in ACTIVE:
        clinical.problem(chart, code, since, text, changed=clock.before(changed) if changed else "")
    for code, since, until in FORMER:
        clinical.problem(chart, code, since, until=until)
    medicines(chart)
    scores = [_measured(chart, *row) for row in MEASURED]
    _laboratory(chart)
    epikrise = _documents(chart)
    _services(chart)
    _ahead(chart)
    _tasks(chart, epikrise, scores[-1])
    return chart.seeds


def _around(chart: Chart) -> None:
    lives(chart, "Bor alene", "2024-09-01")
    relative(chart, ODD, "EF")
    kari = relative(chart, KARI, "DA", next_of_kin=True, proxy=True)
    members = [
        ("Fastlege", by.JONAS.link),
        ("Primærkontakt", by.MARIAM.link),
        ("Koordinator", by.SIRI.link),
        ("Fysioterapeut", by.JON.link),
        ("Saksbehandling", at.TILDELING.link),
        ("Datter", ref(kari, KARI.name)),
    ]
    care.team(chart, members, at.NORD)


def _critical(chart: Chart) -> None:
    clock = chart.clock
    allergy(chart, "J01C", "Penicillin", ("1", "Anafylaktisk reaksjon"), "2009-07")
    flag(
        chart,
        "hlr-minus",
        f"HLR minus: ikke respirator, avklart {norwegian(clock.before(82))}",
        clock.before(82),
        category="advance-directive",
        by=by.JONAS.ref,
    )
    flag(chart, "blodfortynnende", "Blodfortynnende: apiksaban", "2016-06-02", category="drug", by=by.JONAS.ref)
    key_box(chart, "Nøkkelboks ved bakdøren", "2580", "2024-03-01")


def _measured(
    chart: Chart,
    days: int,
    when: str,
    resp: int,
    spo2: int,
    over: int,
    under: int,
    pulse: int,
    temp: str,
    weight: str,
    score: int,
    who: str,
) -> str:
    at_, measurer = chart.clock.ago(days, when), MEASURERS[who]
    parts = [
        clinical.vital(chart, codes.RESPIRATION, resp, at_, measurer),
        clinical.vital(chart, codes.SATURATION, spo2, at_, measurer),
        clinical.blood_pressure(chart, over, under, at_, measurer),
        clinical.vital(chart, codes.PULSE, pulse, at_, measurer),
        clinical.vital(chart, codes.TEMPERATURE, Decimal(temp), at_, measurer),
        clinical.awake(chart, at_, measurer),
    ]
    clinical.vital(chart, codes.WEIGHT, Decimal(weight), at_, measurer)
    return clinical.news2(chart, score, parts, at_, measurer)


def _laboratory(chart: Chart) -> None:
    hospital = at.SYKEHUS_LAB.link
    for when, gfr, creatinine, potassium, bnp, blood in (
        (chart.clock.ago(96, "10.10"), 45, 108, "4.6", 1120, "12.3"),
        (chart.clock.ago(3, "07.30"), 38, 124, "4.9", 2840, "12.1"),
    ):
        results = [
            clinical.lab(chart, "62238-1", "eGFR", gfr, ("mL/min/{1.73_m2}", "ml/min"), when, hospital, low=60),
            clinical.lab(
                chart, "14682-9", "Kreatinin", creatinine, ("umol/L", "µmol/l"), when, hospital, low=45, high=90
            ),
            clinical.lab(
                chart,
                "2823-3",
                "Kalium",
                Decimal(potassium),
                ("mmol/L", "mmol/l"),
                when,
                hospital,
                low=Decimal("3.6"),
                high=Decimal("5.0"),
            ),
            clinical.lab(chart, "33762-6", "NT-proBNP", bnp, ("ng/L", "ng/l"), when, hospital, high=300),
            clinical.lab(
                chart,
                "718-7",
                "Hemoglobin",
                Decimal(blood),
                ("g/dL", "g/dl"),
                when,
                hospital,
                low=Decimal("11.7"),
                high=Decimal("15.3"),
            ),
        ]
        clinical.lab_report(chart, "Blodprøver", results, when, hospital)


def _documents(chart: Chart) -> str:
    """Add contacts, notes and letters; return the discharge summary."""
    clock = chart.clock
    visit = clinical.contact(
        chart, "AMB", clock.ago(14, "09.30"), clock.ago(14, "10.00"), at.NORDRE, who=by.JONAS, why="K77"
    )
    clinical.note(
        chart, flowing(LAST_NOTE), clock.ago(14, "10.02"), by.JONAS, why=("K77",), about=visit, name="kontroll"
    )
    clinical.contact(chart, "IMP", clock.ago(7, "13.40"), clock.ago(3, "12.15"), at.SYKEHUS, why="K77")
    summary = flowing(EPIKRISE).format(stay=stay(clock.before(7), clock.before(3)))
    epikrise = clinical.discharge_summary(chart, summary, clock.ago(3, "13.05"), at.SYKEHUS, why="K77", name="epikrise")
    clinical.document(
        chart,
        {"text": "Vedtak"},
        "Hjemmesykepleie økt til 2 × daglig",
        flowing(VEDTAK).format(until=in_words(clock.after(_NURSED))),
        clock.ago(3, "14.30"),
        [by.SIRI.link],
        at.TILDELING,
        name="vedtak",
    )
    clinical.note(
        chart,
        "Hjem fra sykehus i går. Sover dårlig første natt, spiser litt. Legger uten hevelse. Veid.",
        clock.ago(2, "08.35"),
        by.MARIAM,
        title="Hjemmebesøk",
    )
    call = clinical.contact(
        chart,
        "VR",
        clock.ago(2, "19.20"),
        clock.ago(2, "19.31"),
        at.LEGEVAKT,
        who=by.SARA,
        why="R02",
        text="Telefon fra datteren",
    )
    clinical.note(
        chart,
        "Datter ringer, mor er noe tyngre i pusten. Snakker i hele setninger. Råd: hodeende opp, ny "
        "vurdering ved hjemmesykepleien i morgen, ring ved forverring.",
        clock.ago(2, "19.33"),
        by.SARA,
        why=("R02",),
        about=call,
        title="Telefon, legevakt",
    )
    clinical.note(
        chart,
        "Hovne ankler i kveld, ellers som før. Vekt opp. Følges i morgen.",
        clock.ago(1, "08.40"),
        by.MARIAM,
        title="Hjemmebesøk",
    )
    hidden = clinical.note(
        chart,
        "Samtale om sorg og ensomhet etter at ektefellen flyttet på sykehjem.",
        clock.ago(300, "11.00"),
        by.VIGDIS,
        why=("P03",),
        title="Samtale",
        name="sperret",
    )
    block(chart, data=(hidden,))
    return epikrise


def _services(chart: Chart) -> None:
    clock = chart.clock
    care.service(chart, care.HOME_NURSING, at.NORD, "2024-03-01", until=clock.after(_NURSED), how_much="2 × daglig")
    care.service(chart, ("", "Multidose"), at.NORD, "2024-03-18", how_much=f"uke {_week(clock)} levert")
    care.service(chart, care.ALARM, at.NORD, "2024-03-01")
    care.service(chart, ("", "Fysioterapi hjemme"), at.FYSIO, "2026-06-10", until=clock.after(25), how_much="ons.")
    care.service(chart, care.MEALS, at.NORD, "2025-01-13", how_much="man. ons. fre.")
    wish = care.goal(
        chart, "Astrid vil bo hjemme og slippe ny innleggelse. Vi skal se tegn på hjertesvikt tidlig.", clock.before(3)
    )
    care.plan(
        chart,
        "Plan for hjemmesykepleie",
        "Følge hjertesvikt etter utskrivning",
        at.NORD,
        by.MARIAM,
        clock.before(3),
        goals=[wish],
        team="CareTeam/astrid-team",
        measures=[
            ("Vei før frokost", f"Daglig til {norwegian(clock.after(7))[:5]}. Mål: under 59 kg"),
            ("Se etter hevelse og tungpust", "Legger, ligger flatt, trapp"),
            ("Støttestrømper på", "Ta av om kvelden"),
            ("Frokost og drikke", "Maks 1,5 liter i døgnet"),
        ],
        medicines=[
            (
                "Gi multidosepose, 8 tabletter",
                "Metoprolol, ramipril, empagliflozin, metformin, apiksaban, furosemid, 2 paracetamol",
            ),
            ("Tiotropium, 1 inhalasjon", "18 µg"),
        ],
    )


def _week(clock: Clock) -> int:
    """Return the week the next pouches are for: delivered on Friday for the week after."""
    return date.fromisoformat(clock.after(1)).isocalendar().week


def _ahead(chart: Chart) -> None:
    clock = chart.clock
    care.appointment(
        chart, "Kontroll etter utskrivning", clock.ahead(1, "10.40"), clock.ahead(1, "11.10"), who=by.JONAS
    )
    care.appointment(
        chart,
        "Blodprøve. Du kan spise frokost først.",
        clock.ahead(3, "09.00"),
        clock.ahead(3, "09.10"),
        place=at.NORDRE_LAB.name,
    )
    care.appointment(
        chart,
        "Hjertesviktpoliklinikk. Vi har bestilt bil til deg klokken 12.15.",
        clock.ahead(4, "13.00"),
        clock.ahead(4, "13.45"),
        place=at.HJERTE.name,
    )
    care.appointment(
        chart,
        "Ny vurdering av hukommelse",
        clock.ahead(22, "10.00"),
        clock.ahead(22, "11.00"),
        place=at.HUKOMMELSE.name,
    )
    clinical.contact(
        chart,
        "HH",
        clock.ahead(0, "08.00"),
        clock.ahead(0, "08.30"),
        at.NORD,
        who=by.MARIAM,
        status="planned",
        text="Morgenbesøk",
    )
    clinical.contact(  # who looks late in the evening sees that somebody comes tomorrow
        chart,
        "HH",
        clock.ahead(1, "08.00"),
        clock.ahead(1, "08.30"),
        at.NORD,
        who=by.MARIAM,
        status="planned",
        text="Morgenbesøk",
    )
    clinical.contact(
        chart,
        "HH",
        clock.ahead(0, "18.00"),
        clock.ahead(0, "19.00"),
        at.NORD,
        who=by.MARIAM,
        status="planned",
        text="Støttestrømper av, blodtrykk, nye medisiner",
    )


def _tasks(chart: Chart, epikrise: str, score: str) -> None:
    clock, jonas = chart.clock, by.JONAS.link
    mariam, hospital = by.MARIAM.link, at.SYKEHUS.link
    asked = care.message(
        chart,
        flowing(MELDING).format(home=weekday(clock.before(3))),
        mariam,
        jonas,
        clock.ago(0, "08.31"),
        received=clock.ago(0, "08.31"),
        about=(score, epikrise),
        topic="Økt vekt og tungpust",
    )
    care.task(
        chart,
        "Samstem legemidler",
        jonas,
        clock.ahead(0, "16.00"),
        sender=hospital,
        sent=clock.ago(3, "13.05"),
        focus=epikrise,
        name="samstem",
    )
    care.task(
        chart,
        "Økt vekt og tungpust",
        jonas,
        clock.ahead(0, "15.00"),
        sender=mariam,
        focus=asked,
        sent=clock.ago(0, "08.31"),
        status="received",
        state="Lest 09.05",
        changed=clock.ago(0, "09.05"),
        name="svar",
    )
    care.task(
        chart,
        "Kontroll kreatinin og kalium",
        at.NORDRE_LAB.link,
        clock.ahead(3, "16.00"),
        sender=jonas,
        sent=clock.ago(3, "15.10"),
        state="Bestilt",
        name="prove",
    )
    care.task(
        chart,
        "Ny vurdering av hukommelse",
        at.HUKOMMELSE.link,
        clock.ahead(22, "16.00"),
        sender=jonas,
        sent=clock.ago(14, "10.05"),
        state="Sendt",
        name="hukommelse",
    )
    care.task(
        chart,
        "Les planen din, og ring hvis noe ikke stemmer",
        _self(chart),
        clock.ahead(7, "23.59"),
        sender=mariam,
        sent=clock.ago(2, "09.00"),
        focus="CarePlan/astrid-plan",
        state="Venter på deg",
        name="plan",
    )


def _self(chart: Chart) -> Resource:
    return chart.of.link
