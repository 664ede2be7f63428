"""Closing more than one person's way in: what, for whom, from when to when. The dialog, and the Consent it becomes.

What and for whom are chosen first; then the page asks for what these need, says what will follow, and asks to confirm.
Every kind that akson/access/blocking.py keeps can be said here; what a block means is decided there and nowhere else.

Source: pjl § 17; domain rules R11, C3
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from akson.access.facts import BEREAVED
from akson.access.roles import ROLES
from akson.base.web.forms import Choice, Choices, Confirm, Day, Fault, Field, Filled, Form
from akson.base.web.messages import texts
from akson.base.web.render import OSLO, full_date, local
from akson.base.work import Work
from akson.patient.reading import moment
from akson.portal import decided, insight, model
from akson.portal.opening import Opened
from akson.record import journal
from akson.record.consents import AUTHORED, BLOCKABLE, EVEN_EMERGENCY
from akson.record.stored import Stored
from akson.record.working import Place, Worker, places, working
from akson.registers.codes import ROLE

PATH: Final = "/min/innsyn/sperr/mer"
WANTED: Final = {"Consent": 200, "DocumentReference": 200}
WHATS: Final = ("all", "document", "period", "future", "author")
WHOMS: Final = ("everyone", "person", "unit", "organisation", "role", "bereaved")


@dataclass(frozen=True, kw_only=True)
class Known:
    """Who and what may be chosen: those who work where help is given now, their units, and what is in the record."""

    workers: tuple[Worker, ...]
    places: tuple[Place, ...]
    documents: Choices

    @property
    def above(self) -> tuple[Place, ...]:
        """The organisations that answer for the units; a unit that is part of nothing answers itself."""
        parents = {one.parent or one.owner for one in self.places}
        return tuple(one for one in self.places if one.owner in parents)

    def choices(self, name: str) -> Choices:
        """Return what may be chosen in a field."""
        found = {
            "ansatt": ((one.id, insight.of_worker(one)) for one in self.workers),
            "enhet": ((one.id, one.name) for one in self.places),
            "skrevet": ((one.id, one.name) for one in self.places),
            "virksomhet": ((one.id, one.name) for one in self.above),
            "yrke": ((one.code, one.name) for one in ROLES.values() if one.health), "dokument": self.documents,
        }  # fmt: skip
        return tuple(found[name])

    def called(self, name: str, value: str) -> str:
        """Return what a choice is called."""
        return next((label for chosen, label in self.choices(name) if chosen == value), "")


_NEEDED: Final[Mapping[str, str]] = {  # what, or for whom -> the field that says which
    "document": "dokument", "author": "skrevet", "person": "ansatt", "unit": "enhet", "organisation": "virksomhet",
    "role": "yrke",
}  # fmt: skip
_PLACED: Final = frozenset({"author", "person", "unit", "organisation"})  # offer what tells where help is given


def begin(opened: Opened) -> Form:
    """Return the first questions: what to close, and for whom.

    Where it is hidden from the reader where the person is, nothing is asked that offers units and who works there.
    """
    t = texts().plain
    whats, whoms = ([one for one in every if not opened.secret or one not in _PLACED] for every in (WHATS, WHOMS))
    return Form(
        Choice(name="sperr", label="closing.what", choices=tuple((one, t(f"closing.{one}")) for one in whats)),
        Choice(name="for", label="closing.whom", choices=tuple((one, t(f"closing.{one}")) for one in whoms)),
    )


async def known(work: Work, opened: Opened) -> Known:
    """Return who and what may be chosen; two statements, none where units would tell where the person is."""
    units = {one.unit for one in opened.facts.relations if one.unit and one.holds(work.now) and not opened.secret}
    documents = tuple((str(one["id"]), _document(one)) for one in opened["DocumentReference"])
    workers, places_ = (await working(work, sorted(units)), await places(work, units)) if units else ((), ())
    return Known(workers=tuple(workers), places=tuple(places_), documents=documents)


def form(what: str, whom: str, known_: Known) -> Form:
    """Return the questions that these two need, and from when to when it holds."""
    return Form(*_fields(what, whom, known_))


def _fields(what: str, whom: str, known_: Known) -> Iterator[Field]:
    for name in filter(None, (_NEEDED.get(what), _NEEDED.get(whom))):
        yield Choice(name=name, label=f"closing.which_{name}", choices=known_.choices(name), drawn="select")
    if what == "period":
        yield Day(name="datert_fra", label="closing.dated_from")
        yield Day(name="datert_til", label="closing.dated_to")
    yield Day(name="gjelder_fra", label="closing.from", help="closing.from_help", required=False)
    yield Day(name="gjelder_til", label="closing.to", help="closing.to_help", required=False)
    if whom not in ("person", "bereaved"):
        yield Confirm(name="ogsaa_nod", label="closing.emergency", required=False)


def in_order(filled: Filled, today: date) -> Filled:
    """Return the answers, with a fault where something would end before it begins, or has ended already."""
    for since, until in (("datert_fra", "datert_til"), ("gjelder_fra", "gjelder_til")):
        first, last = filled.values.get(since), filled.values.get(until)
        if isinstance(first, date) and isinstance(last, date) and last < first:
            return filled.with_fault(Fault("closing.before"), until)
    for name in ("gjelder_fra", "gjelder_til"):
        given = filled.values.get(name)
        if isinstance(given, date) and given < today:
            return filled.with_fault(Fault("closing.past"), name)
    return filled


async def close(work: Work, opened: Opened, what: str, whom: str, filled: Filled, known_: Known) -> Stored:
    """Close what was chosen.

    Raises   Refused when access says no; then nothing is written
    Leaves   Consent in the record, access-log row, news
    """
    made = consent(work, opened, what, whom, filled.values, known_)
    return (await journal.write_set(work, [journal.draft("POST", made)]))[0]


def consent(
    work: Work, opened: Opened, what: str, whom: str, answers: Mapping[str, Any], known_: Known
) -> dict[str, Any]:
    """Return the block as the Consent that the journal projects back into a fact."""
    policy = [decided.OPT_OUT]
    policy += [{"system": BLOCKABLE, "code": EVEN_EMERGENCY}] if answers.get("ogsaa_nod") else []
    since, until = answers.get("gjelder_fra"), answers.get("gjelder_til")
    starts = work.now if since in (None, local(work.now).date()) else datetime.combine(since, time.min, OSLO)
    period = {"start": starts.isoformat()} | ({"end": until.isoformat()} if until else {})
    provision = {
        "type": "deny",
        "period": period,
        **_part(work, what, answers, known_),
        **_reader(whom, answers, known_),
    }
    return decided.consent(work, opened.identity.id, decided.BLOCK, {"coding": policy}, provision)


def _part(work: Work, what: str, answers: Mapping[str, Any], known_: Known) -> dict[str, Any]:
    """Return what of the record is closed; {} is all of it."""
    if what == "document":
        id_ = answers["dokument"]
        reference = {"reference": f"DocumentReference/{id_}", "display": known_.called("dokument", id_)}
        return {"data": [{"meaning": "instance", "reference": reference}]}
    if what == "author":
        id_ = answers["skrevet"]
        reference = {"reference": f"Organization/{id_}", "display": known_.called("skrevet", id_)}
        return {"data": [{"meaning": AUTHORED, "reference": reference}]}
    if what == "period":
        return {"dataPeriod": {"start": answers["datert_fra"].isoformat(), "end": answers["datert_til"].isoformat()}}
    if what == "future":
        since = answers.get("gjelder_fra") or local(work.now).date()
        return {"dataPeriod": {"start": since.isoformat()}}
    return {}


def _reader(whom: str, answers: Mapping[str, Any], known_: Known) -> dict[str, Any]:
    """Return whom it is closed to; {} is everybody at work."""
    if whom == "bereaved":
        coded = {"coding": [{"system": BLOCKABLE, "code": BEREAVED}]}
        return {"actor": [{"role": coded, "reference": {"display": texts().plain("closing.for_bereaved")}}]}
    field = _NEEDED.get(whom)
    if field is None:
        return {}
    value = answers[field]
    name = known_.called(field, value)
    if whom == "role":
        return {"actor": [decided.whom({"display": name}, {"system": ROLE, "code": value})]}
    reference = {"reference": f"{'Practitioner' if whom == 'person' else 'Organization'}/{value}", "display": name}
    return {"actor": [decided.whom(reference)]}


def _document(one: Mapping[str, Any]) -> str:
    at = moment(one.get("date"))
    name = str(one.get("description") or texts().plain("insight.a_document"))
    return ", ".join((name, full_date(local(at).date()))) if at else name


def read(sent: Mapping[str, str], what: str, whom: str, known_: Known, today: date) -> Filled:
    """Return the second step as it was sent."""
    return in_order(form(what, whom, known_).read(sent), today)


def first(opened: Opened, hidden: tuple[tuple[str, str], ...]) -> model.Closing:
    """Return the page where one chooses what to close, and for whom."""
    t = texts().plain
    lead = f"{t('closing.lead')} {t('closing.unnamed', name=opened.given)}" if opened.secret else t("closing.lead")
    return model.Closing(head=t("closing.title"), lead=lead, action=PATH,
                         back=opened.href("/min/innsyn"), hidden=hidden)  # fmt: skip


def second(opened: Opened, what: str, whom: str, hidden: tuple[tuple[str, str], ...]) -> model.Closing:
    """Return the page that says what will follow, and asks which and for how long."""
    t = texts().plain
    strong = ("person", "stop") if whom == "person" else ("emergency", "stop")
    keys = (("whole", "lock"), strong) if what == "all" else (("absent", "lock"), ("part", "doc"), strong)
    if whom == "bereaved":
        told = [(t("closing.means_bereaved"), "lock"), (t("closing.means_living"), "doc")]
    else:
        told = [(t(f"closing.means_{key}"), icon) for key, icon in keys]
        told.append((opened.say("closing.means_care"), "heart"))
    told.append((t("closing.means_end"), "swap"))
    return model.Closing(
        head=t(f"closing.head_{what}", whom=t(f"closing.for_{whom}")), lead=t("closing.lead"), action=PATH,
        back=opened.href("/min/innsyn"), hidden=hidden, means=tuple(told), again=opened.href(PATH),
    )  # fmt: skip
