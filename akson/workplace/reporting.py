"""Reporting a child to the barnevern, in one's own name: written, seen as the barnevern will read it, sent.

The page opens for all health personnel, whatever else of the record is closed to them: then it shows who the child is,
as a search does, and nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from akson.access.duty import PAGE_OF_CHART, PAGE_OF_NAME, PAGE_OF_SENT, by_whom
from akson.access.roles import ROLES, Permission, called
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Fault, Field, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.web.shell import Banner
from akson.base.work import Actor, Work
from akson.exchange import addresses, concern, concerning
from akson.exchange.addresses import Address
from akson.exchange.concern import Document, Person, Report, Reporter
from akson.patient import identity
from akson.patient.chart import local, open_chart
from akson.patient.identity import Identity
from akson.patient.reading import named
from akson.record import journal
from akson.record.deciding import asked, facts_for
from akson.record.session import Within
from akson.record.stored import Stored, marks_on
from akson.registers.identifiers import ORG_SYSTEM
from akson.workplace import drafting, messages
from akson.workplace.writing import Draft

SCREENS = Screens(__name__)
PAGE: Final = "/bekymring"  # where a child is reported who has no record here, see unrecorded.py
GROWN: Final = 18  # the barnevern is for children
GROUNDS: Final = ("care", "illness", "needs", "conduct", "trafficking")
_TOLD: Final = ("ja", "nei")
_LONGEST: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class Child:
    """Whom a report is about, as far as the writer may know. open: the record is open to them; carers: by name."""

    who: Identity
    banner: Banner | None
    carers: Sequence[str]


def _grounds() -> Choices:
    return tuple((one, texts().plain(f"concern.ground_{one}")) for one in GROUNDS)


def _told() -> Choices:
    return tuple((one, texts().plain(f"concern.told_{one}")) for one in _TOLD)


def form(receivers: Choices, *child: Field) -> Form:
    """Ask what the national format takes, and which ground of the law it is. child: who is asked about, if anybody."""
    return Form(
        *child,
        Choice(name="mottaker", label="cooperation.receiver", choices=receivers, drawn="select"),
        Choice(name="grunn", label="concern.ground", choices=_grounds),
        LongText(name="tekst", label="concern.worry", help="concern.worry_help", rows=4, longest=_LONGEST),
        LongText(name="historie", label="concern.story", help="concern.story_help", rows=6, longest=_LONGEST),
        LongText(name="syn", label="concern.views", rows=2, longest=_LONGEST, required=False),
        Choice(name="vet_barn", label="concern.child_told", help="concern.child_told_help", choices=_told),
        Field(name="hvorfor_barn", label="concern.why_child", required=False, longest=500),
        Field(name="foresatt", label="concern.carer", help="concern.carer_help"),
        Field(name="foresatt2", label="concern.carer2", required=False),
        Choice(name="vet_foresatte", label="concern.carers_told", help="concern.carers_told_help", choices=_told),
        Field(name="hvorfor_foresatte", label="concern.why_carers", required=False, longest=500),
        Field(name="tolk", label="concern.interpreter", required=False),
        Field(name="hjelpere", label="concern.helpers", required=False, longest=1000),
        Field(name="telefon", label="concern.phone", help="concern.phone_help", longest=30),
        Field(name="epost", label="concern.mail", longest=100),
    )  # fmt: skip


@SCREENS.screen("/p/{patient}/bekymring", needs=Permission.AT_WORK, title="concern.title")
async def report(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Write a report to the barnevern: first shown as they will read it, then sent."""
    if not visit.sent and "melding" in visit.query:
        return await _shown(work, visit.query["melding"], patient)
    child = await child_of(work, patient)
    receivers = tuple((str(her_id), name) for her_id, name in await addresses.barnevern(Within(work)))
    asks = form(receivers)
    filled = why_not_told(asks.read(visit.form)) if visit.sent else await blank(work, asks, receivers, child.carers)
    taken = await drafting.step(work, visit, filled, partial(shown_or_sent, work, child))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    root = f"/p/{patient}"
    return Page("bekymring.html", status=drafting.status(filled), patient=child.banner, message=None,
                who=child.who, age=child.who.age(local(work.now).date()), form=filled, draft=draft,
                action=f"{root}/bekymring", back=f"{root}/samhandling" if child.banner else root,
                stopped="" if receivers else texts().plain("concern.nobody"))  # fmt: skip


