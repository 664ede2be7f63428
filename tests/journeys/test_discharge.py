"""Bjørg breaks her hip: the hospital, the home care and her GP tell each other all of it, and each sees what is theirs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from seeds.citizens.cared_for import BJORG
from seeds.fjordvik import NORD, NORDRE
from seeds.staff import JONAS, MARIAM
from tests.journeys.journey import Journey, Person
from tests.journeys.town import Town, eventually

pytestmark = pytest.mark.journey
LISTED, BOARD = "SÆTRE, Bjørg", "/utskrivning"
OURS, ANSWER = "Går med rullator og setter insulin med hjelp.", "Vi kan ta imot henne i morgen kl. 12."
ASKED, TOLD = "Hvem fjerner stingene?", "Det gjør fastlegen etter to uker."
BLOOD, LETTER = "Svar: Medisinsk biokjemi", "Epikrise – fra"


@dataclass(frozen=True)
class Ward:
    """The hospital, as it writes and hears about Bjørg."""

    town: Town

    def tells(self, kind: str, text: str = "", *, to: int = NORD.her_id, title: str = "", answers: str = "") -> None:
        """Write a message, and see that it is taken."""
        title = title or f"{kind} om Bjørg"
        self.town.hospital.writes(BJORG.fnr.value, text, title=title, to=to, kind=kind, answers=answers,
                                  illness="hoftebrudd")  # fmt: skip
        self.is_confirmed(title)

    def is_confirmed(self, title: str) -> None:
        """See that what was written has its AppRec."""
        sent = self.town.hospital.letters
        assert eventually(lambda: (title, "AppRec OK") in [(one["title"], one["state"]) for one in sent("ut")]), sent(
            "ut"
        )

    def hears(self, text: str) -> dict[str, str]:
        """Return the message that came with a text."""
        came = self.town.hospital.letters
        found = eventually(lambda: [one for one in came("inn") if text in one["text"]])
        assert found, came("inn")
        return dict(found[0])


def test_fra_innleggelse_til_epikrise_ser_alle_sitt_og_ingenting_er_sendt_foer_det_er_kvittert(
    journey: Journey, the_town: Town
) -> None:
    the_town.hospital.is_in_the_mood("vanlig")
    ward = Ward(the_town)
    mariam = admitted(journey, ward)
    ready(ward, mariam)
    at_home(ward, mariam)
    at_the_gp(journey, ward, mariam)


def admitted(journey: Journey, ward: Ward) -> Person:
    """The home care sees it on the board, and sends what it knows of her; the hospital says what she will need."""
    ward.tells("LOG_INNLAGT")
    mariam = journey.as_(MARIAM.name).open("Utskrivning")
    mariam.row(LISTED).sees("Innlagt", "Innleggelsesrapport fra oss", NORD.name).open("Send innleggelsesrapport")
    mariam.sees("Sykehuset der pasienten ligger: Vestfjell sykehus.").fill("Fra oss", OURS)
    mariam.press("Se hvordan mottakeren ser den").sees(OURS, "Insulin glargin", "Hjemmesykepleie")
    with ward.town.workers_at_rest():
        mariam.press("Send").sees("Sendes kl.", "Til da kan du angre").press("Send nå").go(BOARD)
        mariam.row(LISTED).sees("Venter på sending", "Sykehusets kvittering").sees_not("Innleggelsesrapport sendt")
    assert {"Insulin glargin", "Hjemmesykepleie", NORD.name} <= set(ward.hears(OURS)["text"].splitlines())
    ward.tells("HELSEOPPL_SOKNAD", "Trenger hjelp til stell morgen og kveld.")
    mariam.go(BOARD).sees("Helseopplysninger mottatt, 1").row(LISTED).sees("Innleggelsesrapport sendt")
    return mariam


def ready(ward: Ward, mariam: Person) -> None:
    """The clock runs until the home care has answered, and the hospital has the answer."""
    ward.tells("LOG_UTSKRIVNINGSKLAR")
    mariam.do(mariam.page.set_viewport_size({"width": 390, "height": 844}))  # on the phone, at somebody's home
    mariam.go(BOARD).sees("Utskrivningsklar, ikke besvart, 1")
    mariam.row(LISTED).sees("Klar i 0 d 0 t", "Svar til sykehuset").open("Svar sykehuset").fill("Svar til", ANSWER)
    with ward.town.workers_at_rest():
        mariam.press("Send svar").press("Send nå").go(BOARD).sees("Utskrivningsklar, ikke besvart, 1")
        mariam.row(LISTED).sees("Svar skrevet", "Venter på sending")
    ward.hears(ANSWER)
    assert eventually(lambda: "Utskrivningsklar, besvart, 1" in mariam.go(BOARD).text), mariam.text


def at_home(ward: Ward, mariam: Person) -> None:
    """The ward's report comes by itself; the home care asks about it, and is answered."""
    ward.tells("LOG_UTSKREVET")
    ward.is_confirmed("Utskrivningsrapport")
    mariam.go(BOARD).sees("Hjemme, 1").row(LISTED).sees("Utskrivningsrapport", "Ingenting").open(LISTED)
    mariam.open("Samhandling").open("Utskrivningsrapport").sees("Brudd i lårhals", "Fragmin", "Personlig hygiene")
    mariam.fill("Svar til", ASKED)
    with ward.town.workers_at_rest():
        mariam.press("Send svar").press("Send nå").row("Svar: Utskrivningsrapport").sees("Venter på sending")
    asked, ours = ward.hears(ASKED), "Svar: Utskrivningsrapport"
    assert eventually(lambda: "Godtatt av mottaker" in mariam.again().row(ours).text), mariam.text
    mariam.open(ours).sees("Levert hos mottaker", "Godtatt av mottaker")
    ward.tells("DIALOG_HELSEFAGLIG", TOLD, title="Om stingene", answers=asked["msg_id"])
    mariam.again().open("Om stingene").sees(TOLD)


def at_the_gp(journey: Journey, ward: Ward, mariam: Person) -> None:
    """The answers of the laboratory and the epikrise lie in the GP's inbox, and what he vouches for in her record."""
    ward.tells("SVAR_LAB", to=NORDRE.her_id)
    ward.tells("EPIKRISE", to=NORDRE.her_id)
    jonas = journey.as_(JONAS.name)
    assert eventually(lambda: jonas.go("/innboks").has("link", BLOOD) and jonas.has("link", LETTER)), jonas.text
    mariam.go("/innboks").sees("Om stingene").sees_not(BLOOD, LETTER)  # while both wait: these are the GP's
    jonas.row(BLOOD).sees(LISTED, "Laboratoriet, Vestfjell sykehus").open(BLOOD)
    jonas.sees("B-Hemoglobin: 10,4 g/dL", "Under nedre referansegrense").press("Ferdig").sees_not(BLOOD)
    jonas.go("/innboks").open(LETTER).sees("Falt hjemme og brakk lårhalsen.").open("Åpne journal").open("Samhandling")
    jonas.sees("Melding om innlagt pasient", "Innleggelsesrapport", "Helseopplysninger ved søknad", "Om stingene",
               "Utskrivningsklar", "Melding om utskrevet pasient", BLOOD, "Utskrivningsrapport")  # fmt: skip
    jonas.open("Epikrise").open("Forslag").choose("Diagnose: Brudd i lårhals").press("Ta inn")
    jonas.press("Ferdig").row("Epikrise").sees("Ferdig")
    jonas.open("Oversikt").panel("Problemer").sees("Brudd i lårhals")
    jonas.open("Målinger").sees("B-Hemoglobin 10,4 g/dL")
