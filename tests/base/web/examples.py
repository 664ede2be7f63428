"""One realistic filling of every page: invented persons, synthetic numbers. Used by the rendering tests and by look.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from akson.base.web.screens import Visit
from akson.base.web.shell import Badge, Banner, Item, Person, Shell
from akson.clinical.notes import model as notes
from akson.clinical.notes.form import NOTE
from akson.clinical.vitals import model as vitals
from akson.clinical.vitals.form import VITALS
from akson.portal import model as portal
from akson.signin.model import Persona
from akson.workplace import casework, forms, invited, late, model, privacy, threads
from akson.workplace.deceased import screens as deceased

NOW = datetime(2026, 11, 23, 9, 34, tzinfo=UTC)  # Monday 23 November, 10.34 in Norway


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """Return a moment of autumn 2026, in UTC (one hour behind Norway)."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def series(*values: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


GP = Shell(
    name="Jonas Eikeland",
    role="Fastlege",
    unit="Nordre legesenter, Fjordvik kommune",
    inbox=7,
    drafts=2,
    roles_href="/rolle",
)
ON_CALL = Shell(name="Sara Nygård", role="Lege i vakt", unit="Fjordvik legevakt", inbox=3)
CITIZEN = Shell(
    name="Astrid Nordli", role="Innbygger", controller="Fjordvik kommune",
    persons=(Person(id="a", label="Astrid Nordli, deg selv", current=True), Person(id="b", label="Fullmakt: Odd Nordli")),
)  # fmt: skip
ASTRID = Banner(
    id="astrid", family="Nordli", given="Astrid Marie", born=date(1941, 3, 14), age=85, gender="Kvinne", fnr="14834142059",
    critical=(
        Badge(head="CAVE", text="Penicillin, anafylaksi 2009", level="stop", icon="stop"),
        Badge(head="HLR minus", text="ikke respirator, avklart 02.09.2026", level="limit"),
        Badge(head="Blodfortynnende", text="apiksaban"),
        Badge(head="Nyrefunksjon", text="eGFR 38"),
        Badge(head="Sperret", text="1 opplysning", icon="lock"),
    ),
    lives="alene, Strandveien 12", next_of_kin="Kari Vik (datter)", next_of_kin_phone="00000000", guardian="ingen", basis="fastlegeliste",
)  # fmt: skip
UNKNOWN = Banner(id="ny", family="Ukjent", given="Mann", born=None, age=None, gender="", fnr="", critical_known=False)


def chart_menu(current: str) -> tuple[Item, ...]:
    every = (("Oversikt", "home", "g o"), ("Tidslinje", "clock", "g t"), ("Notater", "doc", "g n"), ("Legemidler", "pill", "g l"),
             ("Målinger", "heart", "g m"), ("Samhandling", "swap", "g s"), ("Tilgang", "shield", "g a"))  # fmt: skip
    return tuple(
        Item(href=f"/p/x/{i}", text=text, icon=icon, keys=keys, current=text == current)
        for i, (text, icon, keys) in enumerate(every)
    )


def main_menu(current: str) -> tuple[Item, ...]:
    every = (
        ("Min dag", "cal", "g d"),
        ("Innboks", "inbox", "g i"),
        ("Finn pasient", "search", "g f"),
        ("Min liste", "list", "g p"),
    )
    return tuple(
        Item(href=f"/{i}", text=text, icon=icon, keys=keys, current=text == current)
        for i, (text, icon, keys) in enumerate(every)
    )


def my_menu(current: str) -> tuple[Item, ...]:
    every = ("Forside", "Min journal", "Kontakt", "Innsyn")
    return tuple(Item(href=f"/min/{i}", text=text, icon="", current=text == current) for i, text in enumerate(every))


SAME, ABSENT = model.Cell(kind="same"), model.Cell(kind="absent")
HISTORY = (("9.", 1), ("16.", 6), ("", 3), ("20.", 1), ("", 1), ("", 2), ("i dag", 4))


def differs(text: str) -> model.Cell:
    return model.Cell(kind="differs", text=text)


