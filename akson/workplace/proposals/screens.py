"""What one message proposes, at /p/{patient}/forslag/{message}: chosen, and taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from akson.access.roles import Permission, may_write
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import taking
from akson.patient import content
from akson.patient.chart import open_chart
from akson.patient.reading import reference, words
from akson.record import journal
from akson.record.session import undo
from akson.workplace import messages

SCREENS = Screens(__name__)
_CODES: Final = {"Condition": "code", "AllergyIntolerance": "code", "Observation": "code",
                 "MedicationStatement": "medicationCodeableConcept"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One draft.

    kind: "Diagnose"; more: dose, score, since when; writable: the reader's role can take it in;
    lacks: what such an entry should hold and this does not say, in words.
    """

    id: str
    kind: str
    name: str
    more: str
    writable: bool
    lacks: str


@SCREENS.screen("/p/{patient}/forslag/{message}", needs=Permission.WRITE_MESSAGES, title="proposals.title",
                under="/p/{patient}/samhandling")  # fmt: skip
async def proposals(work: Work, visit: Visit, patient: str, message: str) -> Page | Go:
    """Show what a message would add to the record; take in what was chosen, and leave out the rest."""
    chart = await open_chart(work, patient, page="forslag")
    stored = await messages.find(work, patient, message)
    named = [reference(each) for each in stored.resource.get("about", ())]
    lists = await journal.read_many(work, [name for name in named if name.startswith("List/")])
    proposed = next(iter(lists.values()), None)
    if proposed is None:
        raise Refused("AK-J001")
    fault, back = "", f"/p/{patient}/samhandling?melding={message}"
    if visit.sent:
        try:
            await taking.decide(work, proposed, visit.every("ta"), version=sent.version(visit.form.get("version", "")))
        except Refused as refused:
            await undo(work)
            fault = refused.text
        else:
            return Go(back, said="proposals.said")
    waiting = taking.waiting(proposed.resource)
    shown = tuple(_shown(each, taking.vouched(each, proposed, work.now), work.actor.role) for each in waiting)
    return Page("forslag.html", status=422 if fault else 200, patient=chart.banner, proposals=shown, fault=fault,
                head=str(proposed.resource.get("title", "")), version=proposed.version, back=back,
                action=f"/p/{patient}/forslag/{message}", chosen=tuple(visit.every("ta")),
                mine=any(each.writable for each in shown))  # fmt: skip


def _shown(draft: Mapping[str, Any], entry: Mapping[str, Any], role: str) -> Proposal:
    """Return a draft as it is shown. entry: what it would be in the record."""
    type_ = draft["resourceType"]
    return Proposal(
        id=draft["id"], kind=texts().plain(f"proposals.{type_}"), name=words(draft.get(_CODES[type_])),
        more=_more(draft), writable=may_write(role, type_), lacks=content.told(entry),
    )  # fmt: skip


def _more(draft: Mapping[str, Any]) -> str:
    """Return what else a draft says: its dose, its value, its notes."""
    told = [each.get("text", "") for name in ("dosage", "note") for each in draft.get(name, ())]
    return ", ".join(filter(None, [words(draft.get("valueCodeableConcept")), *told]))
