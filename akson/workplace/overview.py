"""The overview: everything one must know of a patient, drawn from one read of the chart. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from akson.access.roles import Permission, has, may_read
from akson.advice.medicines import Known
from akson.advice.unseen import KINDS, gathered
from akson.advice.vitals.standing import scale_of
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.work import Actor
from akson.patient import answering, own_words
from akson.patient.chart import LABORATORY, VITAL_SIGNS, Chart
from akson.patient.reading import Resource, code, display, extension, moment, reference, words
from akson.record.journal import Mark
from akson.registers.codes import CONDITION_CLINICAL, ICD10, ICPC2, SERVICE_AMOUNT
from akson.workplace import measured, medicines, since, tasks
from akson.workplace.model import Button, Line, Medicines, Overview, OwnPart, OwnWords, Problem, Row
from akson.workplace.words import with_clock, year

COORDINATOR: Final = "koordinator"
APPOINTMENTS_SHOWN: Final = 2
NEWCOMERS_SEE: Final = timedelta(days=14)  # what is new to one who has never read before
WANTED: Final[Mapping[str, int]] = {
    "Condition": 60, "Condition:resolved": 100, "Condition:inactive": 100, "MedicationStatement": 200,
    "MedicationRequest": 60, "List": 20, "Observation:vitals": 150, "Observation:lab": 60, "DocumentReference": 30,
    "Appointment": 30, "Task:requested": 30, "Task:received": 30, "Task:accepted": 30, "Task:in-progress": 30,
    "EpisodeOfCare": 30, "CareTeam": 5, own_words.NAME: own_words.MOST,
    **answering.WANTED,
}  # fmt: skip
MARKED: Final[Mapping[str, Mark]] = {
    "Condition": ("clinical-status", CONDITION_CLINICAL, "active"),
    "Condition:resolved": ("clinical-status", CONDITION_CLINICAL, "resolved"),
    "Condition:inactive": ("clinical-status", CONDITION_CLINICAL, "inactive"),
    "MedicationStatement": ("status", None, "active"),
    "MedicationRequest": ("status", None, "active"),
    "List": ("code", "http://loinc.org", "10160-0"),
    "Observation:vitals": VITAL_SIGNS,
    "Observation:lab": LABORATORY,
    **own_words.MARK,
    **answering.MARK,
    "EpisodeOfCare": ("status", None, "active"),
    **{f"Task:{state}": ("status", None, state) for state in ("requested", "received", "accepted", "in-progress")},
}
_PANELS: Final = {"problems": "Condition", "medicines": "MedicationStatement"}
_EXPECTED: Final = ("proposed", "pending", "booked", "arrived", "checked-in", "waitlist")


def present(
    chart: Chart, actor: Actor, read: datetime | None, now: datetime, *, everything: bool = False, unseen: bool = False
) -> Overview:
    """Return the page.

    chart       WANTED and MARKED of one patient
    read        when the reader last looked, None = never
    everything  tell all that is new, not the newest only
    unseen      what is not shown may matter to the medicines
    """
    root = f"/p/{chart.identity.id}"
    known = gathered(weighed(chart))
    reads = has(actor.role, Permission.READ_CLINICAL)  # others see this page, and no page behind it
    vitals = measured.panel(chart["Observation:vitals"], now, href=f"{root}/malinger" if reads else "",
                            scale=scale_of(chart, now))  # fmt: skip
    told = since.Since(read=read or now - NEWCOMERS_SEE, began=since.began(chart.parts, now), now=now)
    news = since.news(told, chart.parts, vitals, root)
    shown = len(news) if everything else max(since.SHOWN, sum(item.today for item in news))
    services = [hit.resource for hit in chart["EpisodeOfCare"]]
    return Overview(
        read=read, news=tuple(item if reads else replace(item, href="") for item in news[:shown]),
        more=max(len(news) - shown, 0), more_href=f"{root}?nytt=alt#h-siden",
        problems=tuple(_problems(chart, told if read else None, root)),
        earlier=len(chart["Condition:resolved"]) + len(chart["Condition:inactive"]),
        medicines=replace(_medicines(chart, known, now), unseen=unseen), vitals=vitals,
        appointments=tuple(_appointments(chart, actor, now))[:APPOINTMENTS_SHOWN],
        further=max(len(_coming(chart, now)) - APPOINTMENTS_SHOWN, 0), tasks=_tasks(chart, actor, now),
        services=tuple(map(_service, sorted(services, key=_since))), coordinator=_coordinator(chart),
        buttons=tuple(_buttons(actor, root)), own=_own(chart),
        closed=tuple(panel for panel, type_ in _PANELS.items() if not may_read(actor.role, type_)),
        quick_example=_example(actor), quick=f"{root}/hurtig" if has(actor.role, Permission.WRITE_TASKS) else "",
    )  # fmt: skip


def _example(actor: Actor) -> str:
    measures = has(actor.role, Permission.WRITE_VITALS)
    return texts().plain("overview.quick_example" if measures else "overview.quick_example_task")


def weighed(chart: Chart) -> dict[str, list[Resource]]:
    """Return what of the chart advice about medicines is given from."""
    return {kind: [hit.resource for hit in chart[kind]] for kind in KINDS}


def _medicines(chart: Chart, known: Known, now: datetime) -> Medicines:
    statements = [hit.resource for name in ("MedicationStatement", "MedicationRequest") for hit in chart[name]]
    lists = [hit.resource for hit in chart["List"]]
    return medicines.present(statements, lists[0] if lists else None, known, now)


def _problems(chart: Chart, told: since.Since | None, root: str) -> Iterator[Problem]:
    """Yield the active problems, those that have changed first."""
    changed = {hit.id for hit in told.new(chart["Condition"])} if told else set()
    for hit in sorted(chart["Condition"], key=lambda hit: hit.id not in changed):
        concept = hit.resource.get("code") or {}
        shown = code(concept, ICPC2) or code(concept, ICD10)
        yield Problem(
            code=shown, text=words(concept), changed=hit.id in changed,
            href=f"{root}/notater?kode={quote(shown)}" if code(concept, ICPC2) else "",
            since=year(hit.resource.get("onsetDateTime") or hit.resource.get("recordedDate")),
        )  # fmt: skip


def _coming(chart: Chart, now: datetime) -> list[Resource]:
    """Return appointments that are still to come, the nearest first."""
    planned = [hit.resource for hit in chart["Appointment"] if hit.resource.get("status") in _EXPECTED]
    timed = [(start, each) for each in planned if (start := moment(each.get("start"))) and start >= now]
    return [each for _, each in sorted(timed, key=lambda pair: pair[0])]


def _appointments(chart: Chart, actor: Actor, now: datetime) -> Iterator[Line]:
    for number, appointment in enumerate(_coming(chart, now)):
        start, end = moment(appointment.get("start")), moment(appointment.get("end"))
        minutes = int((end - start).total_seconds() // 60) if start and end else 0
        what = str(appointment.get("description") or "").partition(".")[0]
        where = _with_whom(appointment, actor)
        yield Line(
            text=with_clock(start or now, now), strong=number == 0, by=", ".join(filter(None, (what, where))),
            side=texts().plain("start.minutes", minutes=minutes) if minutes and number == 0 else "",
        )  # fmt: skip


def _with_whom(appointment: Resource, actor: Actor) -> str:
    """Return "hos deg", who it is with, or the place's own name."""
    for participant in appointment.get("participant", ()):
        other = participant.get("actor") or {}
        if reference(other) == actor.id:
            return texts().plain("overview.with_you")
        if not reference(other).startswith("Patient/") and display(other):
            return display(other).rpartition(", ")[2]
    return ""


