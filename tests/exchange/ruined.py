"""What comes in a chaos run, and what must become of each: good messages, and those that the world has ruined.

A message is ruined on its way (cut off, a bit that is another), by the system that wrote it (an encoding it does not have,
a standard nobody knows, an id that is another message's), or by who wrote it (in another's name, about another person).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import cycle, islice

from akson.exchange.seals import cms
from peers import letters
from peers.letters import MSGHEAD, Letter, Place
from tests.exchange.hospital import Parcel
from tests.exchange.letters import ASTRID, HEART, NORDRE
from tests.exchange.sealing import FALSE, Sealing

OTHER = "13916900524"  # another patient here
NOBODY = "13916900362"  # nobody has this number
NAMES = {ASTRID: ("Astrid", "Nordli"), OTHER: ("Ola", "Haugen"), NOBODY: ("Kari", "Vik")}
STRANGERS = Place(99000078, "Ukjent", 99000077, "Ukjent sykehus")  # in no register

GOOD, UNKNOWN, TAKEN, MIXED = (
    "good",
    "about nobody here",
    "the id of another message",
    "another's number than the name says",
)
SEALED = "good, signed and encrypted"


@dataclass(frozen=True)
class Incoming:
    """One message that somebody outside sends, and what must become of it.

    good   the number of the patient in whose record it shall be filed, or None
    code   why it is refused; told: what its sender is told of that
    body   what is kept of it, byte for byte
    """

    id: str
    kind: str
    parcel: Parcel
    body: bytes
    good: str | None
    code: str = ""
    told: str = ""


@dataclass(frozen=True)
class Ruin:
    """One way to ruin a message. does: what it makes of the bytes; code: of the AppRec it is refused with."""

    does: Callable[[bytes], bytes]
    code: str


def _instead(old: str, new: str) -> Callable[[bytes], bytes]:
    """Return what writes `new` wherever `old` stands."""

    def does(body: bytes) -> bytes:
        assert old.encode() in body, "it would be no ruin"
        return body.replace(old.encode(), new.encode())

    return does


def _flipped(body: bytes, *, bits: int = 0xFF, at: int = -1) -> bytes:
    """Return a message with bits of one byte turned; in the middle where it is not said where."""
    at = len(body) // 2 if at < 0 else at
    return body[:at] + bytes([body[at] ^ bits]) + body[at + 1 :]


def _number(body: bytes) -> bytes:
    """One bit of the last digit of the patient's number is another: it is a digit still."""
    return _flipped(body, bits=1, at=body.index(b"</mh:Id>", body.index(b"<mh:Patient>")) - 1)


def _attached(body: bytes) -> bytes:
    """A file comes along, of whose base64 a character is none."""
    file = (
        '<mh:Document><mh:DocumentConnection V="V"/><mh:RefDoc><mh:MsgType V="A"/><mh:MimeType>application/pdf</mh:MimeType>'
        '<mh:Content><b:Base64Container xmlns:b="http://www.kith.no/xmlstds/base64container">JVBERi0x*jQK</b:Base64Container>'
        "</mh:Content></mh:RefDoc></mh:Document></mh:MsgHead>"
    )
    return _instead("</mh:MsgHead>", file)(body)