async def shown_or_sent(work: Work, child: Child, filled: Filled, *, send: bool) -> Draft | Go:
    who = child.who
    about = Person(name=f"{who.given} {who.family}", fnr=who.fnr, place=_place(who), told=True)
    written, to = await document(work, filled, about)
    return await _sent(work, written, child, to) if send else _draft(written, to, child)


async def _sent(work: Work, written: Document, child: Child, to: Address) -> Go:
    """Send a report, and go to where one sees how far it has come: this page, whose looks tell no parent of it."""
    made = await concerning.report(work, written, patient=child.who.id, to=to)
    return Go(f"/p/{child.who.id}/bekymring?melding={made.id}", said="concern.said_sent")


async def _shown(work: Work, wanted: str, patient: str) -> Page:
    """Show a report of the actor's own, or its answer, and where it is: in the log another page, never told of.

    Raises  Refused AK-J001 when it is none
    """
    message = await messages.find(work, patient, wanted)
    if by_whom(work.actor.id) not in marks_on(message.resource):
        raise Refused("AK-J001")
    child = await child_of(work, patient, sent=True)
    mail = await messages.followed(work, message.owner, [message], [])
    shown = replace(await messages.shown(work, mail, message, root=f"/p/{patient}"), undo="")
    return Page("bekymring.html", patient=child.banner, who=child.who, message=shown)


async def child_of(work: Work, patient: str, *, sent: bool = False) -> Child:
    """Return whom the report is about; what is closed to the writer is not read.

    sent    it is about a report that the actor has made
    Raises  Refused AK-J001 nobody the writer may be told of, AK-A040 no health personnel, AK-X095 no child
    """
    refuse_others(work)
    owner = (await journal.key_of(work, "Patient", patient))[0]
    facts = (await facts_for(work, [owner])).get(owner)
    if facts is not None and asked(work, facts, None, Act.READ).permit:
        chart = await open_chart(work, patient, page=PAGE_OF_SENT if sent else PAGE_OF_CHART)
        carers = [named(hit.resource) for hit in chart["RelatedPerson"] if _is_carer(hit)]
        return _grown_refused(work, Child(who=chart.identity, banner=chart.banner, carers=carers))
    who = await identity.minimal(work, patient)
    if who is None:
        raise Refused("AK-J001")
    work.saw(who.owner, f"page {PAGE_OF_SENT if sent else PAGE_OF_NAME}", basis=texts().plain("concern.basis"))
    return _grown_refused(work, Child(who=who, banner=None, carers=()))


def refuse_others(work: Work) -> None:
    """Refuse who is no health personnel: their duty is another, and the national portal takes it. Raises AK-A040."""
    if not is_for(work.actor):
        raise Refused("AK-A040")


def is_for(actor: Actor) -> bool:
    """Say whether somebody is health personnel at work, whose duty it is."""
    role = ROLES.get(actor.role)
    return role is not None and role.health


def _grown_refused(work: Work, child: Child) -> Child:
    age = child.who.age(local(work.now).date())
    if age is not None and age >= GROWN:
        raise Refused("AK-X095")
    return child


def _is_carer(hit: Stored) -> bool:
    """Say whether somebody has the care of a child, as far as the register says: its parents."""
    coded = {code.get("code") for one in hit.resource.get("relationship", ()) for code in one.get("coding", ())}
    return hit.resource.get("active") is not False and not coded.isdisjoint({"MTH", "FTH", "PRN", "MO", "FA", "GUARD"})


async def blank(work: Work, asks: Form, receivers: Choices, carers: Sequence[str] = ()) -> Filled:
    """Return the form with what is known: who reports, and who has the care."""
    me = (await journal.read_many(work, [work.actor.id])).get(work.actor.id)
    reached = {one.get("system"): one.get("value") for one in (me.resource if me else {}).get("telecom", ())}
    first, second = (*carers, "", "")[:2]
    return asks.blank(mottaker=receivers[0][0] if len(receivers) == 1 else None, foresatt=first, foresatt2=second,
                      telefon=reached.get("phone"), epost=reached.get("email"))  # fmt: skip


