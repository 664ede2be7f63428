"""Letting another read in the record on one's behalf, and taking it back: in force with the next request (C9).

Who acts for one is named by national number: they need not be known here yet. Whether anybody with the number is known
is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from akson.access.areas import AREAS
from akson.access.facts import Labels
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web.forms import Confirm, Day, Fault, Field, Filled, Form
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Work
from akson.patient.reading import moment, representative, words
from akson.portal import decided, model
from akson.portal.opening import Opened
from akson.portal.plain import and_, sentence
from akson.record import journal
from akson.record.consents import PROXY, SIGN_IN
from akson.record.deciding import asked
from akson.record.projecting import national
from akson.record.represented import Representative, naming, representing
from akson.record.representing import PROXY_AREA
from akson.registers.identifiers import Fnr

GIVE: Final = "/min/innsyn/fullmakt"
END: Final = "/min/innsyn/fullmakt/slutt"
WANTED: Final = {"Consent": 200, "RelatedPerson": 50}
_CATEGORY: Final = {"system": SIGN_IN, "code": PROXY}
_POLICY: Final = {"text": "Reglene for fullmakt på Helsenorge"}
_ALL: Final = "alt"
_FIELDS: Final = {area: f"om_{area.replace('ø', 'o')}" for area in AREAS}
FORM: Final = Form(
    Field(name="fnr", label="proxies.number", help="proxies.number_help", longest=20, autocomplete="off"),
    Field(name="navn", label="proxies.name", longest=100),
    Confirm(name=_ALL, label="proxies.everything", required=False),
    *(Confirm(name=name, label=f"proxies.{name}", required=False) for name in _FIELDS.values()),
    Day(name="gjelder_til", label="proxies.until", help="proxies.until_help", required=False),
)


def may_give(work: Work, opened: Opened) -> bool:
    """Say whether the citizen may let another act for them: for oneself, from 16."""
    return opened.own and asked(work, opened.facts, Labels(type="Consent", author=work.actor.key), Act.GOVERN).permit


def read(work: Work, opened: Opened, sent: Mapping[str, str]) -> Filled:
    """Return what was sent, with what is wrong with it."""
    filled = FORM.read(sent)
    until, number = filled.values.get("gjelder_til"), filled.values.get("fnr")
    if isinstance(until, date) and until < local(work.now).date():
        filled = filled.with_fault(Fault("closing.past"), "gjelder_til")
    if isinstance(number, str):
        try:
            identifier = _number(work, number).identifier()
        except Refused as refused:
            return filled.with_fault(Fault(sentence=refused.text), "fnr")
        if (identifier["system"], identifier["value"]) in national(opened["Patient"][0]):
            filled = filled.with_fault(Fault("proxies.yourself"), "fnr")
    if not filled.wrong and not _chosen(filled) and not filled.values.get(_ALL):
        filled = filled.with_fault(Fault("proxies.for_what"), _ALL)
    return filled


async def give(work: Work, opened: Opened, filled: Filled) -> None:
    """Let somebody act for the citizen.

    Raises   Refused when access says no; then nothing is written
    Leaves   Consent in the record, access-log row, news
    """
    number, until = _number(work, str(filled.values["fnr"])), filled.values.get("gjelder_til")
    reference = {"identifier": number.identifier(), "display": str(filled.values["navn"])}
    areas = () if filled.values.get(_ALL) else _chosen(filled)
    provision: dict[str, Any] = {"type": "permit", "actor": [decided.whom(reference)]}
    if areas:
        provision["class"] = [{"system": PROXY_AREA, "code": area} for area in areas]
    if isinstance(until, date):
        provision["period"] = {"start": work.now.isoformat(), "end": until.isoformat()}
    await journal.create(work, decided.consent(work, opened.identity.id, _CATEGORY, _POLICY, provision))


async def entries(work: Work, opened: Opened) -> tuple[model.Entry, ...]:
    """Return those who may act for the person, by the very facts that let them in.

    One statement, and one more when what says so is not among the newest of the record.
    """
    acting = await representing(work, opened.identity.owner)
    told = await _told(work, opened, acting)
    own = may_give(work, opened)
    return tuple(
        model.Entry(title=", ".join(filter(None, (representative(one), _kin(one)))), icon="user",
                    text=_means(one, acting[name]),
                    href=opened.href(END, hvem=name) if own and acting[name].kind == "proxy" else "")
        for name, one in told.items()
    )  # fmt: skip


async def _told(work: Work, opened: Opened, acting: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what says that somebody may act, by name: of what is shown already first, however much there is of it."""
    have = {f"{kind}/{one['id']}": one for kind in reversed(WANTED) for one in opened[kind]}
    more = [name for name in acting if name not in have]
    read = await journal.read_many(work, more) if more else {}
    return {name: one for name, one in have.items() if name in acting} | {
        name: hit.resource for name, hit in read.items()
    }


