"""Protected: addresses nobody may learn, a neighbour who may not look, a document that stays closed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from seeds import care, clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Citizen, block, lives, open_chart, relative
from seeds.shapes import Clock, Seed

LENA = Citizen(
    key="lena",
    given=("Lena",),
    family="Myrvold",
    born=date(1990, 11, 5),
    female=True,
    gp=by.INGRID,
    index=1,
    protection="kode6",
)
MARIUS = Citizen(
    key="marius",
    given=("Marius",),
    family="Tveitan",
    born=date(1981, 5, 17),
    female=False,
    gp=by.ROLF,
    line="Kirkegata 21",
    index=1,
    protection="kode7",
    phone=21,
)
STEIN = Citizen(
    key="stein",
    given=("Stein",),
    family="Aamodt",
    born=date(1968, 8, 3),
    female=False,
    gp=by.ROLF,
    line="Elveveien 40",
    index=1,
    protection="klientadresse",
)
TORUNN = Citizen(
    key="torunn",
    given=("Torunn",),
    family="Haug",
    born=date(1949, 12, 9),
    female=True,
    gp=by.ANNE,
    line="Granstien 3",
    index=1,
    phone=22,
)
NEIGHBOUR = Citizen(
    key="berit-hjemme",
    given=("Berit",),
    family="Solli",
    born=date(1974, 10, 10),
    female=True,
    gp=by.ROLF,
    line="Granstien 5",
    index=9,
    phone=23,
)
HENRIK = Citizen(
    key="henrik",
    given=("Henrik",),
    family="Dahl",
    born=date(1985, 7, 12),
    female=False,
    gp=by.JONAS,
    line="Torget 11",
    index=1,
    phone=24,
)


def protected(clock: Clock) -> list[list[Seed]]:
    """Return each of them, and the neighbour as the resident she is too."""
    return [
        _lena(clock),
        _marius(clock),
        _stein(clock),
        _torunn(clock),
        open_chart(NEIGHBOUR, clock).seeds,
        _henrik(clock),
    ]


def _lena(clock: Clock) -> list[Seed]:
    """Strictly confidential (kode 6): no address at all, and few may know that she is here."""
    chart = open_chart(LENA, clock)
    clinical.problem(chart, "P82", "2024-05-02", "Ptsd")
    clinical.note(
        chart,
        "Sover bedre. Fortsetter samtaler. Innkalles bare muntlig.",
        clock.ago(30, "14.00"),
        by.INGRID,
        why=("P82",),
        title="Konsultasjon",
    )
    care.appointment(chart, "Kontroll", clock.ahead(5, "15.00"), clock.ahead(5, "15.30"), who=by.INGRID)
    return chart.seeds


def _marius(clock: Clock) -> list[Seed]:
    """Confidential (kode 7): the address is kept, and shown to nobody."""
    chart = open_chart(MARIUS, clock)
    clinical.problem(chart, "R96", "2010-02-01", "Astma")
    clinical.note(chart, "Astmakontroll, spirometri som før.", clock.ago(110, "10.00"), by.ROLF, why=("R96",))
    return chart.seeds


def _stein(clock: Clock) -> list[Seed]:
    """Klientadresse: where he lives tells of his health, so it is treated as confidential."""
    chart = open_chart(STEIN, clock)
    clinical.problem(chart, "P15", "2012-01-01", "Alkoholavhengighet")
    care.service(chart, ("", "Oppfølging psykisk helse og rus"), at.PSYKISK, clock.before(200))
    clinical.note(chart, "I behandling siden i vår. Motivert. Ønsker egen bolig.", clock.ago(15, "13.20"), by.VIGDIS)
    return chart.seeds


def _torunn(clock: Clock) -> list[Seed]:
    """Her neighbour is a nurse in the very district that cares for her, and she does not want her to read."""
    chart = open_chart(TORUNN, clock)
    lives(chart, "Bor alene", "2019-03-01")
    clinical.problem(chart, "L89", "2020-06-01", "Slitasje i begge hofter")
    clinical.problem(chart, "U04", "2021-02-01", "Urinlekkasje")
    care.service(chart, care.HOME_NURSING, at.NORD, clock.before(420), how_much="man. tor.")
    care.service(chart, care.HOME_HELP, at.NORD, clock.before(420), how_much="annenhver uke")
    care.plan(
        chart,
        "Plan for hjemmesykepleie",
        "Torunn vil klare seg selv på badet",
        at.NORD,
        by.MARIAM,
        clock.before(420),
        measures=[("Dusj", "Mandag og torsdag"), ("Smøre leggene", "Etter dusj")],
    )
    clinical.note(
        chart,
        "Dusj som planlagt. Fin i huden. Spør igjen om Berit kan se journalen, beroliget.",
        clock.ago(4, "10.10"),
        by.MARIAM,
        title="Hjemmebesøk",
    )
    clinical.contact(
        chart,
        "HH",
        clock.ahead(0, "09.45"),
        clock.ahead(0, "10.15"),
        at.NORD,
        who=by.MARIAM,
        status="planned",
        text="Dusj",
    )
    block(chart, against=by.BERIT.ref)
    return chart.seeds


def _henrik(clock: Clock) -> list[Seed]:
    """One conversation is closed to everybody but the one who wrote it."""
    chart = open_chart(HENRIK, clock)
    clinical.problem(chart, "P73", "2015-10-01", "Bipolar lidelse type 2")
    clinical.medicine(
        chart,
        "N05AN01",
        "Litium",
        "83 mg × 2",
        "fastlege",
        by.JONAS.link,
        since="2016-01-10",
        why="Condition/henrik-P73",
    )
    relative(
        chart,
        Citizen(
            key="henriks-bror",
            given=("Sverre",),
            family="Dahl",
            born=date(1982, 3, 3),
            female=False,
            gp=by.JONAS,
            index=3,
        ),
        "BR",
        next_of_kin=True,
    )
    care.service(chart, ("", "Oppfølging psykisk helse og rus"), at.PSYKISK, clock.before(380), how_much="hver 14. dag")
    clinical.lab(
        chart,
        "14334-7",
        "Litium",
        Decimal("0.7"),
        ("mmol/L", "mmol/l"),
        clock.ago(25, "09.00"),
        at.NORDRE_LAB.link,
        low=Decimal("0.5"),
        high=Decimal("1.0"),
    )
    clinical.note(
        chart,
        "Stabil stemning. Serum-litium 0,7. Går på jobb.",
        clock.ago(24, "11.40"),
        by.JONAS,
        why=("P73",),
        title="Konsultasjon",
    )
    closed = clinical.note(
        chart,
        "Samtale om oppvekst. Henrik ber om at dette ikke leses av andre.",
        clock.ago(33, "10.00"),
        by.VIGDIS,
        title="Samtale",
        name="sperret",
    )
    block(chart, data=(closed,))
    care.appointment(chart, "Samtale", clock.ahead(2, "10.00"), clock.ahead(2, "10.45"), who=by.VIGDIS)
    return chart.seeds
