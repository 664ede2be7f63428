"""How badly the message server behaves: each fault by how often, or one of some moods, that people choose by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

SLOW = 8.0  # seconds an answer takes in that mood
MOODS = {  # what the page sets: what people read, the faults that always happen
    "vanlig": ("svarer som den skal", ()),
    "borte": ("kutter forbindelsen uten svar", ("down",)),
    "feil": ("svarer 500", ("error",)),
    "treg": ("bruker god tid på hvert svar", ("slow",)),
    "mister": ("gjør det den blir bedt om, men svaret blir borte", ("lost",)),
    "kaster": ("tar imot meldinger og kaster dem: de blir aldri bekreftet", ("discards",)),
    "glemmer": ("tar imot meldinger og vet siden ikke om dem", ("forgets",)),
    "dobbel": ("sender alt videre to ganger", ("double",)),
    "taus": ("mottakerens AppRec kommer aldri fram", ("no_apprec",)),
    "avviser": ("mottakerens side avviser meldingen under transporten", ("refuses",)),
    "feilkode": ("mottakeren svarer AppRec 2 med E35", ("rejects",)),
    "avveie": ("nås ikke: det som står foran den, svarer 404 på alt", ("astray",)),
    "delvis": ("mottakeren svarer AppRec 3 med X99", ("partly",)),
}
ERRORS = {
    "1": ("", ""),
    "2": ("E35", "Pasienten finnes ikke i mottakersystemet"),
    "3": ("X99", "Et vedlegg kan ikke leses"),
}


@dataclass
class Faults:
    """How often each thing goes wrong, from 0 to 1.

    down       the connection is cut without an answer
    error      500
    slow       the answer takes `delay` seconds
    lost       what was asked is done, and the answer is lost
    discards   a message is taken (201) and thrown away: never confirmed
    forgets    the same, and it is not known afterwards
    double     a message goes on twice
    no_apprec  the AppRec is made, and never reaches its mailbox
    withholds  a message is told of, and its content not given (404)
    refuses    the receiver's side turns the message away
    rejects    the AppRec says that the patient is unknown (E35)
    partly     the AppRec says that a part of the message is wrong (3, X99)
    astray     what stands before the server answers in its place, with the status `by`
    """

    down: float = 0
    error: float = 0
    slow: float = 0
    lost: float = 0
    discards: float = 0
    forgets: float = 0
    double: float = 0
    withholds: float = 0
    no_apprec: float = 0
    refuses: float = 0
    rejects: float = 0
    partly: float = 0
    astray: float = 0
    by: float = 404
    delay: float = 0.3


def judged(happens: Callable[[str], bool]) -> str:
    """Return the status of the AppRec of a receiver that `rejects` or takes a message `partly`."""
    return "2" if happens("rejects") else "3" if happens("partly") else "1"


def faults_of(mood: str) -> Faults:
    """Return the faults of one of MOODS."""
    return Faults(**dict.fromkeys(MOODS[mood][1], 1.0), delay=SLOW)