async def ending(work: Work, opened: Opened, name: str, hidden: tuple[tuple[str, str], ...]) -> model.Blocking:
    """Return the page before a proxy is taken back. Raises Refused AK-J001 when there is none that one has given."""
    acting = (await representing(work, opened.identity.owner)).get(name)
    if acting is None or acting.kind != "proxy" or not may_give(work, opened):
        raise Refused("AK-J001")
    one = (await _told(work, opened, [name])).get(name)
    if one is None:
        raise Refused("AK-J001")
    return model.Blocking(who=representative(one), text=_means(one, acting), action=END,
                          back=opened.href("/min/innsyn"), hidden=hidden)  # fmt: skip


async def end(work: Work, opened: Opened, name: str) -> None:
    """Take a proxy back, with all that says the same of that person: one's own words end, be they in force yet or not;
    what a register tells of is answered by a word that withdraws it.

    Raises   Refused AK-J003 when one was changed meanwhile; then nothing is written
    Leaves   Consents in the record, access-log row, news
    """
    person = (await representing(work, opened.identity.owner))[name].person
    told = await journal.read_many(work, await naming(work, opened.identity.owner, person))
    for hit in told.values():
        if hit.type == "Consent":
            ended = {**hit.resource, "status": "inactive"}
            await journal.update(work, ended, id_=hit.id, if_match=hit.version)
    registered = [hit.resource for hit in told.values() if hit.type == "RelatedPerson"]
    numbers = {number: representative(one) for one in registered for number in national(one)}
    actors = [decided.whom({"identifier": {"system": system, "value": value}, "display": called})
              for (system, value), called in sorted(numbers.items())]  # fmt: skip
    if actors:
        provision = {"type": "deny", "actor": actors}
        await journal.create(work, decided.consent(work, opened.identity.id, _CATEGORY, _POLICY, provision))


def _number(work: Work, typed: str) -> Fnr:
    return Fnr.parse(typed, synthetic=work.office.synthetic)


def _chosen(filled: Filled) -> tuple[str, ...]:
    return tuple(area for area, name in _FIELDS.items() if filled.values.get(name))


def _kin(one: Mapping[str, Any]) -> str:
    return next((words(r).lower() for r in one.get("relationship", ()) if words(r)), "")


def _means(one: Mapping[str, Any], acting: Representative) -> str:
    """Return what somebody may do, for how long: "Har fullmakt. Ser timer og medisiner. Til og med 3. mai 2027."."""
    t = texts().plain
    if acting.kind == "guardian" and acting.areas:
        return sentence(t("insight.may_guardian_in_part"), *_reach(acting))
    if acting.kind != "proxy":
        return t(f"insight.may_{acting.kind}")
    return sentence(t("proxies.may"), *_reach(acting), *_lasts(one))


def _reach(acting: Representative) -> Iterator[str]:
    yield and_(texts().plain(f"proxies.{_FIELDS[area]}").lower() for area in acting.areas if area in _FIELDS) or (
        texts().plain("proxies.everything"))  # fmt: skip


def _lasts(one: Mapping[str, Any]) -> Iterator[str]:
    period = (one.get("provision") or one).get("period") or {}
    if until := moment(period.get("end")):
        yield texts().plain("closing.lasts", day=full_date(local(until).date()))