def _tasks(chart: Chart, actor: Actor, now: datetime) -> tuple[Row, ...]:
    found = [hit.resource for name in WANTED if name.startswith("Task:") for hit in chart[name]]
    focuses = {hit.reference: hit.resource for hit in chart["DocumentReference"]}
    return tasks.rows(found, focuses, actor, now)


def _own(chart: Chart) -> OwnWords | None:
    """Return what the patient tells in their own words; a contact in one line."""
    told, t = own_words.told(chart[own_words.NAME]), texts().plain
    parts = tuple(OwnPart(title=t(f"overview.own_{part}"), said=tuple(_said(part, answers)))
                  for part, answers in told.parts.items())  # fmt: skip
    return OwnWords(at=told.at, parts=parts) if parts and told.at else None


def _said(part: str, answers: own_words.Answers) -> Iterator[tuple[str, str]]:
    if part != own_words.CONTACTS:
        yield from ((texts().plain(f"overview.own_{id_}"), said) for id_, said in answers.items())
        return
    yield from (("", one) for one in own_words.contacts(answers))


def _service(episode: Resource) -> Line:
    """Return one service: how much and until when, or since when."""
    t = texts().plain
    period = episode.get("period") or {}
    end = moment(period.get("end"))
    until = t("overview.service_until", day=f"{local(end):%d.%m}") if end else ""
    told = [extension(episode, SERVICE_AMOUNT), until]
    side = ", ".join(filter(None, told)) or t("overview.service_since", year=str(period.get("start", ""))[:4])
    return Line(text=words((episode.get("type") or [{}])[0]), side=side)


def _since(episode: Resource) -> str:
    return str((episode.get("period") or {}).get("start", ""))


def _coordinator(chart: Chart) -> str:
    for hit in chart["CareTeam"]:
        for participant in hit.resource.get("participant", ()):
            if any(words(role).lower() == COORDINATOR for role in participant.get("role", ())):
                told = (display(participant.get("member")), display(participant.get("onBehalfOf")))
                return ", ".join(filter(None, told))
    return ""


def _buttons(actor: Actor, root: str) -> Iterable[Button]:
    """Yield what the actor's role may begin from here."""
    t = texts().plain
    if has(actor.role, Permission.WRITE_VITALS):
        yield Button(text=t("overview.new_vitals"), href=f"{root}/malinger/ny")
    if has(actor.role, Permission.WRITE_MESSAGES):
        yield Button(text=t("overview.new_message"), href=f"{root}/samhandling/ny")
    if has(actor.role, Permission.WRITE_NOTES):
        yield Button(text=t("overview.new_note"), href=f"{root}/notat/ny", key="n", icon="edit", main=True)