MEDICINES = model.Medicines(
    sources=("Fastlege", "Sykehus", "Multidose", "Pasient"), reconciled="04.06.2026, J. Eikeland", href="/l",
    rows=(
        model.Medicine(substance="Ibuprofen", dose="ved smerter", cells=(ABSENT, ABSENT, ABSENT, differs("400 mg")),
                       conflict=model.Conflict(level="stop", head="Frarådes", text="med apiksaban, hjertesvikt og eGFR 38. Uten resept.", href="/1")),
        model.Medicine(substance="Furosemid", dose="40 mg × 1", cells=(SAME, differs("40 × 2"), SAME, ABSENT),
                       conflict=model.Conflict(level="warn", head="Ulik dose.", text="Sykehuset: 40 mg × 2 til 27.11. Multidosen er ikke endret.", href="/2")),
        model.Medicine(substance="Apiksaban", dose="5 mg × 2", cells=(SAME, differs("2,5 × 2"), SAME, ABSENT),
                       conflict=model.Conflict(level="warn", head="Ulik dose.", text="Sykehuset halverte 20.11: alder, vekt under 60 kg.", href="/3")),
        model.Medicine(substance="Metoprolol", dose="50 mg × 1 depot", cells=(SAME,) * 4),
        model.Medicine(substance="Ramipril", dose="2,5 mg × 1", cells=(SAME,) * 4),
        model.Medicine(substance="Empagliflozin", dose="10 mg × 1", cells=(SAME,) * 4),
        model.Medicine(substance="Metformin", dose="500 mg × 2", cells=(SAME,) * 4),
        model.Medicine(substance="Atorvastatin", dose="20 mg × 1", cells=(SAME,) * 4),
        model.Medicine(substance="Tiotropium inh.", dose="18 µg × 1", cells=(SAME, SAME, SAME, ABSENT)),
        model.Medicine(substance="Paracetamol", dose="1 g × 3", cells=(SAME,) * 4),
    ),
)  # fmt: skip
VITALS_PANEL = model.Vitals(
    taken=at(23, 7, 12), by="hjemme, M. Yusuf", score=4, was=1, advice="Vurder i dag.", rule="Tiltakskort v3", href="/m", history=HISTORY,
    rows=(
        model.Vital(name="Resp.frekvens", value="20", unit="/min", points=0, series=series("16", "24", "20", "18", "18", "19", "20"), band=(Decimal(12), Decimal(20))),
        model.Vital(name="SpO₂ luft", value="93", unit="%", points=2, series=series("95", "90", "93", "95", "95", "95", "93"), band=(Decimal(96), Decimal(100))),
        model.Vital(name="Blodtrykk", value="108/62", unit="", points=1, series=series("128", "112", "118", "126", "122", "116", "108"), band=(Decimal(111), Decimal(219))),
        model.Vital(name="Puls", value="96", unit="/min", points=1, series=series("72", "108", "92", "74", "78", "92", "96"), band=(Decimal(51), Decimal(90))),
        model.Vital(name="Temperatur", value="37,4", unit="°C", points=0, series=series("36.8", "37.6", "37.2", "36.9", "37.0", "37.1", "37.4"), band=(Decimal("36.1"), Decimal("38.0"))),
        model.Vital(name="Vekt", value="58,4", unit="kg", points=None, change="+2,3 kg", series=series("56.8", "60.1", "57.6", "56.1", "56.6", "57.5", "58.4"), band=(Decimal("55.5"), Decimal(57))),
    ),
)  # fmt: skip
OVERVIEW = model.Overview(
    read=at(9, 9), earlier=11, medicines=MEDICINES, vitals=VITALS_PANEL, coordinator="Siri Aune, tildelingskontoret",
    news=(
        model.News(icon="warn", head="NEWS2 4, vekt +2,3 kg", href="/1", by="i dag 08.12, hjemmetjenesten, M. Yusuf", strong=True),
        model.News(icon="doc", head="Epikrise, hjertesvikt 16.–20.11", href="/2", by="20.11, Vestfjell sykehus. Ikke lest"),
        model.News(icon="pill", head="2 doser endret,", text="1 middel lagt til", href="/3", by="20.–21.11, sykehuset og pasienten", strong=True),
        model.News(icon="flask", head="eGFR 38 (var 45), kalium 4,9", href="/4", by="20.11, Vestfjell sykehus, laboratoriet"),
        model.News(icon="home", head="Hjemmesykepleie økt til 2 × daglig", href="/5", by="20.11, vedtak fra tildelingskontoret"),
    ),
    problems=tuple(
        model.Problem(code=code, text=text, since=since, href=f"/{code}", changed=changed)
        for code, text, since, changed in (
            ("K77", "Hjertesvikt, EF 38 %", "2019", True), ("K78", "Atrieflimmer", "2016", False), ("R95", "Kols, moderat", "2014", False),
            ("U99", "Nyresvikt stadium 3b", "2022", True), ("T90", "Diabetes type 2", "2011", False),
            ("L75", "Lårhalsbrudd, operert", "05.2026", False), ("P20", "Redusert hukommelse", "2025", False), ("L95", "Beinskjørhet", "2026", False),
        )
    ),
    appointments=(
        model.Line(text="I morgen 10.40", side="30 min", by="Kontroll etter utskrivning, hos deg", strong=True),
        model.Line(text="fre. 27.11 kl. 13.00", by="Hjertesviktpoliklinikk, Vestfjell sykehus"),
    ),
    tasks=(
        model.Row(text="Samstem legemidler", href="/t1", due="i dag", now=True, strong=True, by="Eier: deg. Fra epikrise 20.11"),
        model.Row(text="Svar: økt vekt og tungpust", href="/t2", due="i dag 15.00", now=True, by="Eier: deg. Fra M. Yusuf, lest 09.05"),
        model.Row(text="Kontroll kreatinin og kalium", href="/t3", due="26.11", by="Eier: laboratoriet, Nordre legesenter"),
        model.Row(text="Ny vurdering av hukommelse", href="/t4", due="15.12", by="Eier: hukommelsesteamet"),
    ),
    services=(
        model.Line(text="Hjemmesykepleie", side="2 × daglig, til 28.02"), model.Line(text="Multidose", side="uke 48 levert"),
        model.Line(text="Trygghetsalarm", side="siden 2024"), model.Line(text="Fysioterapi hjemme", side="ons., til 18.12"),
        model.Line(text="Matombringing", side="man. ons. fre."),
    ),
    buttons=(
        model.Button(text="Måling", href="/m/ny"), model.Button(text="Henvisning", href="/h/ny"),
        model.Button(text="Nytt notat", href="/n/ny", key="n", icon="edit", main=True),
    ),
)  # fmt: skip
ANSWERING = model.Answers(name="Rolf Tangen", role="Fastlege", href="/p/x/ansvarlig")
CROWDED = replace(  # so much to do that the bar covers a part of the link of the services
    OVERVIEW, tasks=OVERVIEW.tasks[:1] * 9, quick="/p/x/hurtig", answers=ANSWERING,
)  # fmt: skip
LONG_NAME = replace(ANSWERING, name="Anne-Margrethe Bergersen-Kristoffersen")  # needs two lines
DAY = model.Day(
    greeting="God morgen, Jonas", next_href="/p/x",
    meetings=tuple(
        model.Meeting(at=at(23, hour, minute), patient=patient, age=age, what=what, minutes=minutes, href=f"/p/{hour}{minute}", state=state)
        for hour, minute, patient, age, what, minutes, state in (
            (8, 0, "LUND, Erik", 52, "Legeerklæring", 30, "ferdig"), (9, 40, "SOLVANG, Nina", 41, "Kontroll stoffskifte", 20, "møtt"),
            (10, 20, "BERGSETH, Tor", 63, "Smerter i kne", 20, ""), (11, 0, "KAROLIUSSEN, Ida", 29, "Seks uker etter fødsel", 30, ""),
        )
    ),
    tasks=OVERVIEW.tasks[:2],
    results=(model.Row(text="Kalium 5,9", href="/r", due="i dag 12.00", now=True, strong=True, by="HOLTE, Gunvor. Laboratoriet, Vestfjell sykehus"),),
    drafts=(model.Row(text="Notat, NORDLI, Astrid", href="/k1", due="i dag 10.31"), model.Row(text="Henvisning, BERGSETH, Tor", href="/k2", due="i går 15.10")),
    waiting=(model.Row(text="Henvisning til hjertesviktpoliklinikk", href="/h", due="20.11", by="NORDLI, Astrid. Levert, ikke vurdert"),),
)  # fmt: skip
SEARCH = model.Search(
    asked="nordli",
    hits=(
        model.Hit(href="/p/1", name="NORDLI, Astrid Marie", born=date(1941, 3, 14), gender="Kvinne", fnr="14834142059", place="Strandveien 12",
                  marks=(("limit", "HLR minus"), ("know", "Min liste"))),
        model.Hit(href="/p/2", name="NORDLI, Odd", born=date(1938, 7, 2), gender="Mann", fnr="02873812345", place="Fjordvik sykehjem"),
    ),
)  # fmt: skip
STEPS = (
    model.Step(text="Sendt, M. Yusuf", at=at(23, 7, 31)), model.Step(text="Mottatt, Nordre legesenter", at=at(23, 7, 31)),
    model.Step(text="Lest, J. Eikeland", at=at(23, 8, 5)), model.Step(text="Svar ventes fra deg", state="now", at=at(23, 14, 0)),
)  # fmt: skip
MESSAGE = model.Message(
    title="Økt vekt og tungpust", record_href="/p/x", patient="NORDLI, Astrid Marie", born=date(1941, 3, 14), age=85, fnr="14834142059",
    marks=(("stop", "CAVE", "Penicillin"), ("limit", "HLR minus", "")), steps=STEPS,
    text="Vekt 58,4 kg, opp 2,3 kg siden hun kom hjem fredag. Tyngre pust i trapp, hovne legger. NEWS2 4, vanlig er 1. Multidosen har fortsatt "
    "furosemid 40 mg × 1. Skal vi gi 40 mg × 2 slik det står i epikrisen?",
    refs=(model.Ref(head="NEWS2 4", text="i dag 08.12", href="/m"), model.Ref(head="Epikrise", text="20.11", href="/e")),
    escalation="Uten svar kl. 15.00 går saken til vakthavende lege, og avsender får beskjed.",
    reply_to="hjemmesykepleien, Sone Nord", action="/innboks/a2", version=3, note_href="/n",
)  # fmt: skip


