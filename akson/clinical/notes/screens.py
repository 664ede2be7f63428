"""The screens of notes: the list, writing, signing, reading what is signed."""

from __future__ import annotations

from typing import Final

from starlette.responses import PlainTextResponse, Response

from akson.access.rights import disputed
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.clinical.notes import actions, desk, drafts, listing, signed
from akson.clinical.notes.desk import Desk
from akson.clinical.notes.form import KINDS
from akson.clinical.notes.note import codes_of, parted, text_of
from akson.patient.chart import open_chart
from akson.record import journal
from akson.record.session import undo
from akson.record.stored import Stored
from akson.record.writing import flush
from akson.registers import codes

SCREENS = Screens(__name__)
LIST: Final = "/p/{patient}/notater"
_FIRST: Final = 50  # notes in the list


@SCREENS.screen(LIST, needs=Permission.READ_CLINICAL, title="notes.title", methods=("GET",),
                menu=Menu(text="note.menu", icon="doc", order=3, keys="g n"))  # fmt: skip
async def notes(work: Work, visit: Visit, patient: str) -> Page:
    """List a patient's notes, newest first, and what one has begun in this record."""
    asked = visit.query.get("antall", "")
    count = min(int(asked), signed.MOST) if asked.isascii() and asked.isdigit() and int(asked) else _FIRST
    about = codes.icpc2().get(visit.query.get("kode", ""))
    scope = listing.scope_of(work.actor.role, visit.query.get("vis", ""))
    chart, hits = await listing.read(work, patient, scope, about, count)
    kept = [draft for draft in await drafts.of(work) if draft.owner == chart.identity.owner]
    view = signed.listing(hits, kept, f"/p/{patient}", count, work.now, about=about, scope=scope,
                          disputed=disputed(chart.facts))  # fmt: skip
    return Page("notater.html", view=view, patient=chart.banner)


@SCREENS.screen("/p/{patient}/notat/ny", needs=Permission.WRITE_NOTES, title="note.title", methods=("GET",))
async def new_note(work: Work, visit: Visit, patient: str) -> Go:
    """Begin a note: give it its address, which it keeps as a draft and when it is signed."""
    owner = work.office.ids.open(patient)
    if owner is None:
        owner = (await journal.read(work, "Patient", patient)).owner
    return Go(f"/p/{patient}/notat/{work.office.ids.mint(owner)}")


@SCREENS.screen("/p/{patient}/notat/{draft}", needs=Permission.READ_CLINICAL, title="note.title", under=LIST)
async def note(work: Work, visit: Visit, patient: str, draft: str) -> Page | Go:
    """Write a note, or read it when it is signed."""
    reference = f"DocumentReference/{draft}"
    if hit := (await journal.read_many(work, [reference])).get(reference):
        return await _signed(work, visit, patient, hit)
    here = await desk.sit_down(work, patient, draft)
    if visit.sent:
        return await _written(visit, here)
    usual = {"type": desk.USUAL.get(work.actor.role, "annet"), "ser_fra": "0"}
    return desk.page(here, here.kept.fields if here.kept else usual)


@SCREENS.screen("/p/{patient}/notat/{draft}/kladd", needs=Permission.WRITE_NOTES, title="note.title", methods=("POST",))
async def save_draft(work: Work, visit: Visit, patient: str, draft: str) -> Response:
    """Keep what is written so far; the answer is the sentence that says so."""
    fields = desk.typed(visit)
    await desk.keep(work, patient, draft, fields, await drafts.load(work, draft) if fields["retter"] else None)
    reference = f"DocumentReference/{draft}"
    if reference in await journal.read_many(work, [reference]):  # signed while this was on its way
        raise Refused("AK-W005")
    return PlainTextResponse(texts().plain("note.saved", at=f"{local(work.now):%H.%M.%S}"))


@SCREENS.screen("/koder/icpc2", needs=Permission.WRITE_NOTES, title="note.add_code", methods=("GET",))
async def suggest_codes(work: Work, visit: Visit) -> Page:
    """Suggest diagnosis codes while somebody types: a part of a page."""
    asked = visit.query.get("q", "")[:100]
    return Page("koder.html", asked=asked, suggested=desk.suggested(asked))


