"""Asking a colleague without telling whom it is about: written, seen as the colleague will, sent, answered, filed.

The question stands in nobody's record, and nothing in it leads to one. The record knows of it: what was asked, of whom,
and in the end the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from akson.access.asking import Act, Ask
from akson.access.blocking import objects
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Confirm, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Actor, Kind, Purpose, Work
from akson.patient.chart import Chart, local, open_chart
from akson.patient.reading import named, reference
from akson.record import journal, unnamed, worklist
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.record.worklist import FOR_INFORMATION
from akson.workplace import drafting, handling, nameless, overview
from akson.workplace.writing import Draft

SCREENS = Screens(__name__)
Resource = dict[str, Any]
FACTS: Final = ("diagnoser", "legemidler", "allergier", "malinger")
_MOST: Final = "200"
_LONGEST: Final = 4000
_WANTED: Final = {name: overview.WANTED[name] for name in ("Condition", "MedicationStatement", "Observation:vitals")}
_MARKED: Final = {name: overview.MARKED[name] for name in _WANTED}


def form(choices: Choices) -> Form:
    """Ask whom to ask, what, and which parts of the record to tell."""
    return Form(
        Choice(name="mottaker", label="cooperation.receiver", choices=choices, drawn="select"),
        LongText(name="tekst", label="nameless.question", help="nameless.help", rows=6, longest=_LONGEST),
        *(Confirm(name=name, label=f"nameless.{name}", required=False) for name in FACTS),
    )


@SCREENS.screen("/p/{patient}/samhandling/uten-navn", needs=Permission.WRITE_MESSAGES, title="nameless.title")
async def ask(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Ask a colleague or a unit without telling whom it is about: first shown as they will read it, then sent."""
    chart = await open_chart(work, patient, _WANTED, marked=_MARKED, page="samhandling")
    choices, root = await _colleagues(work), f"/p/{patient}/samhandling"
    asked = form(choices)
    filled = asked.read(visit.form) if visit.sent else asked.blank()
    taken = await drafting.step(work, visit, filled, partial(_written, work, chart, dict(choices)))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    return Page("samhandling_ny.html", status=drafting.status(filled), patient=chart.banner,
                form=filled, draft=draft, action=f"{root}/uten-navn", back=root,
                stopped="" if choices else texts().plain("nameless.nobody"))  # fmt: skip


async def _written(work: Work, chart: Chart, choices: Mapping[str, str], filled: Filled, *, send: bool) -> Draft | Go:
    chosen = str(filled.values["mottaker"])
    to = {"reference": chosen, "display": choices[chosen]}
    text = _checked(work, chart, filled, chosen)
    if not send:
        return _draft(work, text, to)
    message = await ask_them(work, chart, text, to)
    return Go(f"/p/{chart.identity.id}/samhandling?melding={message.id}", said="nameless.sent")


async def ask_them(work: Work, chart: Chart, text: str, to: Resource) -> Stored:
    """Send a question that has been checked.

    Leaves  Task in nobody's record for those who are asked; in the record the Communication that says so, and a Task
            that waits for the answer
    """
    now, me = local(work.now).isoformat(), {"reference": work.actor.id, "display": work.actor.name}
    person = {"reference": f"Patient/{chart.identity.id}"}
    unit = to["reference"] if to["reference"].startswith("Organization/") else work.actor.unit_id  # a colleague is here
    unnamed.by_page(work)
    asked = await journal.create(work, nameless.question(text, me, to, [_id(work.actor.unit_id), _id(unit)], now))
    message = await journal.create(work, {
        "resourceType": "Communication", "status": "completed", "subject": person, "sender": me, "recipient": [to],
        "category": [{"coding": [{"system": worklist.TASK, "code": worklist.NAMELESS}]}],
        "topic": {"text": texts().plain("nameless.topic")}, "sent": now, "payload": [{"contentString": text}],
    })  # fmt: skip
    await journal.create(work, nameless.waiting(asked, message, person, me, to, now))
    work.saw(chart.identity.owner, "page uten-navn", basis=texts().plain("nameless.basis"))
    return message


async def answer(work: Work, asked: Stored, version: int, text: str) -> Stored:
    """Answer a question; it goes back to who asked.

    The text is not read for whom it is about: who answers does not know, and a refusal would tell them.

    Raises  Refused AK-X001 no text, AK-X019 nobody waits, and as handling.take
    """
    if not text.strip():
        raise Refused("AK-X001", path="svar")
    if not nameless.is_unanswered(asked.resource):
        raise Refused("AK-X019", path="svar")
    unnamed.by_page(work)
    said = {"type": {"text": texts().plain("nameless.answered")}, "valueString": text.strip()}
    by = {
        "type": {"text": texts().plain("nameless.by")},
        "valueReference": {"reference": work.actor.id, "display": work.actor.name},
    }
    task = asked.resource | {"status": "received", "owner": asked.resource["requester"], "output": [said, by],
                             "lastModified": local(work.now).isoformat()}  # fmt: skip
    return await journal.update(work, task, id_=asked.id, if_match=version)


async def withdraw(work: Work, task: Stored, version: int) -> Stored:
    """Take a question back that nobody has answered; task: the question, or what waits in the record for its answer.

    Raises  Refused AK-X019 it is answered or taken back, AK-A001 another asked, AK-J003 changed meanwhile
    Leaves  both cancelled
    """
    name = nameless.asked_of(task.resource)
    asked = await journal.read(work, *name.split("/", 1)) if name else task
    if not nameless.is_unanswered(asked.resource):
        raise Refused("AK-X019")
    if reference(asked.resource.get("requester")) != work.actor.id:
        raise Refused("AK-A001")
    waiting = await _waiting_for(work, asked)
    unnamed.by_page(work)
    for one in (asked, *waiting):
        await handling.cancel(work, one, version if one.id == task.id else one.version)
    return asked


