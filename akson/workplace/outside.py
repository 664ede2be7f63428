"""Writing to a school or PPT: only what whoever decides for the child has consented to, which is written down."""

from __future__ import annotations

from functools import partial
from typing import Final

from akson.access.children import GROWN
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Field, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses, consents
from akson.exchange.addresses import Address
from akson.patient.chart import Chart, local, open_chart
from akson.patient.reading import representative
from akson.record.represented import representing
from akson.record.session import Within
from akson.workplace import drafting, writing
from akson.workplace.writing import Draft

SCREENS = Screens(__name__)
STANDS: Final = "gjelder"  # the consent that stands already
_WANTED: Final = {"RelatedPerson": 50}
_DECIDE: Final = ("parent", "guardian")


def form(receivers: Choices, deciders: Choices) -> Form:
    """Ask whom to write to, who has consented to what, and the text."""
    return Form(
        Choice(name="mottaker", label="cooperation.receiver", choices=receivers, drawn="select"),
        Choice(name="samtykke", label="outside.consent", help="outside.consent_help", choices=deciders, drawn="select"),
        Field(name="hva", label="outside.what", help="outside.what_help", required=False),
        Field(name="emne", label="cooperation.about", longest=100),
        LongText(name="tekst", label="cooperation.text", help="outside.text_help", rows=8, longest=20_000),
    )


@SCREENS.screen("/p/{patient}/samhandling/skole", needs=Permission.WRITE_MESSAGES, title="outside.title")
async def write(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Write to a school or PPT: first shown as they will read it, then sent, with the consent written down."""
    chart = await open_chart(work, patient, _WANTED, page="samhandling")
    partners = await addresses.partners(Within(work), consented=True)
    receivers = tuple((str(her_id), name) for her_id, name in partners)
    asked, root = form(receivers, await _deciders(work, chart)), f"/p/{patient}/samhandling"
    usual = receivers[0][0] if len(receivers) == 1 else None
    filled = asked.read(visit.form) if visit.sent else asked.blank(mottaker=usual)
    taken = await drafting.step(work, visit, filled, partial(_written, work, chart))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    return Page("samhandling_ny.html", status=drafting.status(filled), patient=chart.banner,
                form=filled, draft=draft, action=f"{root}/skole", back=root,
                stopped="" if receivers else texts().plain("outside.nobody"))  # fmt: skip


async def _written(work: Work, chart: Chart, filled: Filled, *, send: bool) -> Draft | Go:
    patient, to = chart.identity.id, await _receiver(work, filled)
    standing = await _consent(work, filled, patient, to)
    letter = _letter(filled, patient)
    if send and not standing:
        await _write_down(work, chart, filled, to)
    return await drafting.letter(work, patient, letter, to.her_id, send=send)


async def _receiver(work: Work, filled: Filled) -> Address:
    her_id = int(str(filled.values["mottaker"]))
    return (await addresses.find(Within(work), [her_id]))[her_id]


async def _consent(work: Work, filled: Filled, patient: str, to: Address) -> bool:
    """Say whether the consent named stands already.

    Raises  Refused AK-X093 it does not, AK-X096 nobody has said what it is to
    """
    if filled.values["samtykke"] == STANDS:
        await consents.hold(work, patient, to)
        return True
    if not filled.values["hva"]:
        raise Refused("AK-X096", path="hva")
    return False


async def _write_down(work: Work, chart: Chart, filled: Filled, to: Address) -> None:
    by = str(filled.values["samtykke"])
    name = dict(await _deciders(work, chart))[by]
    await consents.write_down(work, chart.identity.id, to, by={"reference": by, "display": name},
                              what=str(filled.values["hva"]))  # fmt: skip


def _letter(filled: Filled, patient: str) -> dict[str, object]:
    return {
        "resourceType": "Communication", "subject": {"reference": f"Patient/{patient}"},
        "topic": writing.TOPICS[0].concept(str(filled.values["emne"])),
        "payload": [{"contentString": str(filled.values["tekst"])}],
    }  # fmt: skip


async def _deciders(work: Work, chart: Chart) -> Choices:
    """Return who can consent: from 16 the person alone, before that those who decide; and what stands already."""
    age = chart.identity.age(local(work.now).date())
    who, stands = chart.identity, (STANDS, texts().plain("outside.stands"))
    if age is None or age >= GROWN:
        return ((f"Patient/{who.id}", f"{who.given} {who.family}"), stands)
    acting = await representing(work, who.owner)
    others = tuple((hit.reference, representative(hit.resource)) for hit in chart["RelatedPerson"]
                   if (found := acting.get(hit.reference)) and found.kind in _DECIDE and not found.areas)  # fmt: skip
    return (*others, stands)
