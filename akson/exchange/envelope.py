"""What every message says about itself, whatever its type and the standard it came in. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

ID_PERSON: Final = "2.16.578.1.12.4.1.1.8116"  # Volven: kinds of person identifiers
ID_ORGANISATION: Final = "2.16.578.1.12.4.1.1.9051"  # Volven: kinds of organisation identifiers
_HER_ID: Final = re.compile("[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Code:
    """A coded value as it stood in the message."""

    value: str
    system: str = ""  # OID without "urn:oid:"
    name: str = ""  # DN: as the sender shows it
    other: str = ""  # OT: free text beside the code


@dataclass(frozen=True)
class Ident:
    """One identifier with its kind: FNR, DNR, FHN, HPR, HER, ENH …"""

    value: str
    kind: str
    system: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Named:
    """Somebody or something with identifiers."""

    idents: tuple[Ident, ...] = ()

    def ident(self, *kinds: str) -> Ident | None:
        """Return the first identifier of one of `kinds`, in the order asked."""
        return next((ident for kind in kinds for ident in self.idents if ident.kind == kind), None)

    @property
    def her_id(self) -> int | None:
        """Return the address in the national address register, if it is written as a number."""
        found = self.ident("HER")
        return int(found.value) if found and _HER_ID.fullmatch(found.value) else None


@dataclass(frozen=True, kw_only=True)
class Person(Named):
    """A patient or another person."""

    family: str = ""
    middle: str = ""
    given: str = ""
    born: date | None = None
    sex: Code | None = None
    phone: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.given, self.middle, self.family) if part)


@dataclass(frozen=True, kw_only=True)
class Professional(Person):
    """A person as a health professional."""

    profession: Code | None = None  # Volven 9060
    role: Code | None = None  # Volven 9034, towards the patient


@dataclass(frozen=True, kw_only=True)
class Organisation(Named):
    """A legal entity (level 1) or a service in it (level 2)."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Party:
    """Sender or receiver: the organisation, the service in it, perhaps the person."""

    organisation: Organisation
    service: Organisation | None = None
    professional: Professional | None = None

    @property
    def her_id(self) -> int | None:
        """Return the HER-id that is written to: the service's, else the person's, else the organisation's."""
        levels = (self.service, self.professional, self.organisation)
        return next((level.her_id for level in levels if level and level.her_id is not None), None)

    @property
    def name(self) -> str:
        """Return the party as people read it: "Kardiologisk avdeling, Vestfjell sykehus", each part said once."""
        return _said_once(self.professional, self.service, self.organisation)

    @property
    def known_first(self) -> str:
        """Return a sender outside as people read it: "Hjertepoliklinikken, Vestfjell sykehus ved Kari Dahl".

        The person stands last: nobody but the message says who that is.
        """
        person = self.professional.name if self.professional else ""
        return " ved ".join(filter(None, (_said_once(self.service, self.organisation), person)))


def _said_once(*parts: Person | Organisation | None) -> str:
    told: list[str] = []
    for part in parts:
        if part and part.name and not any(name.endswith(part.name) for name in told):
            told.append(part.name)
    return ", ".join(told)


class Ack(StrEnum):
    """Which answers the sender asked for (Volven 7304)."""

    YES = "J"
    ON_ERROR = "F"
    NO = "N"


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Which message this one answers, and which message began the exchange."""

    parent: str
    conversation: str


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file beside the message: its bytes, or where it lies (which we never follow)."""

    title: str
    mime: str
    data: bytes = b""
    link: str = ""
    issued: str = ""  # as written: date or dateTime
    malware: str = ""  # what the scanner found; the bytes stay with the message as it came, and nowhere else


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One message, opened."""

    type: Code  # Volven 8279
    msg_id: str
    sent: datetime  # zone-aware
    sender: Party
    receiver: Party
    patient: Person | None = None
    conversation: Conversation | None = None
    ack: Ack = Ack.YES
    test: bool = False  # ProcessingStatus D: shown as a test, never acted on as if real
    body: Any = None  # lxml element of the main document
    attachments: tuple[Attachment, ...] = ()
    copies: tuple[Party, ...] = ()  # who else it is for


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """As much as could be made out of a message that is wrong somewhere: enough to tell its sender so."""

    type: str = ""
    msg_id: str = ""
    sent: datetime | None = None
    sender: Party | None = None
    receiver: Party | None = None
    ack: Ack = Ack.YES
