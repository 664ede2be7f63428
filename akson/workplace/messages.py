"""One patient's messages, read from the journal and the exchange, and one of them as a page shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from akson.access.roles import Permission, has
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web.forms import Choices
from akson.base.web.messages import texts
from akson.base.work import Work
from akson.exchange import addresses, outcomes, referring, taking
from akson.exchange.filing import MALWARE, NAMED_TYPE, TEST_DATA, message_type
from akson.exchange.undoing import is_taken_back
from akson.patient.chart import Chart
from akson.patient.reading import Resource, display, named, reference, words
from akson.record import journal
from akson.record.deciding import asked, facts_for
from akson.record.session import Within
from akson.record.stored import Stored
from akson.workplace import course, inbox, invited, letters, repeated, writing
from akson.workplace.course import Mail
from akson.workplace.model import Message, Ref
from akson.workplace.words import inside

MOST: Final = 200  # messages of one patient
_NAMED: Final = 5  # of those who do not take a message
WANTED: Final[Mapping[str, int]] = {"Communication": MOST, "Task": 300}


async def opens(work: Work, owner: int) -> bool:
    """Say whether the record is open to the actor, whom some of it may be shown anyway."""
    facts = (await facts_for(work, [owner])).get(owner)
    return facts is not None and asked(work, facts, None, Act.READ).permit


async def mail_of(work: Work, chart: Chart, also: Stored | None = None) -> Mail:
    """Return what is known of a patient's messages.

    chart  WANTED of one patient, just read
    also   a message that may be older than what the chart holds
    """
    found = list(chart["Communication"])
    if also and also.id not in {each.id for each in found}:
        found.append(also)
    return await followed(work, chart.identity.owner, found, chart["Task"])


async def followed(work: Work, owner: int, found: list[Stored], tasks: list[Stored]) -> Mail:
    """Return messages just read, with where those that were sent stand and who answers for them."""
    standings = {each.communication: each for each in await outcomes.standing(work, owner, [one.id for one in found])}
    senders = {each.responsible for each in standings.values() if each.responsible.startswith("Practitioner/")}
    people = await journal.read_many(work, sorted(senders - {work.actor.id}))
    return Mail(
        actor=work.actor, now=work.now, messages=found, standings=standings, tasks=tasks,
        names={name: named(person.resource) for name, person in people.items()},
    )  # fmt: skip


async def find(work: Work, patient: str, communication: str) -> Stored:
    """Return one message of this patient. Raises Refused AK-J001 when there is none."""
    message = await journal.read(work, "Communication", communication)
    if patient_of(message) != patient:
        raise Refused("AK-J001")
    return message


def patient_of(message: Stored) -> str:
    """Return the id of the Patient a message is about, or ""."""
    kind, _, id_ = reference(message.resource.get("subject")).partition("/")
    return id_ if kind == "Patient" else ""


async def shown(work: Work, mail: Mail, message: Stored, *, root: str) -> Message:
    """Return a message as it is shown beside the list; two statements, and three more where it repeats another.

    root  "/p/<id>" of its patient
    """
    resource, ours, task = message.resource, course.is_ours(mail, message), own_task(mail, message)
    about = [reference(each) for each in resource.get("about", ()) if "/" in reference(each)]
    beside = await journal.read_many(work, about)
    pointers = [inbox.pointer(hit, root, work.now) for hit in beside.values()]
    pointers += [_of_order(hit) for hit in beside.values() if hit.type == "ServiceRequest"] if ours else []
    pointers += [_proposed(hit, f"{root}/forslag/{message.id}") for hit in beside.values() if hit.type == "List"]
    page = f"{root}/samhandling"
    if letters.can_go_on(resource) and not ours and root and has(work.actor.role, Permission.REFER):
        t, href = texts().plain, f"{page}/{message.id}/videre"
        pointers.append(Ref(head=t("referring.forward"), text=t("referring.forward_text"), href=href))
    reminds = mail.find(course.first(resource).partition("/")[2])
    if reminds:
        head = texts().plain("cooperation.reminds")
        pointers.append(Ref(head=head, text=title(reminds.resource), href=f"{page}?melding={reminds.id}#valgt"))
    if root and not ours:
        pointers.extend(inbox.statement_for(resource, message.id, mail.actor, root))
        pointers.extend(inbox.death_in(resource, message.id, mail.actor, root))
    answers = course.can_be_answered(resource) and not ours and has(work.actor.role, Permission.WRITE_MESSAGES)
    answers = answers and not course.ended(mail, message)
    said = [*_said(resource), *(letters.along(beside.values()) if ours else ())]
    standing = mail.standings.get(message.id)
    waits = standing is not None and standing.state in course.ON_ITS_WAY
    mine = standing is not None and standing.responsible == mail.actor.id
    drawn = Message(
        title=title(resource), text="\n\n".join(said), steps=course.steps(mail, message),
        repeated=await repeated.since_last(work, message, root),
        refs=(*_files(message, page), *(each for each in pointers if each)), escalation=course.what_if(mail, message),
        reply_to=inside(resource.get("sender")) if answers else "", queue=False, sent=ours,
        action=f"{page}?melding={message.id}" if answers or task else "", version=task.version if task else 0,
        refresh=f"{page}/tilstand?melding={message.id}" if waits else "",
        undo=f"{page}?melding={message.id}" if root and standing and standing.untried and mine else "",
        again=_again(message, page),
    )  # fmt: skip
    return drawn if ours else invited.shown(drawn, resource)


def _again(message: Stored, page: str) -> str:
    """Return where what was taken back is written anew, or ""."""
    if not is_taken_back(message.resource):
        return ""
    name = "ny" if writing.is_dialog(message.resource) else letters.PAGES.get(message_type(message.resource), "")
    return f"{page}/{name}?angret={message.id}" if name else ""


def _of_order(hit: Stored) -> Ref | None:
    """Return what its receiver has said of what we asked for."""
    said = next((one for one in hit.resource.get("extension", ()) if one["url"] == referring.STATUS), None)
    text = referring.in_words(said["valueCodeableConcept"]) if said else ""
    return Ref(head=texts().plain("referring.order"), text=text, href="") if said else None


def own_task(mail: Mail, message: Stored) -> Stored | None:
    """Return the open task of a message, when it is the reader's or the reader's unit's to finish."""
    task = mail.open_task(message)
    mine = task and reference(task.resource.get("owner")) in (mail.actor.id, mail.actor.unit_id)
    return task if mine else None