async def _waiting_for(work: Work, asked: Stored) -> list[Stored]:
    """Return what waits in the record for the answer to a question of the actor's; one statement, or two."""
    found = (await search(work, "Task", [("identifier", f"{nameless.LINK}|{asked.reference}")])).hits
    if found:
        return found
    # asked before the upgrade, it is named by an extension (see nameless.asked_of), and no search knows that one
    mine = [("requester", work.actor.id), ("code", FOR_INFORMATION), ("status", ",".join(worklist.OPEN))]
    hits = (await search(work, "Task", [*mine, ("_count", _MOST)])).hits
    return [one for one in hits if nameless.asked_of(one.resource) == asked.reference]


async def finish(work: Work, task: Stored, version: int) -> Stored:
    """Say that a task is done; one that waits for such an answer takes it into the record first.

    Raises  Refused AK-X016 there is none yet; AK-X001 it is a question, and who asked waits; and as handling.finish
    Leaves  the answer as a Communication in the record, where it was waited for
    """
    if nameless.is_question(task.resource) and not task.resource.get("output"):
        raise Refused("AK-X001", path="svar")
    unnamed.by_page(work)
    if name := nameless.asked_of(task.resource):
        await _file(work, task, await journal.read(work, *name.split("/", 1)))
    return await handling.finish(work, task, version)


async def _file(work: Work, task: Stored, asked: Stored) -> None:
    parts = asked.resource.get("output", ())
    if asked.resource["status"] in ("completed", "cancelled") and not parts:
        return  # taken back, or closed by a program without an answer: nothing more will come
    if not nameless.is_question(asked.resource) or not nameless.said(parts):
        raise Refused("AK-X016")
    by = next((one["valueReference"] for one in parts if "valueReference" in one), asked.resource["requester"])
    now = local(work.now).isoformat()
    await journal.create(work, {
        "resourceType": "Communication", "status": "completed", "subject": task.resource["for"], "sender": by,
        "recipient": [task.resource["requester"]], "inResponseTo": [task.resource["focus"]],
        "topic": {"text": texts().plain("nameless.answer_topic")}, "sent": asked.resource["lastModified"],
        "received": now, "payload": [{"contentString": nameless.said(parts)}],
    })  # fmt: skip
    if asked.resource["status"] != "completed":
        await handling.finish(work, asked, asked.version)


def _checked(work: Work, chart: Chart, filled: Filled, to: str) -> str:
    """Return the question with what is told of the record. Raises Refused AK-X013, AK-X014, AK-X015."""
    _refuse_objection(work, chart, to)
    partial = [one for one in chart.facts.blocks if one.holds(work.now) and not one.whole]
    if any(filled.values.get(name) for name in FACTS) and any(b.written_by or b.labels or b.dated for b in partial):
        raise Refused("AK-X015")  # it cannot be told here which entries that closes
    closed = {name for one in partial for name in one.documents}
    who = nameless.somebody(chart.identity, local(work.now).date())
    told = [who, *nameless.facts_of(chart.parts, filled.values, work.now, closed), str(filled.values["tekst"])]
    text = "\n\n".join(told)
    found = nameless.traces(text, chart.identity, chart["Patient"][0].resource, work.office.ids.open)
    if found:
        what = ", ".join(texts().plain(f"nameless.trace_{one}") for one in found)
        raise Refused("AK-X013", path="tekst", what=what)
    return text


def _refuse_objection(work: Work, chart: Chart, to: str) -> None:
    """Refuse to ask whom the citizen has closed the record to, in whatever role that block names."""
    key = work.office.ids.open(_id(to)) or 0
    at_unit = to.startswith("Organization/")
    for role in {"", *(role for block in chart.facts.blocks for role in block.roles)}:
        reader = Actor(kind=Kind.STAFF, id=to, key=0 if at_unit else key, name="", role=role,
                       unit=key if at_unit else work.actor.unit, controller=work.actor.controller)  # fmt: skip
        if objects(Ask(reader, Purpose.TREATMENT, chart.facts, None, Act.READ, work.now)):
            raise Refused("AK-X014", path="mottaker")


def _draft(work: Work, text: str, to: Resource) -> Draft:
    who, *paragraphs = text.split("\n\n")
    sender = f"{work.actor.name}, {work.actor.unit_name}"
    return Draft(title=texts().plain("nameless.topic"), kind=texts().plain("nameless.kind"), sender=sender,
                 receiver=to["display"], patient=who, paragraphs=tuple(paragraphs))  # fmt: skip


async def _colleagues(work: Work) -> Choices:
    """Return the colleagues at the actor's unit, and the units beside it; three statements."""
    here = (await journal.read_many(work, [work.actor.unit_id])).get(work.actor.unit_id)
    above = reference(here.resource.get("partOf")) if here else ""
    beside = (
        (await search(work, "Organization", [("partof", above), ("_sort", "name"), ("_count", _MOST)])).hits
        if above
        else []
    )
    working = [("organization", work.actor.unit_id), ("active", "true"), ("_count", _MOST)]
    page = await search(work, "PractitionerRole", [*working, ("_include", "PractitionerRole:practitioner")])
    people = [(one.reference, named(one.resource)) for one in page.included if one.reference != work.actor.id]
    units = [
        (one.reference, str(one.resource.get("name", ""))) for one in beside if one.resource.get("active") is not False
    ]
    return (*sorted(people, key=lambda one: one[1]), *(one for one in units if one[0] != work.actor.unit_id))


def _id(name: str) -> str:
    return name.partition("/")[2]