async def _written(visit: Visit, here: Desk) -> Page | Go:
    """Do what the pressed button says; whatever it is but discarding, the draft is kept first."""
    work, do, patient = here.work, visit.form.get("do", ""), here.chart.identity.id
    if do == "discard":
        await drafts.drop(work, here.id)
        return Go(f"{here.root}/notater", said="note.discarded")
    fields = desk.typed(visit)
    if do == "sign":
        return await _sign(here, fields)
    await desk.keep(work, patient, here.id, fields, here.kept)
    here.saved = work.now
    if do == "find":
        return desk.page(here, fields, asked=visit.form.get("kode", "")[:100])
    return Go(f"{here.root}/notater", said="note.kept") if do == "save" else Go(f"{here.here}#kode")


async def _sign(here: Desk, fields: dict[str, str]) -> Page | Go:
    """Sign what was written; when it cannot be signed, keep it and show why."""
    work, patient = here.work, here.chart.identity.id
    form, fault = desk.read(fields), desk.wrong_codes(work, fields)
    if form.valid and fault is None:
        try:
            written = await desk.as_note(work, form, here.chart.identity.owner)
            if corrects := form["retter"].raw:
                version = sent.version(form["versjon"].raw)
                await actions.correct(work, patient, corrects, version, written, draft=here.id)
            else:
                await actions.sign(work, patient, here.id, written)
            await flush(work)
            return Go(f"{here.root}/notater", said="note.signed")
        except Refused as refused:
            await undo(work)
            fault = refused
    await desk.keep(work, patient, here.id, fields, here.kept)
    here.saved = work.now
    return desk.page(here, fields, sent=True, fault=fault)


async def _signed(work: Work, visit: Visit, patient: str, hit: Stored) -> Page | Go:
    """Show a signed note; let its author begin a correction or mark it as an error."""
    chart = await open_chart(work, patient, page="notat")
    if hit.owner != chart.identity.owner:
        raise Refused("AK-J001")
    fault, unexplained, here = "", "", f"/p/{patient}/notat/{hit.id}"
    if visit.form.get("do") == "correct":
        return Go(f"/p/{patient}/notat/{await _begin_correction(work, patient, hit)}")
    if visit.form.get("do") == "wrong":
        try:
            await actions.mark_wrong(work, patient, hit.id, hit.version, visit.form.get("grunn", ""))
            return Go(here, said="note.marked")
        except Refused as refused:
            await undo(work)
            fault = refused.text
    elif visit.form.get("do") == "release":
        await actions.release(work, patient, hit.id, hit.version)
        return Go(here, said="signed.released")
    elif visit.form.get("do") in ("withhold", "give"):
        try:
            return Go(here, said=await _decide_insight(work, visit, patient, hit))
        except Refused as refused:
            await undo(work)
            unexplained = refused.text
    elif visit.sent:
        return Go(here)
    versions = await journal.history(work, "DocumentReference", hit.id)
    mine = actions.is_author(work, hit.resource)
    view = signed.page(hit, versions, f"/p/{patient}", mine=mine, fault=fault, unexplained=unexplained,
                       disputed=disputed(chart.facts), now=work.now)  # fmt: skip
    return Page("notat_signert.html", status=422 if fault or unexplained else 200, title=view.note.title, view=view,
                patient=chart.banner)  # fmt: skip


async def _decide_insight(work: Work, visit: Visit, patient: str, hit: Stored) -> str:
    """Keep a note from the patient, or give insight again; return what is said of it."""
    if visit.form["do"] == "give":
        await actions.give_insight(work, patient, hit.id, hit.version)
        return "signed.given"
    ground, reason = visit.form.get("grunnlag", ""), visit.form.get("hvorfor", "")
    await actions.withhold(work, patient, hit.id, hit.version, ground=ground, reason=reason)
    return "signed.withheld_now"


async def _begin_correction(work: Work, patient: str, hit: Stored) -> str:
    """Make a draft of the note as it stands; returns the draft's id."""
    before = await actions.mine(work, patient, hit.id)
    resource = before.resource
    id_: str = work.office.ids.mint(before.owner)
    kinds = {label: value for value, label in KINDS}
    fields = parted(text_of(resource)) | {
        "type": kinds.get(resource.get("description", ""), "annet"), "koder": " ".join(codes_of(resource)),
        "retter": hit.id, "versjon": str(before.version),
    }  # fmt: skip
    await drafts.keep(work, id_, before.owner, patient, fields)
    return id_
