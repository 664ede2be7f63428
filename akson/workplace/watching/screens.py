"""The privacy officer's pages about what the surveillance found: /funn and /funn/{finding}."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from akson.access.roles import Permission
from akson.audit.view import Visit, looked_at_by
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import clock, full_date, local, said
from akson.base.web.screens import Go, Menu, Page, Screens
from akson.base.web.screens import Visit as Sent
from akson.base.work import Work
from akson.patient.watching import findings, following
from akson.patient.watching.findings import AS_CASE, Finding
from akson.patient.watching.model import SEARCHES, STRONG, level
from akson.record.cases import MOST_WORDS, OUTCOMES
from akson.record.session import Within, undo
from akson.record.watched import patient_of
from akson.workplace import late
from akson.workplace.watching.model import Group, Look, Row, Shown

SCREENS = Screens(__name__)
NEEDS: Final = Permission.REVIEW_LOG
SETTLED: Final = "AK-B006"
_PAGE: Final = "funn"  # as akson/audit/words.toml has it


def _form(*, case: bool) -> Form:
    choices = (*OUTCOMES, AS_CASE) if case else OUTCOMES
    told = tuple((one, texts().plain(f"watching.{one}")) for one in choices)
    return Form(
        Choice(name="utfall", label="watching.outcome", choices=told),
        LongText(name="ord", label="watching.words", help="watching.words_help", longest=MOST_WORDS, rows=5),
    )


@SCREENS.screen("/funn", needs=NEEDS, title="watching.title", methods=("GET",),
                menu=Menu(text="watching.title", icon="eye", order=3, keys="g f"))  # fmt: skip
async def found(work: Work, visit: Sent) -> Page:
    """Show what stands out in the log and waits to be looked into, the clearest first, and what has been."""
    waiting, closed = await findings.waiting(work), await findings.concluded(work)
    groups = (("watching.waiting", waiting), ("watching.closed", closed))
    return Page("funn.html", groups=tuple(_group(head, ones, work.now) for head, ones in groups if ones))


@SCREENS.screen("/funn/{finding}", needs=NEEDS, title="watching.title", under="/funn")
async def one(work: Work, visit: Sent, finding: str) -> Page | Go:
    """Show why a look stands out, and the looks themselves; say what it was, or make a case of it."""
    chosen, decision = await findings.find(work, finding)
    form = _form(case=chosen.patient != 0)
    if visit.sent and decision and (known := visit.form.get("gjor")) in ("kjent", "ukjent"):
        work.saw(chosen.patient, f"page {_PAGE}", rule=decision.rule, basis=decision.basis)
        await (following.know if known == "kjent" else following.know_no_more)(work, chosen.patient)
        return Go(f"/funn/{chosen.id}", said="watching.said_known")
    filled = late.filled(form, visit, settled=SETTLED if chosen.outcome else "")
    if filled.valid:
        try:
            return await _concluded(work, chosen, str(filled.values["utfall"]), str(filled.values["ord"]))
        except Refused as refused:
            if refused.code != SETTLED:
                raise
            await undo(work)
            filled, (chosen, decision) = filled.with_refused(refused), await findings.find(work, finding)
    if decision:
        work.saw(chosen.patient, f"page {_PAGE}", rule=decision.rule, basis=decision.basis)
    return await _page(work, chosen, filled)


async def _concluded(work: Work, chosen: Finding, outcome: str, words: str) -> Go:
    if outcome == AS_CASE:
        await findings.make_case(work, chosen, words)
        return Go("/funn", said="watching.said_case")
    await findings.conclude(work, chosen, outcome, words)
    return Go("/funn", said="watching.said")


async def _page(work: Work, one: Finding, filled: Filled) -> Page:
    visits: Sequence[Visit] = ()
    person = None
    if one.patient:
        person = await patient_of(work, one.patient)
        visits = await looked_at_by(Within(work), one.patient, one.who, (one.first, one.last))
    shown = Shown(
        title=_title(one), who=findings.called_by(one), person=person["display"] if person else "",
        day=full_date(one.day), counts=_counts(one), reported=one.reported,
        strength=_strength(one), strong=one.strength >= STRONG,
        means=tuple((texts().plain(f"watching.sign.{sign}"), _means(one, sign)) for sign in one.signs),
        looks=tuple(_look(visit, work.now) for visit in reversed(visits)), action=f"/funn/{one.id}",
        outcome=_outcome(one), words=one.words, known=one.known if one.patient else None,
        by=texts().plain("watching.said_by", name=one.by, when=said(one.closed, work.now)) if one.closed else "",
    )  # fmt: skip
    return Page("ett_funn.html", status=422 if filled.sent else 200, title=shown.title, finding=shown,
                **late.drawn(filled, settled=bool(one.outcome)))  # fmt: skip


def _group(head: str, ones: Sequence[Finding], now: datetime) -> Group:
    return Group(head=texts().plain(head), rows=tuple(_row(one, now) for one in ones))


def _row(one: Finding, now: datetime) -> Row:
    outcome = _outcome(one)
    state = f"{said(local(one.closed).date(), now)}, {outcome[:1].lower()}{outcome[1:]}" if one.closed else ""
    return Row(title=_title(one), href=f"/funn/{one.id}", who=findings.called_by(one), day=full_date(one.day),
               strength=_strength(one), strong=one.strength >= STRONG, state=state)  # fmt: skip


def _title(one: Finding) -> str:
    head, *rest = (texts().plain(f"watching.sign.{sign}") for sign in one.signs)
    return ", ".join((head, *(f"{part[:1].lower()}{part[1:]}" for part in rest)))


def _means(one: Finding, sign: str) -> str:
    return texts().plain(f"watching.means.{sign}", records=one.records, usual=one.usual, searches=one.searches,
                         searches_usual=one.searches_usual)  # fmt: skip


def _strength(one: Finding) -> str:
    return texts().plain(f"watching.{level(one.strength)}")


def _outcome(one: Finding) -> str:
    key = "watching.case_short" if one.outcome == AS_CASE else f"watching.{one.outcome}"
    return texts().plain(key) if one.outcome else ""


def _counts(one: Finding) -> str:
    if not one.patient:
        counts = (("volume_of", one.records), ("searches_of", one.searches if SEARCHES in one.signs else 0))
    else:
        counts = (("opened", one.opened), ("refused", one.refused))
    return _and(texts().plain(f"watching.{name}", count=count) for name, count in counts if count)


def _and(parts: Iterable[str]) -> str:
    return ", ".join(parts).capitalize()


def _look(visit: Visit, now: datetime) -> Look:
    first, last = clock(visit.begun), clock(visit.ended)
    did = ", ".join(visit.did)
    return Look(
        when=f"{said(local(visit.begun).date(), now)} {first if first == last else f'{first}–{last}'}",
        did=f"{did[:1].upper()}{did[1:]}", why=", ".join(filter(None, (*visit.why, visit.reason))),
        refused=visit.refused,
    )  # fmt: skip
