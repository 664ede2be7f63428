"""To whom a message of care is to go unless its writer says otherwise, and why: said in words beside the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from akson.base.web.forms import Choices
from akson.base.web.messages import texts
from akson.base.work import Work
from akson.exchange import addresses
from akson.exchange.addresses import Address
from akson.patient.chart import Chart
from akson.patient.reading import display, reference
from akson.record.session import Within
from akson.record.stored import Stored
from akson.workplace import writing
from akson.workplace.reports.content import GP, HOSPITAL, Kind


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Whom one can write to.

    usual   who is chosen at first, "" for nobody; why: in words, also why nobody is
    unable  names of those who say that they do not take such messages
    """

    choices: Choices
    usual: str = ""
    why: str = ""
    unable: tuple[str, ...] = ()


async def receivers(work: Work, kind: Kind, chart: Chart, stay: Stored | None) -> Receivers:
    """Return whom a message of this kind can go to, with the right one first chosen; three statements at most.

    stay   the stay at hospital that it belongs to, if any
    """
    able, unable = await addresses.takers(Within(work), kind.type)
    found = Receivers(choices=tuple((str(one.her_id), one.name) for one in able))
    if kind.to == HOSPITAL:
        found = _hospital(found, able, chart["Communication"], stay)
    elif kind.to == GP:
        found = await _doctor(work, found, able, chart["Patient"][0].resource)
    found = found if found.why else _last(found, chart["Communication"], kind)
    return replace(found, unable=tuple(one.name for one in unable))


def _hospital(found: Receivers, able: Sequence[Address], messages: Sequence[Stored], stay: Stored | None) -> Receivers:
    """Return the hospital where the patient is: who there wrote of the stay, else any of its addresses."""
    if stay is None:
        return found
    of_it = [one for one in messages if reference(one.resource.get("encounter")) == stay.reference]
    number = (stay.resource.get("serviceProvider") or {}).get("identifier")
    there = tuple(
        pair for pair in found.choices if pair[0] in {str(one.her_id) for one in able if number in one.numbers}
    )
    usual = writing.usual(there, of_it, ()) or next((her_id for her_id, _ in there), "")
    return _chosen(found, usual, "hospital", display(stay.resource.get("serviceProvider")))


async def _doctor(work: Work, found: Receivers, able: Sequence[Address], patient: Mapping[str, Any]) -> Receivers:
    """Return the GP's office; a GP who works in the same record needs no message to read what stands in it."""
    named = [reference(one) for one in patient.get("generalPractitioner", ())]
    office = next((one for one in able if one.unit_id and one.unit_id in named), None)
    if office:
        return _chosen(found, str(office.her_id), "gp", office.name)
    here = await addresses.shared(Within(work), named)
    why = texts().plain("reports.why_gp_here", name=here[0]) if here else ""
    return Receivers(choices=found.choices, why=why)


def _last(found: Receivers, messages: Sequence[Stored], kind: Kind) -> Receivers:
    """Return who last wrote or was written to about the patient."""
    usual = writing.usual(found.choices, messages, ())
    if kind.to == HOSPITAL and not usual:
        return Receivers(choices=found.choices, why=texts().plain("reports.why_no_stay"))
    return _chosen(found, usual, "last", dict(found.choices).get(usual, ""))


def _chosen(found: Receivers, usual: str, why: str, name: str) -> Receivers:
    if not usual:
        return found
    return Receivers(choices=found.choices, usual=usual, why=texts().plain(f"reports.why_{why}", name=name))