def title(message: Resource) -> str:
    """Return what a message is about; a test says so itself."""
    told = words(message.get("topic")) or texts().plain("cooperation.message")
    test = TEST_DATA in (message.get("meta") or {}).get("tag", ())
    return texts().plain("cooperation.test", title=told) if test else told


def kind(message: Resource) -> str:
    """Return which sort of message it is: "Helsefaglig dialog"."""
    return words(next(iter(message.get("category") or ()), None)) or texts().plain("cooperation.message")


def _proposed(hit: Stored, page: str) -> Ref | None:
    """Return a pointer to what a message proposes, while something of it waits."""
    count = len(taking.waiting(hit.resource))
    told = texts().plain("proposals.waiting", count=count)
    return Ref(head=texts().plain("proposals.head"), text=told, href=page) if count else None


def _said(message: Resource) -> Iterator[str]:
    """Yield what a message says: its text, whom to ask, and files that were only pointed to."""
    yield letters.text_of(message)
    contacts = [note["text"] for note in message.get("note", ()) if note.get("text")]
    if contacts:
        yield texts().plain("cooperation.contacts", who="; ".join(contacts))
    for part in course.parts(message):
        carried = part.get("contentAttachment") or {}
        if carried.get("url") and "data" not in carried:
            yield texts().plain("cooperation.linked", title=carried.get("title", ""), url=carried["url"])
        if name := _mark(carried, MALWARE):
            yield texts().plain("cooperation.malware", title=carried.get("title", ""), name=name)


def _files(message: Stored, page: str) -> Iterator[Ref]:
    """Yield a pointer to each file that came with a message."""
    head = texts().plain("cooperation.file")
    for number, part in enumerate(course.parts(message.resource)):
        carried: dict[str, Any] = part.get("contentAttachment") or {}
        if "data" in carried or "contentReference" in part:
            name = carried.get("title") or display(part.get("contentReference")) or str(number + 1)
            yield Ref(head=head, text=_marked(carried, name), href=f"{page}/{message.id}/vedlegg/{number}")


def _mark(carried: Resource, url: str) -> str:
    """Return what a mark on a file says; "" where there is none."""
    return str(next((one.get("valueString") for one in carried.get("extension", ()) if one.get("url") == url), ""))


def _marked(carried: Resource, name: str) -> str:
    """Return what a file is called, and whether it is not what its sender says."""
    named = _mark(carried, NAMED_TYPE)
    return texts().plain("cooperation.unlike", name=name, named=named) if named else name


def untaken(names: Sequence[str]) -> str:
    """Return who is not offered, because they say that they do not take such messages; "" for nobody."""
    told, more = ", ".join(names[:_NAMED]), len(names) - _NAMED
    told = texts().plain("cooperation.untaken_more", names=told, count=more) if more > 0 else told
    return texts().plain("cooperation.untaken", names=told) if names else ""


async def stopped(work: Work, partners: Choices, unable: Sequence[str] = ()) -> str:
    """Return why nobody can be written to from here, or "". unable: those who do not take such messages."""
    if not partners:
        return texts().plain("cooperation.none_take" if unable else "cooperation.nobody")
    unit = await addresses.of_unit(Within(work), work.actor.unit)
    return "" if unit else Refused("AK-X004", unit=work.actor.unit_name).text