def why_not_told(filled: Filled) -> Filled:
    """Ask why a child or its parents are not told: the format wants it, and the law that one has thought of it."""
    for told, why in (("vet_barn", "hvorfor_barn"), ("vet_foresatte", "hvorfor_foresatte")):
        if filled.values.get(told) == "nei" and not filled.values.get(why):
            filled = filled.with_fault(Fault(sentence=Refused("AK-X094").text), why)
    return filled


async def document(work: Work, filled: Filled, child: Person) -> tuple[Document, Address]:
    """Return the report, and whom it is for. child: what is known of it; what it was told stands in the form.

    Raises  Refused AK-X003 and as concern.document, concerning.check
    """
    said = {name: str(value or "") for name, value in filled.values.items()}
    to = (await addresses.find(Within(work), [int(said["mottaker"])])).get(int(said["mottaker"]))
    if to is None or not to.fiks:
        raise Refused("AK-X003", path="mottaker", her_id=said["mottaker"])
    number, _, district = to.fiks.partition("/")
    ground = texts().plain("concern.by_law", ground=texts().plain(f"concern.ground_{said['grunn']}"))
    carers = [Person(name=name, told=said["vet_foresatte"] == "ja", why=said["hvorfor_foresatte"])
              for name in (said["foresatt"], said["foresatt2"]) if name]  # fmt: skip
    written = concern.document(Report(
        municipality=(number, (to.parent_name or to.name).removesuffix(" kommune")), district=district,
        reporter=await _reporter(work, said["telefon"], said["epost"]), carers=tuple(carers),
        child=replace(child, told=said["vet_barn"] == "ja", why=said["hvorfor_barn"]),
        worry=f"{said['tekst']}\n\n{ground}", story=said["historie"], views=said["syn"], interpreter=said["tolk"],
        helpers=said["hjelpere"], channel=work.actor.controller_name or work.actor.unit_name, sent=work.now,
    ))  # fmt: skip
    concerning.check(written)
    return written, to


def _place(who: Identity) -> str:
    return texts().plain("concern.protected") if who.protected else who.home


async def _reporter(work: Work, phone: str, mail: str) -> Reporter:
    """Return who reports, with the unit they work at."""
    unit = (await journal.read_many(work, [work.actor.unit_id])).get(work.actor.unit_id)
    told: dict[str, Any] = dict(unit.resource) if unit else {}
    numbers = (one["value"] for one in told.get("identifier", ()) if one.get("system") == ORG_SYSTEM)
    address: dict[str, Any] = (told.get("address") or [{}])[0]
    place = ", ".join(filter(None, [*address.get("line", ()), address.get("postalCode"), address.get("city")]))
    return Reporter(name=work.actor.name, role=called(work.actor.role), phone=phone, mail=mail,
                    unit=work.actor.unit_name, number=next(numbers, ""), place=place)  # fmt: skip


def _draft(written: Document, to: Address, child: Child) -> Draft:
    """Return the report as the barnevern reads it.

    Of a record that is closed to the writer, name and year of birth stand for who it is about: nothing is sent yet.
    """
    if child.banner is None:  # the record is closed to the writer
        born = child.who.born
        known = {"fnr": "", "adresse": {"adresselinje1": str(born.year) if born else ""}}
        written = written | {"offentligBarn": [written["offentligBarn"][0] | known]}
    return draft(written, to)


def draft(written: Document, to: Address) -> Draft:
    """Return a report as the barnevern reads it."""
    said = [f"{head}: {text}" for head, text in concern.in_words(written)]
    who = written["offentligMelder"]
    return Draft(title=texts().plain("concern.title"), kind=texts().plain("concern.kind"), sender=who["personnavn"],
                 receiver=", ".join(filter(None, (to.name, to.parent_name))),
                 patient=written["offentligBarn"][0]["personnavn"], paragraphs=tuple(said))  # fmt: skip
