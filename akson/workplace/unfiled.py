"""A received message that could not be filed, for the one who answers for messages (meldingsansvarlig).

The page tells what is known without reading it. Health personnel may open it, with a reason that the log keeps and
unless the access rules bar them from the patient; administrators may not. Whoever has sorted it out says how, and may
say the same of others like it. What we sent is followed up by the unit that wrote it, in the patient's record, or here
(`desk`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.access import roles
from akson.access.asking import NOBODY, Act
from akson.access.facts import Labels
from akson.access.override import SHORTEST_REASON
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Confirm, Field, Filled, Form, Hidden
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import concern, following, inbox, registry
from akson.exchange.messages import dialogmelding, fagdokument, pleieomsorg
from akson.exchange.opening import opened
from akson.exchange.seals import cms
from akson.exchange.states import TURNED_AWAY, UNKNOWN, is_unknown
from akson.record.deciding import asked, facts_for
from akson.record.owned import owner_of_number, owners_named
from akson.record.session import Within
from akson.registers.identifiers import PersonKind

SCREENS = Screens(__name__)
REASON: Final = Form(Field(name="begrunnelse", label="unfiled.why", help="unfiled.why_help", longest=300))
_DONE: Final = Field(name="gjort", label="unfiled.done", help="unfiled.done_help", longest=300)
DONE: Final = Form(_DONE)
# Others like it are those that the page told of: what came since has been seen by nobody.
HANDLED: Final = Form(_DONE, Confirm(name="ogsaa", label="unfiled.also", required=False),
                      Hidden(name="andre", required=False, longest=65 * inbox.TOGETHER))  # fmt: skip
_MOST_SHOWN: Final = 20_000  # characters of an unreadable message
_MOST_SEARCHED: Final = 1_000_000  # characters of it in which persons are looked for


@dataclass(frozen=True, kw_only=True)
class Unfiled:
    """A message that went wrong on its way in or out: what is known of it without reading it."""

    type: str
    msg_id: str
    sender: str
    receiver: str
    at: datetime
    deadline: datetime
    over: bool  # the deadline has passed
    code: str
    reason: str
    state: str
    href: str  # where it is opened
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a received message says, shown to whoever gave a reason."""

    title: str = ""
    patient: str = ""
    paragraphs: tuple[str, ...] = ()
    raw: str = ""  # the bytes as text, when they could not be read as a message


def homes_of(work: Work) -> tuple[int, ...]:
    """Return the organisations whose messages the actor answers for; what is nobody's is for everybody here."""
    return 0, work.actor.controller, work.actor.unit


def refuse_others(work: Work, row: Mapping[str, Any]) -> None:
    """Refuse a message of another organisation, as one that is not there. Raises Refused AK-J001."""
    if row["home"] not in homes_of(work):
        raise Refused("AK-J001")


@SCREENS.screen("/meldinger/{message}", needs=Permission.ANSWER_FOR_MESSAGES, title="unfiled.one")
async def one(work: Work, visit: Visit, message: str) -> Page | Go:
    """Show one received message; its content only for a reason, which is logged with whom the message is about."""
    row = await inbox.refused(work, _digest(message))
    if row is None:
        raise Refused("AK-J001")
    refuse_others(work, row)
    done = with_reason(HANDLED.read(visit.form), "gjort") if visit.form.get("do") == "handled" else HANDLED.blank()
    others = await inbox.alike(Within(work), homes_of(work), row, among=_named(done) if done.sent else None)
    if done.valid:
        return await _handled(work, [row, *others] if done.values["ogsaa"] else [row], str(done.values["gjort"]))
    asks, reads = visit.sent and not done.sent, roles.has(work.actor.role, Permission.READ_CLINICAL)
    if asks and not reads:
        work.saw(0, "page melding", outcome="refuse")
        raise Refused("AK-A040")
    filled = with_reason(REASON.read(visit.form)) if asks else REASON.blank()
    content = await _open(work, row["digest"], str(filled.values["begrunnelse"])) if filled.valid else None
    status = 422 if any(each.sent and not each.valid for each in (filled, done)) else 200
    return Page("melding.html", status=status, row=as_received(row, work.now), form=filled, done=done, content=content,
                reads=reads, others=[as_received(each, work.now) for each in others],
                alike=others[0]["alike"] if others else 0,
                andre=",".join(each["digest"].hex() for each in others))  # fmt: skip


def _named(done: Filled) -> list[bytes]:
    """Return the others that the page told of. Raises Refused AK-J001 what is no message."""
    return [_digest(each) for each in done["andre"].raw.split(",") if each]


