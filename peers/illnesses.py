"""What brings people to Vestfjell sykehus: for each illness its ward, and what is told of it afterwards. Invented."""

from __future__ import annotations

from dataclasses import dataclass

from peers.letters import Place

HEART = Place(99000033, "Hjertepoliklinikken", 99000031, "Vestfjell sykehus")
BONES = Place(99000034, "Ortopedisk poliklinikk", 99000031, "Vestfjell sykehus")
LABORATORY = Place(99000032, "Laboratoriet", 99000031, "Vestfjell sykehus")
REGULARLY, TO_STOP = ("6", "Benyttes regelmessig"), ("4", "Anbefalt å slutte å innta")  # Volven 7307
ABOVE, BELOW = ("1", "Over øvre referansegrense"), ("2", "Under nedre referansegrense")  # Volven 8244


@dataclass(frozen=True)
class Medicine:
    """One medicine at discharge. use: code and name of Volven 7307."""

    atc: str
    name: str
    product: str
    dose: str
    use: tuple[str, str] = REGULARLY


@dataclass(frozen=True)
class Analysis:
    """One answer of the laboratory. code: NLK (Volven 7280); outside: on which side of its range, code and name."""

    code: str
    name: str
    value: str
    unit: str
    usual: str
    outside: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Illness:
    """One sort of stay.

    diagnosis  code and name of ICD-10 (Volven 7110)
    told       what the doctor writes, each under a heading of Volven 8231: code, name, text
    manages    what the nurse has mapped: code and name of IPLOS (Volven 9111), need of help from 1 to 5
    """

    ward: Place
    diagnosis: tuple[str, str]
    told: tuple[tuple[str, str, str], ...]
    manages: tuple[tuple[str, str, int], ...]
    medicines: tuple[Medicine, ...]
    analyses: tuple[Analysis, ...]

    @property
    def in_use(self) -> tuple[Medicine, ...]:
        return tuple(each for each in self.medicines if each.use != TO_STOP)


ILLNESSES = {
    "hoftebrudd": Illness(
        ward=BONES,
        diagnosis=("S72.0", "Brudd i lårhals"),
        told=(
            ("FO", "Forløp og behandling", "Falt hjemme og brakk lårhalsen. Operert med protese samme døgn."),
            ("FU", "Funn og undersøkelsesresultater", "Røntgen viser at protesen ligger som den skal."),
            ("VU", "Vurdering", "Kan belaste fullt. Stingene fjernes etter to uker, kontroll her om seks uker."),
        ),
        manages=(("5", "Bevege seg innendørs", 3), ("7", "Personlig hygiene", 3), ("8", "På- og avkledning", 3)),
        medicines=(
            Medicine("N02BE01", "Paracetamol", "Paracetamol tab 500 mg", "2 tabletter inntil 4 ganger daglig"),
            Medicine("B01AB04", "Dalteparin", "Fragmin inj 5000 IE", "1 sprøyte daglig i fire uker"),
            Medicine("N05CF01", "Zopiklon", "Zopiklon tab 5 mg", "1 tablett til natten", TO_STOP),
        ),
        analyses=(
            Analysis("NOR05172", "B-Hemoglobin", "10.4", "g/dL", "11,7 - 15,3", BELOW),
            Analysis("NPU19748", "P-CRP", "38", "mg/L", "< 5", ABOVE),
        ),
    ),
    "hjertesvikt": Illness(
        ward=HEART,
        diagnosis=("I50.9", "Hjertesvikt"),
        told=(
            ("FO", "Forløp og behandling", "Innlagt med tung pust. Vanndrivende i blodet i tre døgn, ned 3,8 kg."),
            ("VU", "Vurdering", "Veier seg hver morgen. Ny blodprøve om en uke, kontroll her om en måned."),
        ),
        manages=(("6", "Alminnelig husarbeid", 3), ("12", "Bevege seg utendørs", 3)),
        medicines=(Medicine("C03CA01", "Furosemid", "Furix tab 40 mg", "1 tablett morgen og middag"),),
        analyses=(
            Analysis("NPU03230", "P-Kalium", "5.2", "mmol/L", "3,5 - 5,0", ABOVE),
            Analysis("NPU04998", "P-Kreatinin", "98", "µmol/L", "45 - 90", ABOVE),
        ),
    ),
}  # fmt: skip
USUAL = "hoftebrudd"