def item(text: str, sender: str, patient: str, age: int, due: str, state: str, **more: Any) -> model.Item:
    return model.Item(
        text=text,
        sender=sender,
        patient=patient,
        age=age,
        due=due,
        state=state,
        href="/innboks/x",
        **{"owner": "Deg", **more},
    )


INBOX = model.Inbox(
    tabs=(model.Tab(text="Krever handling", href="/innboks", count=7, current=True), model.Tab(text="Til orientering", href="/i", count=12),
          model.Tab(text="Sendt, venter svar", href="/v", count=3), model.Tab(text="Ferdig", href="/f")),
    sections=(
        model.Section(head="Over fristen", items=(
            item("Negativ vurdering av henvisning", "Ortopedisk poliklinikk, Vestfjell sykehus", "BERGSETH, Tor", 63, "fre. 20.11, 3 døgn over", "Ubesvart", icon="warn", now=True),)),
        model.Section(head="I dag", items=(
            item("Kalium 5,9, tatt i går", "Laboratoriet, Vestfjell sykehus", "HOLTE, Gunvor", 78, "i dag 12.00", "Mottatt", now=True, urgent=True),
            item("Økt vekt og tungpust", "Hjemmesykepleien Nord, M. Yusuf", "NORDLI, Astrid", 85, "i dag 15.00", "Lest 09.05", icon="eye", now=True, current=True),
            item("Samstem legemidler, 3 avvik", "Fra epikrise, Vestfjell sykehus", "NORDLI, Astrid", 85, "i dag", "Mottatt", now=True),
            item("Fornyelse: Levaxin 75 µg", "Pasienten, Min side", "SOLVANG, Nina", 41, "i dag", "Mottatt", now=True, owner="Kontor 2, ta den"))),
        model.Section(head="Denne uken", items=(
            item("Legeerklæring ved uførhet", "NAV Fjordvik", "LUND, Erik", 52, "tor. 26.11", "Påbegynt", icon="edit"),
            item("Spørsmål om amming og sertralin", "Helsestasjonen, H. Moen", "KAROLIUSSEN, Ida", 29, "fre. 27.11", "Mottatt", owner="For Anne Lie, ferie"))),
    ),
    open=MESSAGE, footer="Alle 7 har eier. Ingen sak er uten eier. Dekker for Anne Lie til 29.11.",
)  # fmt: skip
COOPERATION = threads.Cooperation(
    tabs=(model.Tab(text="Alt", href="/s", count=4, current=True), model.Tab(text="Venter svar", href="/s?", count=1), model.Tab(text="Inn", href="/s??", count=2)),
    threads=(
        threads.Thread(text="Økt vekt og tungpust", kind="Dialogmelding", outgoing=False, party="Hjemmetjenesten sone nord", owner="Deg", state="Svar ventes", at=at(23, 7, 31), href="/1", level="warn", current=True),
        threads.Thread(text="Epikrise, hjertesvikt", kind="Epikrise", outgoing=False, party="Vestfjell sykehus", owner="Deg", state="Ikke lest", at=at(20, 12), href="/2", level="new"),
        threads.Thread(text="Hjertesviktpoliklinikk", kind="Henvisning", outgoing=True, party="Vestfjell sykehus", owner="J. Eikeland", state="Besvart, time 27.11", at=at(20, 9), href="/3"),
        threads.Thread(text="Opplysninger om bolig", kind="Dialogmelding", outgoing=True, party="NAV Fjordvik", owner="J. Eikeland", state="Avvist av mottaker", at=at(12, 9), href="/4", level="warn"),
    ),
    open=replace(
        MESSAGE, patient="", record_href="", answers=invited.FORM.blank(mote="2"),
        invited=("onsdag 2. desember 2026 kl. 10.00", "NAV Fjordvik, møterom Svingen"),
    ),
    new=(model.Button(text="Ny henvisning", href="/h", main=True, icon="plus"), model.Button(text="Ny melding", href="/d")),
)  # fmt: skip
REASONS = (
    ("B1", "Hun er til undersøkelse eller på vei inn\nBeslutningsmal B1, varer til vakten slutter kl. 08.00"),
    ("B2", "Jeg svarer på telefon eller råd til hjemmesykepleien\nBeslutningsmal B2, varer i 4 timer"),
    ("B4", "En kollega har spurt meg om råd\nBeslutningsmal B4, navnet skjules der det er mulig, 2 timer"),
)
REFUSAL = model.Refusal(
    name="HOLTE, Gunvor", age=78, tried=at(23, 20, 7), reference="T-4471", action="/p/x/apne", emergency_href="/p/x/nod",
    text="Vi finner ingen vakttelefon, time, henvisning, oppgave eller liste som knytter deg til",
    follow_up="Pasienten ser navnet ditt, tidspunktet og begrunnelsen på Min side. Leder kontrollerer oppslaget i morgen.",
)  # fmt: skip
EMERGENCY = model.Emergency(name="HOLTE, Gunvor", age=78, action="/p/x/nod", back="/p/x")
OPENING_FORM = forms.opening(REASONS).blank(grunnlag="B1", begrunnelse="Fall hjemme, ambulanse ventes kl. 21.20")
NOTE_FORM = NOTE.blank(
    type="telefon-parorende",
    bakgrunn="Ringt opp etter melding fra hjemmesykepleien. Utskrevet 20.11 etter hjertesvikt. Tyngre pust i trapp siste to døgn, sover med to "
    "puter. Ingen brystsmerter. Har tatt Ibux mot hoftesmerter, om lag to tabletter daglig.",
    funn="Snakker i hele setninger. Datter ser hevelse til midt på leggen, begge sider.",
    vurdering="Forverret hjertesvikt. Doseøkningen fra sykehuset er ikke kommet i multidosen, og NSAID øker væskeretensjonen.",
    tiltak="Furosemid 40 mg × 2 fra i dag. Stopper Ibux. Vekt daglig, ring ved over 59 kg eller tyngre pust. Time i morgen 10.40.",
    koder="K77",
)
NOTE_PAGE = notes.Writing(
    action="/p/x/notat/1", autosave="/p/x/notat/1/kladd", keeps="a2V5 aWdhcg==", at=NOW, saved=NOW, sends=3, asked="nsaid",
    refs=(notes.Ref(head="NEWS2 4", text="i dag 08.12", href="/m"), notes.Ref(head="BT", text="108/62", href="/m"),
          notes.Ref(head="Vekt", text="58,4 kg (+2,3)", href="/m"), notes.Ref(head="eGFR", text="38", href="/l")),
    codes=(notes.Code(code="K77", text="Hjertesvikt", main=True),),
    suggested=(notes.Code(code="A85", text="Bivirkning legemiddel"), notes.Code(code="A84", text="Forgiftning legemiddel")),
    ordered=(
        notes.Ordered(text="Furosemid 40 mg × 2 til 27.11, så × 1", by="Apotek og hjemmesykepleie får beskjed ved signering", icon="pill", key="1"),
        notes.Ordered(text="Ibuprofen stoppes", by="Astrid får beskjed på Min side", icon="stop", key="2"),
        notes.Ordered(text="Oppgave: vekt daglig til 30.11", by="Eier: hjemmesykepleien Sone Nord, M. Yusuf", icon="home", key="3"),
    ),
    advice=(("Kreatinin og kalium bør tas innen 1 uke.", "Prøve er bestilt til 26.11. Regel HS-04"),),
    beside=(
        notes.Beside(title="K77 Hjertesvikt", href="/k77", facts=(notes.Fact(text="EF 38 %, ekko 18.11", side="Vestfjell"),
                     notes.Fact(text="Tørrvekt 56,0 kg", side="satt 20.11"), notes.Fact(text="Plan: ring ved +2 kg på 3 døgn", side="20.11"))),
        notes.Beside(title="Siste notat", note="09.11, deg", href="/n1", link="Hele", text="Kontroll hjertesvikt. Stabil, vekt 56,8. Ingen ødem. "
                     "Smerter i hofte ved gange, Paracet hjelper delvis. Fortsetter uendret. Kontroll 6 uker."),
        notes.Beside(title="Legemidler", href="/l", link="Alle 10", facts=(notes.Fact(text="Apiksaban 5 mg × 2", side="Sykehus 2,5 × 2", level="warn"),
                     notes.Fact(text="Furosemid 40 mg × 2", side="endres nå", level="new"), notes.Fact(text="Metoprolol 50 mg × 1 depot"))),
    ),
)  # fmt: skip
NOTES = notes.Notes(
    new_href="/n/ny",
    notes=(
        notes.Listed(title="Kontroll", at=at(9, 9), by="Jonas Eikeland, Nordre legesenter", codes="K77 Hjertesvikt", href="/n/1",
                     text="Kontroll hjertesvikt. Stabil, vekt 56,8.\nIngen ødem."),
        notes.Listed(title="Hjemmebesøk", at=at(22, 7), by="Mariam Yusuf, Hjemmetjenesten sone nord", text="Vekt 57,5 kg. Ligger flatt om natten."),
    ),
)  # fmt: skip
RESULT = vitals.Result(
    score=4, was=1, parts="SpO₂ 2, blodtrykk 1, puls 1", do="Ring fastlegen i dag, mål igjen i kveld.", rule="Tiltakskort NEWS2 hjemme, v3.",
    danger="Ved 7 eller mer, eller rask forverring: ring 113.", also="Vekt 58,4 kg, opp 2,3 kg på 3 døgn",
)  # fmt: skip
TYPED = {
    "resp": "20",
    "spo2": "93",
    "temp": "37,4",
    "sys": "108",
    "dia": "62",
    "puls": "96",
    "vekt": "58,4",
    "bevissthet": "A",
    "oksygen": "luft",
}
VITALS_FORM = VITALS.read(TYPED)
VITALS_WRONG = VITALS.read({**TYPED, "temp": "374"})
MEASURING = vitals.Measuring(
    action="/p/x/malinger/ny", at=at(23, 7, 12), result=RESULT, last="Sist målt i går 08.05: NEWS2 2",
    points={"resp": 0, "spo2": 2, "temp": 0, "sys": 1, "puls": 1, "bevissthet": 0, "oksygen": 0},
)  # fmt: skip
DAYS = ("09.11", "16.11", "18.11", "20.11", "21.11", "22.11", "23.11")
COURSE = vitals.Course(
    moments=DAYS, scores=(1, 6, 3, 1, 1, 2, 4), period="09.11–23.11.2026",
    words="NEWS2 er 4 i dag, opp fra 1 den 21. november. Vekten har økt fra 56,1 til 58,4 kg siden 20. november. Tallene står i tabellen under.",
    legend="Felt: 0 poeng i NEWS2 skala 1, for vekt ønsket 55,5–57,0 kg. Fylt punkt: utenfor feltet. Strek under NEWS2: 5 eller mer.",
    periods=(("3 mnd.", "?periode=3m"), ("1 år", "?periode=1a")),
    curves=tuple(
        vitals.Curve(name=name, unit=unit, values=row.series, band=row.band)
        for name, unit, row in zip(
            ("Resp.", "SpO₂", "BT over", "Puls", "Vekt"), ("per min", "%, luft", "mmHg", "per min", "kg"),
            (VITALS_PANEL.rows[at] for at in (0, 1, 2, 3, 5)), strict=True,
        )
    ),
    table=(("NEWS2", ("1", "6", "3", "1", "1", "2", "4")), ("Resp.frekvens, per min", ("16", "24", "20", "18", "18", "19", "20")),
           ("SpO₂, % luft", ("95", "90", "93", "95", "95", "95", "93")), ("Blodtrykk, mmHg", ("128/74", "112/64", "118/70", "126/74", "122/70", "116/68", "108/62")),
           ("Målt av", ("lege", "sykehus", "sykehus", "sykehus", "hjemme", "hjemme", "hjemme"))),
)  # fmt: skip
MEASUREMENTS = vitals.Measurements(
    new_href="/p/x/malinger/ny", course=COURSE, taken=at(23, 7, 12), by="M. Yusuf, hjemme", result=RESULT, labs_source="20.11, Vestfjell sykehus",
    labs=(vitals.Lab(text="eGFR 38 ml/min", side="lav, var 45", abnormal=True), vitals.Lab(text="Kalium 4,9 mmol/l", side="3,6–5,0")),
)  # fmt: skip
PERSONAS = (
    ("Ansatte", (
        Persona(id="jonas", name="Jonas Eikeland", role="Fastlege", unit="Nordre legesenter", pid="", note="Se Astrid etter sykehuset, skriv notat"),
        Persona(id="sara", name="Sara Nygård", role="Lege i vakt", unit="Fjordvik legevakt", pid="", note="Åpne journal uten tilknytning"),
        Persona(id="siri", name="Siri Aune", role="Saksbehandler", unit="Tildelingskontoret", pid="", note="Søknad, vedtak, klage"))),
    ("Innbyggere", (
        Persona(id="astrid", name="Astrid Nordli, 85 år", role="Innbygger", unit="", pid="", note="Timer, medisiner, hvem som har sett"),
        Persona(id="kari", name="Kari Vik, 54 år", role="Datter med fullmakt", unit="", pid="", note="Ser det Astrid har valgt"))),
)  # fmt: skip
LOOKS = (
    portal.Look(who="Jonas Eikeland, fastlege", at=NOW, why="Svarte på melding om vekten din", unit="Nordre legesenter", what="Oversikt og legemidler", basis="du står på listen hans"),
    portal.Look(who="Mariam Yusuf, sykepleier", at=at(23, 7, 4), why="Besøk hjemme hos deg", unit="Hjemmetjenesten sone nord", what="Målinger", basis="du får hjemmesykepleie"),
    portal.Look(who="Sara Nygård, lege", at=at(21, 18, 20), why="Telefon fra datteren din", unit="Fjordvik legevakt", what="Oversikt", basis="åpnet selv, med begrunnelse", kind="opened"),
)  # fmt: skip
HOME = portal.Home(
    given="Astrid",
    next=portal.Next(when="i kveld", time="18–19", title="Hjemmesykepleien kommer", change_href="/min/e", message_href="/min/m",
                     text="Mariam Yusuf hjelper deg med støttestrømper og måler blodtrykk. Hun har med seg nye medisiner."),
    todo=(portal.Entry(title="Slutt å ta Ibux", text="Legen har stoppet den. Les hvorfor, og hva du kan ta i stedet.", href="/min/1", icon="pill"),
          portal.Entry(title="Si om planen din er riktig", text="Hjemmesykepleien har laget en ny plan. Svar innen 30. november.", href="/min/2", icon="edit")),
    new=(portal.Entry(title="Notat fra fastlegen", text="I dag, Jonas Eikeland", href="/min/3"),
         portal.Entry(title="Furosemid er økt til to ganger om dagen", text="Til fredag 27. november. Vei deg hver morgen.", href="/min/4", icon="pill"),
         portal.Entry(title="Blodprøver fra sykehuset", text="Nyreprøven er litt lavere enn før. Ny prøve torsdag.", href="/min/5", icon="flask")),
    coming=(portal.Entry(title="Time hos fastlegen", text="Klokken 10.40, Nordre legesenter. Kontroll etter sykehuset.", href="/min/6", day=date(2026, 11, 24)),
            portal.Entry(title="Blodprøve", text="Klokken 09.00. Du kan spise frokost først.", href="/min/7", day=date(2026, 11, 26))),
    looks=LOOKS,
    contact=(portal.Entry(title="Skriv til fastlegen", text="Svar innen 5 dager", href="/min/8", icon="chat"),
             portal.Entry(title="Gi Kari fullmakt", text="Hun kan se og gjøre det du velger", href="/min/9", icon="user")),
)  # fmt: skip
ANSWERS = (portal.Entry(title="Fjordvik kommune", text="Jonas Eikeland, fastlege", icon="user"),)
MY_RECORD = portal.MyRecord(
    critical=("Tåler ikke penicillin",),
    problems=(portal.Entry(title="Hjertesvikt", text="Siden 2019", icon="heart"), portal.Entry(title="Kols", text="Siden 2014", icon="heart")),
    medicines=(portal.Dose(name="Furosemid 40 mg", dose="1 tablett morgen og formiddag", why="vanndrivende, for hjertet"),
               portal.Dose(name="Metoprolol 50 mg", dose="1 tablett om morgenen")),
    results=(portal.Entry(title="Nyreprøve (eGFR) 38", text="20. november. Litt lavere enn før. Ny prøve torsdag.", icon="flask"),),
    notes=(portal.Letter(title="Telefon", by="Jonas Eikeland, fastlege", at=NOW, text="Hjertesvikten er verre. Du skal ta furosemid to ganger om dagen."),),
)  # fmt: skip
INSIGHT = portal.Insight(
    log=True, looks=LOOKS, total=3, more_href="/min/innsyn?for=1",
    persons=(portal.Entry(title="Kari Vik, datter", text="Kan se timer og medisiner, til du sier stopp", icon="user"),),
)  # fmt: skip

