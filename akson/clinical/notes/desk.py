"""The page where a note is written: what stands in the form, and what the buttons in it change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.access.roles import Permission, has
from akson.advice.vitals.news2 import Scale
from akson.advice.vitals.standing import scale_of
from akson.base.errors import Refused
from akson.base.web.forms import Fault, Filled
from akson.base.web.messages import texts
from akson.base.web.screens import Page, Visit
from akson.base.work import Work
from akson.clinical.notes import beside, content, drafts, model
from akson.clinical.notes.actions import MUST_CODE, active_codes, check_codes
from akson.clinical.notes.drafts import Draft
from akson.clinical.notes.form import NOTE, SECTIONS
from akson.clinical.notes.note import Note
from akson.patient.chart import Chart, open_chart
from akson.record import journal
from akson.registers import codes

USUAL = {"fastlege": "konsultasjon", "legevaktlege": "konsultasjon", "helsesykepleier": "konsultasjon",
         "sykehjemslege": "sykebesok", "sykepleier": "hjemmebesok", "helsefagarbeider": "hjemmebesok"}  # fmt: skip

_ABOUT_CODES = ("AK-N001", "AK-N002")


@dataclass(kw_only=True)
class Desk:
    """A note being written by the actor."""

    work: Work
    id: str
    chart: Chart
    kept: Draft | None
    saved: datetime | None  # when the draft was last kept

    @property
    def root(self) -> str:
        return f"/p/{self.chart.identity.id}"

    @property
    def scale(self) -> Scale | None:
        """Return how NEWS2 counts saturation for this patient; None for children."""
        return scale_of(self.chart, self.work.now)

    @property
    def here(self) -> str:
        return f"{self.root}/notat/{self.id}"


async def sit_down(work: Work, patient: str, id_: str) -> Desk:
    """Return the desk of one draft.

    Raises  Refused AK-W003 for roles that write no notes, AK-W005 for a draft of another record, or an access refusal
    """
    if not has(work.actor.role, Permission.WRITE_NOTES):
        raise Refused("AK-W003")
    chart = await open_chart(work, patient, beside.WANTED, marked=beside.MARKED, page="notat")
    if work.office.ids.open(id_) != chart.identity.owner:
        raise Refused("AK-W005")
    kept = await drafts.load(work, id_)
    return Desk(work=work, id=id_, chart=chart, kept=kept, saved=kept.changed if kept else None)


def typed(visit: Visit) -> dict[str, str]:
    """Return what stands in the form after the button that was pressed: a code added or removed, a problem chosen."""
    fields = {asked.name: visit.form.get(asked.name, "") for asked in NOTE.fields}
    chosen, problems = fields["koder"].split(), fields["problemer"].split()
    added, removed = visit.form.get("legg-til", ""), visit.form.get("fjern", "")
    if added in codes.icpc2() and added not in chosen:
        chosen.append(added)
    if (wanted := visit.form.get("problem", "")) in chosen and wanted not in problems:
        problems.append(wanted)
    chosen = [one for one in chosen if one != removed]
    problems = [one for one in problems if one in chosen and one != visit.form.get("angre")]
    return fields | {"koder": " ".join(chosen), "problemer": " ".join(problems)}


async def keep(work: Work, patient: str, id_: str, fields: Mapping[str, str], kept: Draft | None) -> None:
    """Keep the draft; one that corrects a note was begun on purpose and must still be there."""
    if not fields.get("retter"):
        await drafts.keep(work, id_, _owner(work, id_), patient, fields)
    elif kept is None:
        raise Refused("AK-W005")
    else:
        await drafts.keep_on(work, kept, fields)


def _owner(work: Work, id_: str) -> int:
    owner: int | None = work.office.ids.open(id_)
    if owner is None:
        raise Refused("AK-W005")
    return owner


async def as_note(work: Work, form: Filled, owner: int) -> Note:
    """Return what is to be signed; what it points to is what the page showed."""
    named = form["viser"].raw.split()
    found = await journal.read_many(work, named) if named else {}
    return Note(
        kind=form["type"].raw, texts={name: form[name].raw for name, _ in SECTIONS},
        codes=tuple(form["koder"].raw.split()), problems=tuple(form["problemer"].raw.split()),
        refs={name: beside.pointed(found[name].resource) for name in named
              if name in found and found[name].owner == owner},
        seen=(work.now + timedelta(days=days), form["ser_hvorfor"].raw) if (days := _days(form)) else None,
    )  # fmt: skip


def _days(form: Filled) -> int:
    return int(form["ser_fra"].raw or 0)


def read(fields: Mapping[str, str]) -> Filled:
    """Return what was sent to be signed; whoever lets the patient wait says why."""
    form = NOTE.read(fields)
    if form["ser_fra"].fault is None and _days(form) and not form["ser_hvorfor"].raw:
        form = form.with_fault(Fault("note.say_why_later"), "ser_hvorfor")
    return form


def wrong_codes(work: Work, fields: Mapping[str, str]) -> Refused | None:
    """Return what is wrong with the codes, so that it is told together with what is wrong with the texts."""
    try:
        check_codes(work, fields["koder"].split())
    except Refused as refused:
        return refused
    return None


def page(
    desk: Desk, fields: Mapping[str, str], *, asked: str = "", sent: bool = False, fault: Refused | None = None
) -> Page:
    """Return the page with `fields` in the form.

    asked   searched for among the codes
    sent    the note was sent to be signed: show what must be mended
    fault   why it could not be signed
    """
    corrects = bool(fields.get("retter"))  # then what it points to stays as it was
    chips = {} if corrects else beside.chips(desk.chart.parts, desk.root, desk.work.now, desk.scale)
    fields = {**fields, "viser": " ".join(chips)}
    form = read(fields) if sent else NOTE.blank(**fields)
    code_fault = fault.text if fault and fault.code in _ABOUT_CODES else ""
    form = form.with_fault(Fault(sentence=fault.text, at="kode" if code_fault else "")) if fault else form
    return Page("notat.html", status=422 if sent else 200, form=form, patient=desk.chart.banner,
                note=_writing(desk, fields, tuple(chips.values()), asked, code_fault))  # fmt: skip


def _writing(
    desk: Desk, fields: Mapping[str, str], refs: tuple[model.Ref, ...], asked: str, fault: str
) -> model.Writing:
    work, t = desk.work, texts().plain
    chosen, problems = fields.get("koder", "").split(), fields.get("problemer", "").split()
    return model.Writing(
        action=desk.here, autosave=f"{desk.here}/kladd", keeps=drafts.browser_keys(work), at=work.now, refs=refs,
        asked=asked, code_fault=fault,
        title=t("note.correct") if fields.get("retter") else t("note.title"), codes=_chosen(desk, chosen, problems),
        codes_required=work.actor.role in MUST_CODE, suggested=suggested(asked),
        ordered=tuple(_ordered(one) for one in problems if one in codes.icpc2()), saved=desk.saved,
        advice=content.told(fields),
        beside=beside.panels(desk.chart.parts, chosen, work.actor.id, desk.root, work.now, desk.scale),
    )  # fmt: skip


def _chosen(desk: Desk, chosen: list[str], problems: list[str]) -> tuple[model.Code, ...]:
    have = active_codes(desk.chart["Condition"])
    may = has(desk.work.actor.role, Permission.WRITE_DIAGNOSES)
    return tuple(
        model.Code(code=one, text=codes.icpc2()[one].name, main=at == 0, known=one in have,
                   offered=may and one not in have and one not in problems)
        for at, one in enumerate(chosen) if one in codes.icpc2()
    )  # fmt: skip


def _ordered(code: str) -> model.Ordered:
    t, name = texts().plain, codes.icpc2()[code].name
    text = t("note.new_problem", code=code, name=name)
    return model.Ordered(text=text, by=t("note.at_signing"), icon="list", key=code)


def suggested(asked: str) -> tuple[model.Code, ...] | None:
    """Return the codes that fit what was typed; None when nothing was."""
    if not asked.strip():
        return None
    return tuple(model.Code(code=one.code, text=one.name) for one in codes.search(asked, 8))
