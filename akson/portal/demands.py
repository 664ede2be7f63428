"""Demanding that an entry be corrected or erased, as the citizen's pages tell it: what to choose from, and the form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from akson.access.rights import ANSWERED_WITHIN
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Work
from akson.patient import demands
from akson.patient.cases import Case
from akson.patient.reading import display
from akson.portal import cases, model
from akson.portal.opening import Opened
from akson.portal.plain import and_, sentence
from akson.record import journal
from akson.record.cases import CORRECT, ERASE, MOST_WORDS
from akson.record.stored import Stored

Resource = Mapping[str, Any]
PAGE: Final = "/min/journal/retting"
_SORTS: Final = (CORRECT, ERASE)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
# What can be chosen, by the heading it stands under; each as Min journal shows it.
_OFFERED: Final = {
    "demands.written": ("DocumentReference",), "my_record.problems": ("Condition", "AllergyIntolerance"),
    "my_record.medicines": ("MedicationStatement", "MedicationRequest"), "demands.measured": ("Observation",),
    "my_record.plan": ("CarePlan",), "my_record.vaccines": ("Immunization",),
}  # fmt: skip
WANTED: Final = {"Task": 200} | {kind: 100 for kinds in _OFFERED.values() for kind in kinds}
FORM: Final = Form(
    Choice(
        name="onske",
        label="demands.which",
        choices=lambda: tuple((one, texts().plain(f"demands.{one}")) for one in _SORTS),
    ),
    LongText(name="ord", label="demands.words", help="demands.words_help", longest=MOST_WORDS, rows=5),
)


def open_about(opened: Opened) -> dict[str, Case]:
    """Return the cases about an entry that wait for an answer, by the entry."""
    return {one.item: one for one in cases.of(opened) if one.item and not one.closed}


def href(opened: Opened, item: str) -> str:
    """Return where one demands something of an entry; "" for who does not decide for the person."""
    return opened.href(PAGE, hva=item) if opened.decides else ""


def marked(opened: Opened, letter: model.Letter, item: str, waiting: Mapping[str, Case]) -> model.Letter:
    """Return the letter with where one demands something of it, or that somebody has."""
    if (case := waiting.get(item)) is None:
        return replace(letter, ask_href=href(opened, item))
    return replace(letter, asked=texts().plain(f"demands.waits_{case.sort}"), asked_href=cases.href(opened, case))


def offered(opened: Opened) -> Iterator[model.Offer]:
    """Yield what can be chosen, under its heading, the newest first."""
    for head, kinds in _OFFERED.items():
        entries = [one for kind in kinds for one in opened[kind] if one.get("status") != "entered-in-error"]
        entries.sort(key=lambda one: demands.dated(one) or _LONG_AGO, reverse=True)
        if rows := [row for one in entries if (row := entry(one, opened.href(PAGE, hva=_reference(one)))).title]:
            yield model.Offer(head=texts().plain(head), entries=tuple(rows))


async def find(work: Work, opened: Opened, item: str) -> Stored:
    """Return the entry. Raises Refused AK-J001, the same whether there is none, it is hidden, or it is another's."""
    found = (await journal.read_many(work, [item])).get(item)
    if found is None or found.owner != opened.identity.owner or found.type not in WANTED or found.type == "Task":
        raise Refused("AK-J001")
    return found


def demanding(opened: Opened, found: Stored, now: datetime, hidden: tuple[tuple[str, str], ...]) -> model.Demanding:
    """Return the page with the form."""
    return model.Demanding(
        about=entry(found.resource, ""), by=full_date(local(now + ANSWERED_WITHIN).date()), action=PAGE,
        back=opened.href("/min/journal"), hidden=hidden,
    )  # fmt: skip


async def demand(work: Work, opened: Opened, found: Stored, form: Filled) -> None:
    """Send what was filled in; see patient/demands.py."""
    person = {"reference": f"Patient/{opened.identity.id}", "display": opened.name}
    await demands.demand(work, person, str(form.values["onske"]), item=found.reference, words=str(form.values["ord"]))


async def named(work: Work, asked: Sequence[Case]) -> dict[str, str]:
    """Return what the entries that cases are about are called, by case; one statement, none when there are no such.

    Of an entry that is gone, or that the citizen no longer sees, it says no more than that.
    """
    about = [one for one in asked if one.item]
    found = await journal.read_many(work, [one.item for one in about]) if about else {}
    gone = texts().plain("demands.gone")
    return {one.item: demands.titled(found[one.item].resource) if one.item in found else gone for one in about}


def entry(resource: Resource, link: str) -> model.Entry:
    """Return one entry in a row: what it is, who wrote it and when."""
    given = [resource.get(name) or () for name in ("author", "recorder", "informationSource")]
    by = [display(one) for some in given for one in (some if isinstance(some, list) else [some]) if one]
    return model.Entry(
        title=demands.called(resource), text=sentence(demands.day_of(resource), and_(filter(None, by))), href=link
    )


def _reference(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
