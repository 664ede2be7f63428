"""Citizens: named residents of Fjordvik, each with a story the demo and the journeys use."""

from __future__ import annotations

from seeds.citizens.astrid import ASTRID, KARI, ODD, astrid
from seeds.citizens.cared_for import ARNE, BJORG, MAGNE, SOLVEIG, TONE, cared_for, nordli
from seeds.citizens.family import HEGE, IDA, JOAR, OLA, families
from seeds.citizens.inbox import ERIK, GUNVOR, NINA, TOR, inbox
from seeds.citizens.own_system import OLAUG, own_system
from seeds.citizens.protected import HENRIK, LENA, MARIUS, NEIGHBOUR, STEIN, TORUNN, protected
from seeds.shapes import Clock, Seed

GROWN_UP = (
    ASTRID,
    ODD,
    KARI,
    ARNE,
    BJORG,
    MAGNE,
    SOLVEIG,
    TONE,
    HEGE,
    IDA,
    JOAR,
    OLA,
    ERIK,
    GUNVOR,
    NINA,
    TOR,
    HENRIK,
    LENA,
    MARIUS,
    NEIGHBOUR,
    STEIN,
    TORUNN,
    OLAUG,
)  # the children's ages follow the clock: see family.py

STORIES = {
    "Patient/astrid": "hjertesvikt, hjemme etter sykehus; tre avvik i legemidlene",
    "Patient/odd": "ektefelle på sykehjem",
    "Patient/emil": "to hjem, felles foreldreansvar; Ida og Ola ser journalen",
    "Patient/lena": "strengt fortrolig adresse, kode 6",
    "Patient/marius": "fortrolig adresse, kode 7",
    "Patient/stein": "klientadresse",
    "Patient/torunn": "har sperret for naboen Berit, som er sykepleier i sonen",
    "Patient/arne": "utskrevet i går, hjemmesykepleie fra i dag",
    "Patient/sander": "15 år, holder én samtale tilbake for mor",
    "Patient/solveig": "døende hjemme, HLR minus",
    "Patient/bjorg": "insulin fra hjemmesykepleien",
    "Patient/henrik": "bipolar lidelse, ett sperret dokument",
    "Patient/nora": "nyfødt",
    "Patient/olaug": "fastlegen har eget system utenfor Akson",
    "Patient/magne": "død; datteren Tone kan be om innsyn",
    "Patient/mia": "13 år, holder én samtale tilbake for far",
}


def named(clock: Clock) -> list[list[Seed]]:
    """Return every named resident, one set per household."""
    return [[*astrid(clock), *nordli(clock)], *families(clock), *protected(clock), *cared_for(clock), *inbox(clock),
            *own_system(clock)]  # fmt: skip
