"""Families: Emil with two homes, Mia of 13, newborn Nora, and Sander of 15 who keeps one thing to himself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from akson.registers import codes
from seeds import care, clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Chart, Citizen, open_chart, relative
from seeds.shapes import Clock, Seed, home

IDA = Citizen(
    key="ida",
    given=("Ida",),
    family="Karoliussen",
    born=date(1997, 4, 8),
    female=True,
    gp=by.ANNE,
    line="Bryggeveien 7",
    index=1,
    phone=11,
)
OLA = Citizen(
    key="ola",
    given=("Ola",),
    family="Lunde",
    born=date(1988, 2, 23),
    female=False,
    gp=by.JONAS,
    line="Lyngbakken 18",
    place="9997 Fjordvik",
    index=1,
    phone=12,
)
JOAR = Citizen(
    key="joar",
    given=("Joar",),
    family="Breivoll",
    born=date(1995, 9, 14),
    female=False,
    gp=by.ANNE,
    line="Bryggeveien 7",
    index=1,
    phone=13,
)
HEGE = Citizen(
    key="hege",
    given=("Hege",),
    family="Holm",
    born=date(1983, 1, 30),
    female=True,
    gp=by.ROLF,
    line="Skolebakken 2",
    index=1,
    phone=14,
)
ONE_YEAR = timedelta(days=365, hours=6)


def mia(today: date) -> Citizen:
    """Return Mia, who is 13 all of this year: she signs in herself, so her number must not change overnight."""
    born = date(today.year - 13, 1, 1)
    return Citizen(key="mia", given=("Mia",), family=OLA.family, born=born, female=True, gp=by.JONAS, line=OLA.line,
                   index=2)  # fmt: skip


def families(clock: Clock) -> list[list[Seed]]:
    """Return the two households that share children, then Sander and his mother."""
    emil, her = _emil(clock), _mia(clock)
    return [
        [
            *_ida(clock),
            *open_chart(OLA, clock).seeds,
            *open_chart(JOAR, clock).seeds,
            *emil.seeds,
            *her.seeds,
            *_nora(clock).seeds,
        ],
        [*open_chart(HEGE, clock).seeds, *_sander(clock).seeds],
    ]


def _child(
    clock: Clock, key: str, given: str, family: str, age: timedelta, *, female: bool, gp: by.Member, line: str
) -> Citizen:
    return Citizen(
        key=key, given=(given,), family=family, born=clock.morning - age, female=female, gp=gp, line=line, index=2
    )


def _ida(clock: Clock) -> list[Seed]:
    chart = open_chart(IDA, clock)
    clinical.problem(chart, "P76", "2023-03-01", "Depresjon, i bedring")
    clinical.medicine(
        chart,
        "N06AB06",
        "Sertralin",
        "50 mg × 1",
        "fastlege",
        by.ANNE.link,
        since="2023-03-01",
        why="Condition/ida-P76",
    )
    clinical.contact(chart, "IMP", clock.ago(6, "03.00"), clock.ago(4, "12.00"), at.SYKEHUS, why="W90")
    clinical.discharge_summary(
        chart, "Ukomplisert fødsel. Mor og barn hjem tredje dag.", clock.ago(4, "13.00"), at.SYKEHUS, why="W90"
    )
    hanne = by.HANNE.link
    asked = care.message(
        chart,
        "Ida ammer og bruker sertralin 50 mg. Hun lurer på om hun kan fortsette. Kan du svare henne og meg?",
        hanne,
        by.ANNE.link,
        clock.ago(0, "08.50"),
        topic="Spørsmål om amming og sertralin",
    )
    care.task(
        chart,
        "Spørsmål om amming og sertralin",
        by.ANNE.link,
        clock.ahead(4, "16.00"),
        sender=hanne,
        sent=clock.ago(0, "08.50"),
        focus=asked,
    )
    care.service(chart, ("", "Barselomsorg"), at.HELSESTASJON, clock.before(4))
    return chart.seeds


def _nora(clock: Clock) -> Chart:
    nora = _child(clock, "nora", "Nora", "Karoliussen", timedelta(days=6), female=True, gp=by.ANNE, line=IDA.line)
    chart = open_chart(nora, clock)
    relative(chart, IDA, "MO", parent=True, next_of_kin=True)
    relative(chart, JOAR, "FA", parent=True)
    care.service(chart, ("", "Helsestasjon"), at.HELSESTASJON, nora.born.isoformat())
    hospital, hanne = at.SYKEHUS.link, by.HANNE.link
    _growth(chart, clock.ago(6, "04.20"), hospital, ("3.48", "50", "35.0"))
    _growth(chart, clock.ago(3, "10.00"), hanne, ("3.27", "50", "35.2"))
    clinical.contact(
        chart,
        "HH",
        clock.ago(3, "09.45"),
        clock.ago(3, "10.45"),
        at.HELSESTASJON,
        who=by.LISE,
        text="Hjemmebesøk av jordmor",
    )
    clinical.note(
        chart,
        "Fin, våken jente. Gul i huden på brystet, følges. Dier godt hver tredje time. Vektfall 6 %.",
        clock.ago(3, "11.00"),
        by.LISE,
        title="Hjemmebesøk, 3 dager gammel",
    )
    care.appointment(
        chart, "Hjemmebesøk av helsesykepleier", clock.ahead(1, "12.30"), clock.ahead(1, "13.30"), who=by.HANNE
    )
    care.appointment(chart, "Kontroll 6 uker", clock.ahead(36, "09.30"), clock.ahead(36, "10.15"), who=by.HANNE)
    return chart


def _growth(chart: Chart, when: str, who: dict[str, str], sizes: tuple[str, str, str]) -> None:
    for kind, size in zip((codes.WEIGHT, codes.HEIGHT, codes.HEAD), sizes, strict=True):
        clinical.vital(chart, kind, Decimal(size), when, who)


def _emil(clock: Clock) -> Chart:
    emil = _child(
        clock, "emil", "Emil", "Lunde", 7 * ONE_YEAR + timedelta(days=120), female=False, gp=by.ANNE, line=IDA.line
    )
    chart = open_chart(emil, clock)
    chart.seeds[0].resource["address"].append(home(OLA.line, OLA.place) | {"text": "Delt bosted, hos far"})
    relative(chart, IDA, "MO", parent=True, next_of_kin=True)
    relative(chart, OLA, "FA", parent=True, next_of_kin=True)
    clinical.problem(chart, "R96", clock.before(900), "Astma")
    care.service(chart, ("", "Skolehelsetjeneste"), at.HELSESTASJON, clock.before(460))
    clinical.medicine(
        chart,
        "R03BA05",
        "Flutikason inh.",
        "50 µg × 2",
        "fastlege",
        by.ANNE.link,
        since=clock.before(800),
        why="Condition/emil-R96",
    )
    for days, weight, height in ((900, "17.2", "106"), (500, "20.4", "117"), (90, "23.1", "124")):
        clinical.vital(chart, codes.WEIGHT, Decimal(weight), clock.ago(days), by.HANNE.link)
        clinical.vital(chart, codes.HEIGHT, Decimal(height), clock.ago(days), by.HANNE.link)
    _vaccinated(chart, emil.born)
    clinical.note(
        chart,
        "Skolestartundersøkelse. Trives i begge hjem, bytter hver fredag. Inhalator må finnes begge steder.",
        clock.ago(90, "11.10"),
        by.HANNE,
        title="Skolestart",
    )
    care.appointment(chart, "Astmakontroll", clock.ahead(9, "14.20"), clock.ahead(9, "14.40"), who=by.ANNE)
    return chart


def _vaccinated(chart: Chart, born: date) -> None:
    for days, dose in ((92, 1), (153, 2), (365, 3)):
        on = (born + timedelta(days=days)).isoformat()
        clinical.vaccine(chart, "J07CA09", "Seksverdig barnevaksine", on, by.HANNE, dose)
    clinical.vaccine(chart, "J07BD52", "MMR-vaksine", (born + timedelta(days=460)).isoformat(), by.HANNE, 1)


def _mia(clock: Clock) -> Chart:
    chart = open_chart(mia(clock.today), clock)
    relative(chart, OLA, "FA", parent=True, shared=False, next_of_kin=True)
    care.service(chart, ("", "Skolehelsetjeneste"), at.HELSESTASJON, clock.before(2600))
    clinical.problem(chart, "N89", clock.before(300), "Migrene")
    clinical.medicine(
        chart,
        "M01AE01",
        "Ibuprofen",
        "400 mg ved anfall",
        "fastlege",
        by.JONAS.link,
        since=clock.before(300),
        why="Condition/mia-N89",
    )
    clinical.note(
        chart,
        "Anfall hver tredje uke, ligger i mørkt rom. Hodepinedagbok.",
        clock.ago(60, "13.00"),
        by.JONAS,
        why=("N89",),
        title="Konsultasjon",
    )
    clinical.note(
        chart,
        "Mia vil snakke om vanskelig forhold til en venninne. Ønsker ikke at far leser dette.",
        clock.ago(20, "10.30"),
        by.HANNE,
        title="Samtale, skolehelsetjenesten",
        withheld=True,
    )
    return chart


def _sander(clock: Clock) -> Chart:
    sander = _child(
        clock, "sander", "Sander", "Holm", 15 * ONE_YEAR + timedelta(days=250), female=False, gp=by.ROLF, line=HEGE.line
    )
    chart = open_chart(sander, clock)
    relative(chart, HEGE, "MO", parent=True, shared=False, next_of_kin=True)
    care.service(chart, ("", "Helsestasjon for ungdom"), at.HELSESTASJON, clock.before(90))
    clinical.problem(chart, "P81", clock.before(1500), "Adhd")
    clinical.medicine(
        chart,
        "N06BA04",
        "Metylfenidat",
        "27 mg × 1 depot",
        "fastlege",
        by.ROLF.link,
        since=clock.before(1400),
        why="Condition/sander-P81",
    )
    clinical.note(
        chart,
        "Kommer alene. Spør om prevensjon, får råd og kondomer. Vil ikke at mor får vite det.",
        clock.ago(12, "15.10"),
        by.HANNE,
        title="Helsestasjon for ungdom",
        withheld=True,
    )
    clinical.note(
        chart,
        "Kontroll Adhd. Bedre søvn, mindre uro på skolen. Blodtrykk 116/68. Fortsetter.",
        clock.ago(70, "09.50"),
        by.ROLF,
        why=("P81",),
        title="Konsultasjon",
    )
    clinical.blood_pressure(chart, 116, 68, clock.ago(70, "09.45"), by.ROLF.link)
    return chart
