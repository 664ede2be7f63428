"""Openings: /apninger for the unit's manager, /mine-apninger for who opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from akson.access.override import TEMPLATES
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.render import clock, full_date, local, said
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.patient.watching import findings
from akson.record import opened
from akson.record.cases import MOST_WORDS
from akson.record.opened import ANSWERED, ASKED, REPORTED, REVIEWED, Opened

SCREENS = Screens(__name__)
_PAGE: Final = "aapninger"  # as akson/audit/words-nb.toml has it
_BASIS: Final = "leder går gjennom åpninger"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One opening. said: sentences and the words with them; asks: what can be said of it now."""

    id: str
    who: str
    when: str
    template: str
    reason: str
    said: tuple[tuple[str, str], ...]
    asks: tuple[str, ...]
    label: str
    about: str
    typed: str = ""
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Openings that belong together."""

    head: str
    rows: tuple[Row, ...]


@SCREENS.screen("/apninger", needs=Permission.REVIEW_OPENINGS, title="reviewing.title",
                menu=Menu(text="reviewing.title", icon="lock", order=20, keys="g a"))  # fmt: skip
async def review(work: Work, visit: Visit) -> Page | Go:
    """Show what staff of the unit opened themselves; mark it reviewed, ask, or report it to the privacy officer."""
    found = await opened.of_unit(work)
    return await _shown(work, visit, found, own=False)


@SCREENS.screen("/mine-apninger", needs=Permission.OPEN_WITH_REASON, title="reviewing.own_title",
                menu=Menu(text="reviewing.own_title", icon="lock", order=20))  # fmt: skip
async def mine(work: Work, visit: Visit) -> Page | Go:
    """Show what one opened oneself, and what the manager asks of it; answer."""
    return await _shown(work, visit, await opened.by_actor(work), own=True)


async def _shown(work: Work, visit: Visit, found: Sequence[Opened], *, own: bool) -> Page | Go:
    chosen = next((one for one in found if one.id == visit.form.get("apning")), None)
    kind, words = visit.form.get("gjor", ""), visit.form.get("ord", "").strip()[:MOST_WORDS]
    fault = ""
    if visit.sent:
        if chosen is None or kind not in _asks(chosen, own=own):
            raise Refused("AK-J001")
        if words or kind == REVIEWED:
            await _say(work, chosen, kind, words)
            return Go("/mine-apninger" if own else "/apninger", said=f"reviewing.said_{kind}")
        fault = texts().plain("reviewing.needs_words")
    if not own:
        for owner in {one.owner for one in found if one.reason}:
            work.saw(owner, f"page {_PAGE}", rule="reviews_openings", basis=_BASIS)
    wrong = chosen.id if chosen and fault else ""
    groups = tuple(_groups(found, own=own, now=work.now, wrong=wrong, fault=fault))
    return Page("apninger.html", status=422 if fault else 200, groups=groups, own=own,
                action="/mine-apninger" if own else "/apninger")  # fmt: skip


async def _say(work: Work, chosen: Opened, kind: str, words: str) -> None:
    if kind == REPORTED:
        await findings.report(work, chosen, words)
    await opened.say(work, chosen, kind, words)


def _asks(one: Opened, *, own: bool) -> tuple[str, ...]:
    """Return what can be said of an opening now."""
    if own:
        return (ANSWERED,) if one.state == ASKED else ()
    return () if one.state in (REVIEWED, REPORTED) else (REVIEWED, ASKED, REPORTED)


def _groups(found: Sequence[Opened], *, own: bool, now: datetime, wrong: str, fault: str) -> Iterator[Group]:
    parts: dict[str, list[Opened]] = {"waiting": [], "asked_of": [], "done": []}
    for one in found:
        parts[{ASKED: "asked_of", REVIEWED: "done", REPORTED: "done"}.get(one.state, "waiting")].append(one)
    for name in ("asked_of", "waiting", "done") if own else parts:
        if parts[name]:
            rows = tuple(_row(one, own=own, now=now, fault=fault if one.id == wrong else "") for one in parts[name])
            yield Group(head=texts().plain(f"reviewing.{name}"), rows=rows)


def _row(one: Opened, *, own: bool, now: datetime, fault: str) -> Row:
    t, day = texts().plain, full_date(local(one.begun).date())
    template = TEMPLATES.get(one.template)
    told = tuple(
        (t(f"reviewing.was_{word.kind}", by=word.by, when=said(word.at, now)), word.words) for word in one.said
    )
    label = t("reviewing.answer_for", day=day) if own else t("reviewing.words_for", who=one.who)
    return Row(
        id=one.id, who=one.who, when=t("reviewing.when", day=day, **{"from": clock(one.begun), "to": clock(one.ended)}),
        template=template.text if template else "", asks=_asks(one, own=own), said=told, label=label, fault=fault,
        reason=t("reviewing.reason", reason=one.reason) if one.reason else t("reviewing.hidden"),
        about=t("reviewing.about", who=one.who, day=day),
    )  # fmt: skip