async def _handled(work: Work, rows: Sequence[Mapping[str, Any]], why: str) -> Go:
    """Note that messages are sorted out, each with a trace of its own; those of `rows` that others have noted are left.

    Raises   Refused AK-X010 when somebody has noted it of the first meanwhile
    """
    done = await inbox.handled(work, [row["digest"] for row in rows], why)
    if rows[0]["digest"] not in done:
        raise Refused("AK-X010")
    for digest in done:
        work.saw(0, f"melding {digest.hex()[:12]} handled")
    return Go("/meldinger", said="unfiled.said_handled" if len(done) == 1 else "unfiled.said_all_handled")


async def _open(work: Work, digest: bytes, reason: str) -> Content:
    """Return what a message says, and leave the trace: the patient's own, where it names somebody we know."""
    work.reason = reason
    row = await inbox.refused(work, digest, content=True)
    body = row["body"] if row else None
    if body is None:
        return Content()
    envelope = opened(body).envelope
    person = envelope.patient if envelope else None
    number = person.ident(*PersonKind) if person else None
    about = await owner_of_number(work, number.value) if number else 0
    told, sealed = registry.in_words(envelope) if envelope else None, cms.is_cms(body)
    raw = "" if told or sealed else body.decode(errors="replace").replace("\0", "")
    named = await owners_named(work, raw[:_MOST_SEARCHED]) if raw else []  # nobody has read whom it is about
    owners = list(dict.fromkeys((about, *named) if about else named)) or [0]
    await refuse_barred(work, owners)
    for owner in owners:
        work.saw(owner, "page melding", basis=texts().plain("unfiled.basis"))
    if sealed:
        return Content(paragraphs=(texts().plain("unfiled.content_sealed"),))
    if told is None:
        return Content(raw=raw[:_MOST_SHOWN])
    patient = " ".join(filter(None, (told.patient, number.value if number else "")))
    return Content(title=told.title, patient=patient, paragraphs=told.paragraphs)


async def refuse_barred(work: Work, owners: Sequence[int], page: str = "melding", labels: Labels | None = None) -> None:
    """Refuse whom a rule bars from any of these patients; the logged reason stands in for a relation, and nothing else.

    labels  of what the message tells, when that stands in the record
    Raises  Refused with the code of the rule that bars
    """
    for owner, facts in (await facts_for(work, owners)).items():
        decision = asked(work, facts, labels or Labels(type="Communication"), Act.READ)
        if not decision.permit and decision is not NOBODY:
            work.saw(owner, f"page {page}", outcome="refuse", rule=decision.rule)
            raise Refused(decision.refusal)


def with_reason(filled: Filled, name: str = "begrunnelse") -> Filled:
    """Return the form with a fault when the reason says nothing."""
    if filled.valid and len(" ".join(filled[name].raw.split())) < SHORTEST_REASON:
        return filled.with_refused(Refused("AK-A071", path=name))
    return filled


def _digest(written: str) -> bytes:
    """Return the digest an address names. Raises Refused AK-J001."""
    try:
        digest = bytes.fromhex(written)
    except ValueError:
        digest = b""
    if not digest:
        raise Refused("AK-J001")
    return digest


def as_received(row: Mapping[str, Any], now: datetime) -> Unfiled:
    """Return a message we received, as the lists and its own page show it."""
    return Unfiled(
        type=_kind(row["type"]), msg_id=row["msg_id"], sender=row["sender_name"] or _number(row["sender"]), receiver="",
        at=row["received_at"], deadline=row["deadline"], over=row["deadline"] <= now, code=row["fault_code"],
        reason=row["fault_text"], state=texts().plain("unfiled.waits"), href=f"/meldinger/{row['digest'].hex()}",
        times=row["times"],
    )  # fmt: skip


def as_sent(row: Mapping[str, Any], now: datetime) -> Unfiled:
    """Return a message we sent, as the lists and its own page show it."""
    unknown = is_unknown(row["state"], row["fault_code"])
    stands = "unknown" if unknown else row["state"]
    return Unfiled(
        type=_kind(row["type"]), msg_id=row["msg_id"], sender=row["sender_name"],
        code="" if row["fault_code"] in (UNKNOWN, TURNED_AWAY) else row["fault_code"],
        receiver=row["receiver_name"] or _number(row["receiver"]), at=row["created_at"], deadline=row["deadline"],
        over=row["deadline"] <= now, reason=row["fault_text"], state=texts().plain(f"standing.{stands}"),
        href=f"/meldinger/ut/{following.name_of(row)}",
    )  # fmt: skip


def _kind(type_: str) -> str:
    """Return a message type as people read it."""
    known = dialogmelding.USES.get(type_) or fagdokument.DOCUMENTS.get(type_) or pleieomsorg.KINDS.get(type_)
    if known:
        return known.name
    words = {"APPREC": "unfiled.receipt", concern.TYPE: "unfiled.concern"}
    return texts().plain(words[type_]) if type_ in words else type_


def _number(her_id: int) -> str:
    """Return an address we have no name for."""
    return f"HER-id {her_id}" if her_id else ""