OFFICER = Shell(name="Per Tveit", role="Personvernombud", unit="Fjordvik kommune")
CASE = casework.Inspected(
    title="Ber om forklaring", person="Astrid Marie Nordli", asker="", who="Berit Solli, sykepleier", day="22.11.2026",
    words="Hun er naboen min.", asked="i går", due="22.12.2026", now=False, state="kom i går", action="/personvern/1", answer="",
    outcome="", emergency=False, looks=(casework.Inspection(
        when="i går", clock="08.12–08.20", who="Berit Solli, sykepleier", unit="Hjemmetjenesten sone nord",
        did="Leste oversikten", why="enheten gir helsehjelp", reason="", refused=False),),
)  # fmt: skip
ANSWERED = replace(
    CASE, state="besvart i dag", outcome="Det var grunn til oppslaget", answer="Hun hadde vakt hos deg den dagen."
)
LATE = late.filled(
    privacy.FORM,
    Visit(method="POST", path="/personvern/1", query={}, form={"svar": "Hun skulle forberede et besøk."}, pairs=()),
    settled="AK-B004",
)


PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "logg-inn": ("signin/persona.html", {"groups": PERSONAS, "request_uri": "x", "client_id": "y"}),
    "feil": ("problem.html", {"head": "Siden finnes ikke", "text": "Adressen kan være feil.", "code": "AK-J001"}),
    "start": ("workplace/start.html", {"shell": GP, "menu": main_menu("Min dag"), "day": DAY}),
    "start-tom": ("workplace/start.html", {"shell": GP, "menu": main_menu("Min dag"), "day": model.Day(greeting="God morgen, Jonas")}),
    "sok": ("workplace/sok.html", {"shell": GP, "menu": main_menu("Finn pasient"), "search": SEARCH}),
    "sok-tom": ("workplace/sok.html", {"shell": GP, "menu": main_menu("Finn pasient"), "search": model.Search(asked="xyz", hits=())}),
    "oversikt": ("workplace/oversikt.html", {"shell": GP, "menu": chart_menu("Oversikt"), "patient": ASTRID, "view": OVERVIEW}),
    "oversikt-full": ("workplace/oversikt.html", {"shell": GP, "menu": chart_menu("Oversikt"), "patient": ASTRID, "view": CROWDED}),
    "oversikt-tom": ("workplace/oversikt.html", {"shell": GP, "menu": chart_menu("Oversikt"), "patient": UNKNOWN, "view": model.Overview(read=None, answers=LONG_NAME)}),
    "notat": ("clinical/notes/notat.html", {"shell": GP, "menu": chart_menu("Notater"), "patient": ASTRID, "note": NOTE_PAGE, "form": NOTE_FORM}),
    "notater": ("clinical/notes/notater.html", {"shell": GP, "menu": chart_menu("Notater"), "patient": ASTRID, "view": NOTES}),
    "maling": ("clinical/vitals/maling.html", {"shell": GP, "menu": chart_menu("Målinger"), "patient": ASTRID, "measuring": MEASURING, "form": VITALS_FORM}),
    "maling-feil": ("clinical/vitals/maling.html", {"shell": GP, "menu": chart_menu("Målinger"), "patient": ASTRID, "form": VITALS_WRONG,
                                                     "measuring": vitals.Measuring(action="/", at=NOW, missing="Mangler: bevissthet")}),
    "malinger": ("clinical/vitals/malinger.html", {"shell": GP, "menu": chart_menu("Målinger"), "patient": ASTRID, "view": MEASUREMENTS}),
    "innboks": ("workplace/innboks.html", {"shell": GP, "menu": main_menu("Innboks"), "inbox": INBOX, "said": ""}),
    "samhandling": ("workplace/samhandling.html", {"shell": GP, "menu": chart_menu("Samhandling"), "patient": ASTRID, "view": COOPERATION}),
    "dodsfall": ("workplace/deceased/dodsfall.html", {
        "shell": GP, "menu": chart_menu("Samhandling"), "patient": ASTRID, "title": "Dødsfall", "version": 3, "action": "/", "back": "/s",
        "tell": "/t", "stands": "", "by": "Vestfjell sykehus", "told": "22.11.2026 klokken 04.40", "withdrawn": False,
        "form": deceased.CONFIRM.read({"dag": "2026-11-22", "klokken": "04:40"}),
    }),
    "sak": ("workplace/sak.html", {"shell": OFFICER, "menu": (), "case": CASE, "form": privacy.FORM.blank(version=1), "late": None}),
    "sak-besvart": ("workplace/sak.html", {"shell": OFFICER, "menu": (), "case": ANSWERED, "form": None, "late": LATE}),
    "tilgang-nektet": ("workplace/tilgang_nektet.html", {"shell": ON_CALL, "menu": (), "refusal": REFUSAL, "form": OPENING_FORM}),
    "nodapning": ("workplace/nodapning.html", {"shell": ON_CALL, "menu": (), "view": EMERGENCY, "form": forms.EMERGENCY.read({})}),
    "min-side": ("portal/min_side.html", {"shell": CITIZEN, "menu": my_menu("Forside"), "home": HOME}),
    "min-side-tom": ("portal/min_side.html", {"shell": CITIZEN, "menu": my_menu("Forside"), "home": portal.Home(given="Kari")}),
    "min-journal": ("portal/min_journal.html", {"shell": CITIZEN, "menu": my_menu("Min journal"), "record": MY_RECORD, "answers": ANSWERS}),
    "min-innsyn": ("portal/min_innsyn.html", {"shell": CITIZEN, "menu": my_menu("Innsyn"), "insight": INSIGHT}),
}  # fmt: skip
COMMON: dict[str, object] = {"now": NOW, "title": "Akson", "csrf": "secret", "once": "token", "said": "", "here": "/"}
