"""Which message types there are. Each file in `messages/` registers its own; two for one code stop the start-up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from akson.access.roles import Permission
from akson.base.work import Work
from akson.exchange.addresses import Address
from akson.exchange.envelope import Code, Envelope
from akson.exchange.safexml import Fault, Unreadable
from akson.exchange.telling import Told


@dataclass(frozen=True, kw_only=True)
class Patient:
    """The patient a message is about, as found in our record. given: the first names that stand there, as searched."""

    owner: int
    id: str
    given: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Unit:
    """The unit a message is for."""

    owner: int
    reference: str  # "Organization/<id>"
    name: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that has passed the checks of the envelope and is ready to be filed.

    sender    who sent it by the transport and the address register, whatever name the message says
    answers   id of our Communication it answers, when it names one
    marks     security labels of all that it becomes: what is told of a child by the barnevern is not for the parents
    owner     who answers for what it asks for, as a reference; None: the unit
    doubtful  the patient's name in the message is not that of the record it is filed in
    """

    envelope: Envelope
    received: datetime
    unit: Unit
    sender: Address
    patient: Patient | None = None
    answers: str = ""
    marks: Sequence[Mapping[str, str]] = ()
    owner: Mapping[str, str] | None = None
    doubtful: bool = False


@dataclass(frozen=True, kw_only=True)
class Filed:
    """Where a message ended, and what was wrong with a part of it (AppRec 3), if anything was."""

    communication: str  # id
    fault: Fault | None = None


Receive = Callable[[Work, Letter], Awaitable[Filed]]
Tell = Callable[[Envelope], Told]
Write = Callable[[dict[str, Any], Sequence[Mapping[str, Any]], datetime], tuple[Code, Any]]


@dataclass(frozen=True, kw_only=True)
class MessageType:
    """How one code of Volven 8279 is received, and told to people."""

    receive: Receive
    about_a_patient: bool
    told: Tell


@dataclass(frozen=True, kw_only=True)
class Standard:
    """One national standard as we speak it: what docs/exchange.md and the CapabilityStatement tell of it.

    namespaces  version -> namespace of its XML
    reads       codes of Volven 8279 that we take, in any of the versions
    writes      code -> the version we send it in
    older       versions we send to who reads no other
    proved      `python -m tests.conformance messages` holds what we write and read to the official XSD; where it is
                false the type is "unverified" until an operator gives the XSD
    """

    name: str
    namespaces: Mapping[str, str]
    reads: tuple[str, ...]
    writes: Mapping[str, str] = field(default_factory=dict)
    older: tuple[str, ...] = ()
    proved: bool = False


_types: Final[dict[str, MessageType]] = {}
_writers: Final[dict[str, Write]] = {}
_needs: Final[dict[str, Permission]] = {}
_standards: Final[list[Standard]] = []


def message(*codes: str, told: Tell, about_a_patient: bool = True) -> Callable[[Receive], Receive]:
    """Register a function as the receiver of the message types `codes`.

    told    how such a message is read by people
    Raises  ValueError at start-up when a code is taken
    """

    def register(receive: Receive) -> Receive:
        for code in codes:
            if code in _types:
                raise ValueError(f"two receivers for message type {code}")
            _types[code] = MessageType(receive=receive, about_a_patient=about_a_patient, told=told)
        return receive

    return register


def writes(*codes: str, needs: Permission = Permission.WRITE_MESSAGES) -> Callable[[Write], Write]:
    """Register a function as the writer of the message types `codes`: it returns the type and the body as XML.

    needs   what the role must be allowed that sends one
    """

    def register(write: Write) -> Write:
        _writers.update(dict.fromkeys(codes, write))
        _needs.update(dict.fromkeys(codes, needs))
        return write

    return register


def writer(code: str) -> Write | None:
    """Return what writes `code` from a Communication and the resources it is about; None: it is no such type."""
    return _writers.get(code)


def needs(code: str) -> Permission:
    """Return what a role must be allowed that sends `code`."""
    return _needs.get(code, Permission.WRITE_MESSAGES)


def speaks(standard: Standard) -> Standard:
    """Enter a standard in the list of those we speak."""
    _standards.append(standard)
    return standard


def find(code: str) -> MessageType | None:
    """Return how to receive `code`, or None: then the message is answered with T10."""
    return _types.get(code)


def of(type_: Code) -> MessageType | None:
    """Return how to receive a type, also where its sender has put the code in the place of its name, as NAV's do."""
    return find(type_.value) or find(type_.name)


def codes() -> list[str]:
    """Return every message type we can receive."""
    return sorted(_types)


def standards() -> list[Standard]:
    """Return every standard we speak, by name."""
    return sorted(_standards, key=lambda each: each.name)


def in_words(envelope: Envelope) -> Told | None:
    """Return a message as people read it; None where it is of no type we know, or not what its type says."""
    found = of(envelope.type)
    try:
        return found.told(envelope) if found else None
    except Unreadable:
        return None


def summary(strict: Container[str]) -> str:
    """Return the standards in one English sentence. strict: the namespaces the operator has given XSDs for."""
    told = (
        f"{one.name} {version}{'' if one.proved or space in strict else ' (unverified)'}"
        for one in standards()
        for version, space in one.namespaces.items()
    )
    return f"Norwegian messages: {', '.join(told)}."