RUINS = {
    "cut in half": Ruin(lambda body: body[: len(body) // 2], "T01"),
    "a byte flipped in the middle": Ruin(_flipped, "T01"),
    "ISO-8859-1 that is said to be UTF-8": Ruin(lambda body: body.decode().encode("latin-1"), "T01"),
    "UTF-8 that is said to be UTF-16": Ruin(_instead('encoding="UTF-8"', 'encoding="UTF-16"'), "T01"),
    "another root": Ruin(_instead("mh:MsgHead", "mh:Message"), "T10"),
    "another namespace": Ruin(_instead(MSGHEAD, "http://www.kith.no/xmlstds/msghead/2099-01-01"), "T10"),
    "an attachment that is no base64": Ruin(_attached, "T02"),
    "a bit flipped in the patient's number": Ruin(_number, "E31"),
    "the HER-id of another sender": Ruin(_instead(f">{HEART.her_id}<", f">{NORDRE.her_id}<"), "X99"),
    "a sender in no register": Ruin(lambda body: _instead(f">{HEART.parent}<", f">{STRANGERS.parent}<")(
        _instead(f">{HEART.her_id}<", f">{STRANGERS.her_id}<")(body)), "X99"),
}  # fmt: skip
OPEN = (GOOD, UNKNOWN, *RUINS, TAKEN, MIXED)
UNDER_SEAL = (SEALED, *FALSE)


def kinds(*, sealed: bool) -> tuple[str, ...]:
    """Return the kinds of messages that come in a run. sealed: from one who signs and encrypts too."""
    return (*OPEN, *UNDER_SEAL) if sealed else OPEN


def incoming(count: int, chance: random.Random, sealing: Sealing | None) -> list[Incoming]:
    """Return what comes: of twenty one about nobody and one ruined, of ten one sealed and of these a third falsely.

    Each kind is there at least once, and ids are taken of messages that are good.
    """
    roles = [UNKNOWN] * max(count // 20, 1) + list(_each((*RUINS, TAKEN, MIXED), count // 20))
    if sealing:
        false = list(_each(FALSE, count // 30))
        roles += false + [SEALED] * max(count // 10 - len(false), 1)
    assert len(roles) < count, "too few to ruin"
    roles += [GOOD] * (count - len(roles))
    chance.shuffle(roles)
    free = iter(chance.sample([_id(number) for number, kind in enumerate(roles) if kind == GOOD], roles.count(TAKEN)))
    return [_one(number, kind, free, sealing) for number, kind in enumerate(roles)]


def again(one: Incoming, sealing: Sealing | None) -> Parcel:
    """Return a message as it comes once more: what is sealed is sealed anew, and is the same message in other bytes."""
    if one.kind != SEALED or sealing is None:
        return one.parcel
    return replace(one.parcel, data=sealing.closed(one.body))


def _each(names: tuple[str, ...] | dict[str, object], count: int) -> Iterator[str]:
    """Return so many names in turn, and each at least once."""
    return islice(cycle(names), max(count, len(names)))


def _id(number: int) -> str:
    return f"inn-{number:08}"


def _one(number: int, kind: str, free: Iterator[str], sealing: Sealing | None) -> Incoming:
    fnr = NOBODY if kind == UNKNOWN else ASTRID if number % 2 else OTHER
    id_ = next(free) if kind == TAKEN else _id(number)
    named = (OTHER if fnr == ASTRID else ASTRID) if kind == MIXED else fnr
    if kind in UNDER_SEAL:
        assert sealing
        return _sealed(id_, kind, fnr, written(number, id_, fnr, named, sealing.place), sealing)
    body = written(number, id_, fnr, named, HEART)
    ruin = RUINS.get(kind)
    body = ruin.does(body) if ruin else body
    code = "E35" if kind == UNKNOWN else ruin.code if ruin else ""
    return Incoming(id_, kind, Parcel(body, sha256(body).digest()), body, None if code else fnr, code, code)


def _sealed(id_: str, kind: str, fnr: str, body: bytes, sealing: Sealing) -> Incoming:
    if kind == SEALED:
        parcel, inside = sealing.sealed(body)
        return Incoming(id_, kind, parcel, inside, fnr)
    false = FALSE[kind]
    data, inside = false.does(sealing, body)
    # What is refused for its seal stands for no other message of the same content.
    digest = sha256(inside).digest() if false.only_inside else sha256(b"\x00" + data).digest()
    return Incoming(
        id_,
        kind,
        Parcel(data, digest, sealing.place.her_id, sealed=cms.is_cms(data)),
        inside,
        None,
        false.code,
        false.told,
    )


def written(number: int, id_: str, fnr: str, named: str, sender: Place) -> bytes:
    """Return a message as the hospital writes it. named: by whose name it calls the patient."""
    letter = Letter(id_, sender, NORDRE, fnr, *NAMES[named], "Utskrivning", f"Inn nummer {number}.")
    return letters.dialog(letter, "2026-11-23T09:00:00.000+00:00")
