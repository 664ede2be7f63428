"""The discharge board at /utskrivning, and the admission report to the hospital with what the record knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses, sending, stays
from akson.exchange.filing import MESSAGE_TYPE
from akson.patient.chart import open_chart
from akson.patient.reading import reference, stands
from akson.record import journal, worklist
from akson.record.search.searching import search
from akson.record.session import Within, undo
from akson.record.stored import Stored
from akson.workplace import messages, writing
from akson.workplace.discharge import board

SCREENS = Screens(__name__)
MOST: Final = "200"
_REPORT: Final = "INNLEGGELSESRAPPORT"
_TOLD: Final = {"Condition": 50, "AllergyIntolerance": 50, "MedicationStatement": 100}


@SCREENS.screen("/utskrivning", needs=Permission.WRITE_MESSAGES, title="discharge.title", methods=("GET",),
                menu=Menu(text="discharge.title", icon="swap", order=4, keys="g u"))  # fmt: skip
async def discharges(work: Work, visit: Visit) -> Page:
    """Show those whom a hospital has told our unit of: how far each has come, what is missing, who has it."""
    kind = stays.TAKE_HOME["coding"][0]
    orders = await _found(
        work, "ServiceRequest", ("performer", work.actor.unit_id), ("code", f"{kind['system']}|{kind['code']}"),
        ("status", "active"), ("_sort", "-authored"),
    )  # fmt: skip
    named = [reference(one.resource.get(name)) for one in orders for name in ("encounter", "subject")]
    within = ("encounter", ",".join(dict.fromkeys(name for name in named if name.startswith("Encounter/"))))
    held = board.Gathered(
        orders=orders, beside=await journal.read_many(work, list(dict.fromkeys(named))),
        messages=await _found(work, "Communication", within) if orders else [],
        tasks=await _found(work, "Task", within, ("status", ",".join(worklist.OPEN))) if orders else [],
    )  # fmt: skip
    return Page("utskrivning.html", groups=board.present(held, work.actor, work.now), more=len(orders) >= int(MOST))


@SCREENS.screen("/p/{patient}/innleggelsesrapport", needs=Permission.WRITE_MESSAGES, title="discharge.report")
async def report(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Write the report that follows a patient to hospital: our words, and what the record knows; seen, then sent."""
    chart = await open_chart(work, patient, _TOLD | {"Encounter": 20, "Communication": 50}, page="innleggelsesrapport")
    partners = tuple((str(her_id), name) for her_id, name in await addresses.partners(Within(work)))
    stay = next((one for one in chart["Encounter"] if one.id == visit.query.get("opphold", "")), None)
    asked, do, draft = _form(partners), visit.form.get("do", ""), None
    filled = asked.read(visit.form) if visit.sent else _blank(asked, partners, chart["Communication"], stay)
    if filled.valid and do != "edit":
        told = [one for name in _TOLD for one in chart[name] if stands(one.resource)]
        try:
            written, receiver = _communication(filled, patient, stay, told), int(str(filled.values["mottaker"]))
            if do == "send":
                return await messages.sent(work, patient, written, receiver)
            draft = writing.draft(await sending.preview(work, written, to=receiver))
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    address = f"/p/{patient}/innleggelsesrapport" + (f"?opphold={stay.id}" if stay else "")
    wrong = visit.sent and draft is None and do != "edit"
    return Page("rapport.html", status=422 if wrong else 200, patient=chart.banner, form=filled, draft=draft,
                action=address, back="/utskrivning", stopped=await _stopped(work, partners))  # fmt: skip


async def _found(work: Work, type_: str, *pairs: tuple[str, str]) -> list[Stored]:
    return (await search(work, type_, [*pairs, ("_count", MOST)])).hits


def _form(partners: Choices) -> Form:
    return Form(
        Choice(name="mottaker", label="cooperation.receiver", choices=partners, drawn="select"),
        LongText(name="tekst", label="discharge.words", help="discharge.words_help", rows=8, longest=20_000),
    )


def _blank(asked: Form, partners: Choices, messages: Sequence[Stored], stay: Stored | None) -> Filled:
    """Return the form as first shown: to whoever at the hospital has told of the stay."""
    of_it = [one for one in messages if stay and reference(one.resource.get("encounter")) == stay.reference]
    return asked.blank(mottaker=writing.usual(partners, of_it, ()) or None)


def _communication(filled: Filled, patient: str, stay: Stored | None, told: list[Stored]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Communication", "subject": {"reference": f"Patient/{patient}"},
        "category": [{"coding": [{"system": MESSAGE_TYPE, "code": _REPORT, "display": "Innleggelsesrapport"}]}],
        "topic": {"text": "Innleggelsesrapport"}, "about": [{"reference": one.reference} for one in told],
        "payload": [{"contentString": str(filled.values["tekst"])}],
    }  # fmt: skip
    return made | ({"encounter": {"reference": stay.reference}} if stay else {})


async def _stopped(work: Work, partners: Choices) -> str:
    """Return why nobody can be written to from here, or ""."""
    if not partners:
        return texts().plain("cooperation.nobody")
    unit = await addresses.of_unit(Within(work), work.actor.unit)
    return "" if unit else Refused("AK-X004", unit=work.actor.unit_name).text
