"""`Work`: who, for whom, why, now. One object carried through every action.

Nothing below the doors reads the clock, the environment or a global: it asks `work`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """What sort of actor this is."""

    STAFF = "staff"
    CITIZEN = "citizen"
    SYSTEM = "system"  # another program, or one of our own jobs


class Purpose(StrEnum):
    """Why a record is used; HL7 v3 ActReason where it has the word."""

    TREATMENT = "TREAT"
    EMERGENCY = "ETREAT"
    ADMINISTRATION = "HOPERAT"
    OWN = "PATRQT"  # the citizen's own request
    MESSAGE = "COC"  # coordination of care: a message in or out
    SYSTEM = "SYSADMIN"


@dataclass(frozen=True, kw_only=True)
class Attested:
    """What another organisation vouches for, of one of its staff who asks here: akson/signin/attestation.py.

    profession  of Volven 9060: "LE"
    why         as the access log and the citizen read it; names nobody
    """

    profession: str
    purpose: Purpose
    why: str


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a person in a role for an organisation, or a program.

    Keys are owner keys of the journal (64-bit): of the Practitioner, Patient, Organization resources.
    """

    kind: Kind
    id: str  # "Practitioner/<id>", "Patient/<id>" or "Device/<name>"
    key: int  # owner key of that resource; 0 for a program
    name: str  # as people read it
    role: str  # a code of access/roles.py: "fastlege", "sykepleier", "innbygger", "system"
    unit: int = 0  # owner key of the Organization (unit) acted for; 0 for citizens
    unit_id: str = ""  # "Organization/<id>" of the unit
    unit_name: str = ""
    controller: int = 0  # owner key of the data controller (dataansvarlig)
    controller_name: str = ""
    person: int = 0  # owner key of the actor's own Patient record, if there is one: nobody opens their own as staff
    born: date | None = None  # of a citizen, as far as their record says; None: it is not known
    signed_in: str = ""  # how: issuer and level, e.g. "helseid:4"
    scopes: frozenset[str] = frozenset()  # of the token; empty for browser sessions
    context: int = 0  # owner key of the Patient that scopes of patient/ are about
    client: str = ""  # the app registered here that the token was given to
    grant: str = ""  # what the person let that app do, which the token stands on
    token: str = ""  # id of the access token, by which it is revoked; what outlives the token is kept without
    attested: Attested | None = None  # of staff of another organisation: `context` is whom it is about
    numbered: frozenset[int] = frozenset()  # owner keys that have a number of the attested or of their place


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was opened, looked for or refused; becomes a part of the access-log row."""

    patient: int  # owner key; 0 where it concerns nobody
    what: str  # "Observation/abc/_history/3", "search Observation code,date", "page oversikt"
    outcome: str  # "permit", "refuse", "unknown"
    rule: str = ""  # which access rule decided
    basis: str = ""  # why in a word: "fastlegeliste", "egen journal", "nødåpning"


@dataclass(kw_only=True)
class Work:
    """One action in progress. Made by `Office.work` and given to every action as its first argument."""

    actor: Actor
    purpose: Purpose
    now: datetime  # with time zone, UTC
    office: Any  # the journal's office: database, keys, log (akson/record/office.py)
    request: str = ""  # request id, for the log
    screen: str = ""  # which page or route
    through: Actor | None = None  # whose rights narrow the actor's: only what both may read; nothing is written
    reason: str = ""  # as given by the actor, for openings
    seen: list[Seen] = field(default_factory=list)
    session: Any = None  # what the journal keeps for the length of this work: connection, queue, facts

    def saw(self, patient: int, what: str, *, outcome: str = "permit", rule: str = "", basis: str = "") -> None:
        """Note that something was shown or refused; it reaches the access log before the answer leaves."""
        self.seen.append(Seen(patient=patient, what=what, outcome=outcome, rule=rule, basis=basis))
