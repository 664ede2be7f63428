"""What is shown when a record is not open: why, and what the one who asked can do."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from akson.access.facts import Facts
from akson.access.override import TEMPLATES
from akson.access.rules import Act, Decision, decide
from akson.base.errors import Refused
from akson.base.web.forms import Choices, Filled
from akson.base.web.messages import texts
from akson.base.web.screens import Page
from akson.base.work import Purpose, Work
from akson.patient import identity
from akson.patient.chart import local
from akson.patient.identity import Identity
from akson.record.deciding import facts_for
from akson.workplace import forms
from akson.workplace.model import Emergency, Refusal

_AS_UNKNOWN: Final = "AK-A010"  # strictly confidential: byte for byte as if there were nobody
_NO_BASIS: Final = "AK-A001"
_BY_NAME: Final = "AK-A030"


async def explain(work: Work, refused: Refused, *, patient: str = "", **_: str) -> Page | None:
    """Return the page that says what can be done about a refused record; None when only a part of it was refused.

    Raises  Refused AK-J001 when the actor may not even be told that there is such a person
    """
    if not refused.code.startswith("AK-A"):
        return None
    if refused.code == _AS_UNKNOWN:
        raise Refused("AK-J001")
    who, facts = await asked_for(work, patient)
    reading = _decide(work, facts, Act.READ, work.purpose)
    return None if reading.permit else page(work, who, facts, forms.opening(choices()).blank())


async def asked_for(work: Work, patient: str) -> tuple[Identity, Facts]:
    """Return who the patient is, as far as may be told before the record is open, and what is known for deciding.

    Raises  Refused AK-J001 when there is nobody, or nobody the actor may be told of
    """
    who = await identity.minimal(work, patient)
    if who is None:
        raise Refused("AK-J001")
    return who, (await facts_for(work, [who.owner]))[who.owner]


def page(work: Work, who: Identity, facts: Facts, form: Filled) -> Page:
    """Return the page, with the ways that the rules leave open to this actor."""
    reading = _decide(work, facts, Act.READ, work.purpose)
    may_open = _decide(work, facts, Act.OPEN, Purpose.TREATMENT).permit
    emergency = _decide(work, facts, Act.OPEN, Purpose.EMERGENCY).permit
    root, for_good = f"/p/{who.id}", reading.refusal == _BY_NAME
    refusal = Refusal(
        name=who.listed, age=who.age(local(work.now).date()), text=_why(reading), tried=work.now,
        reference=f"T-{work.request[:8].upper()}", action=f"{root}/apne" if may_open else "",
        emergency_href=f"{root}/nodapning" if emergency else "", follow_up=texts().plain("refused.follow_up"),
        for_good=for_good,
    )  # fmt: skip
    status = 403 if not form.sent else 422
    title = texts().plain("refused.title_for_good" if for_good else "refused.title")
    return Page("workplace/tilgang_nektet.html", status=status, title=title, menu=(),
                refusal=refusal, form=form if may_open else None)  # fmt: skip


def emergency_page(work: Work, who: Identity, facts: Facts, form: Filled) -> Page:
    """Return the page where an emergency is confirmed.

    Raises  Refused when not even an emergency opens this record for the actor
    """
    opening = _decide(work, facts, Act.OPEN, Purpose.EMERGENCY)
    if not opening.permit:
        work.saw(facts.owner, "page nodapne", outcome="refuse", rule=opening.rule, basis=opening.basis)
        raise Refused(opening.refusal or _NO_BASIS)
    root = f"/p/{who.id}"
    view = Emergency(name=who.listed, age=who.age(local(work.now).date()), action=f"{root}/nodapning", back=root)
    return Page("workplace/nodapning.html", status=422 if form.sent else 200, menu=(), view=view, form=form)


def choices() -> Choices:
    """Return the lawful reasons as (code, "sentence\\nhow long it lasts")."""
    lasts = {one.code: one.lasts // timedelta(hours=1) for one in TEMPLATES.values()}
    told = {code: texts().plain("refused.lasts", code=code, hours=hours) for code, hours in lasts.items()}
    return tuple((one.code, f"{one.text}\n{told[one.code]}") for one in TEMPLATES.values())


def _decide(work: Work, facts: Facts, act: Act, purpose: Purpose) -> Decision:
    return decide(work.actor, purpose, facts, None, act, work.now)


def _why(reading: Decision) -> str:
    """Return the sentence up to the patient's name."""
    key = f"refused.because_{(reading.refusal or _NO_BASIS)[3:].lower()}"
    return texts().plain(key if key in texts() else "refused.because_a001")
