"""A block that stands, in words: what it is about, how strong it is, how long it lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from akson.access.facts import BEREAVED
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.fhir.dates import interval
from akson.patient.reading import display, moment, reference
from akson.record.consents import AUTHORED, BLOCKABLE, EVEN_EMERGENCY

Resource = Mapping[str, Any]
Find = Callable[[str], Resource]  # what a reference stands for, {} when it may not be read


def title(provision: Resource, whom: str, find: Find) -> str:
    """Return what is closed and for whom: "«Samtale» for alle ansatte"; for the whole record whom alone.

    whom   "alle ansatte", "Berit Solli, sykepleier"
    """
    t = texts().plain
    parts = [(one.get("meaning"), one.get("reference") or {}) for one in provision.get("data", ())]
    written = [_unit(of, find) for means, of in parts if means == AUTHORED]
    things = [_document(of, find) for means, of in parts if means != AUTHORED]
    if written:
        return t("closing.written_by_unit", unit=", ".join(written), whom=whom)
    if things:
        return t("insight.document", what=", ".join(things), whom=whom)
    dated = provision.get("dataPeriod") or {}
    since, until = (_day(dated.get(name)) for name in ("start", "end"))
    if until:
        return t("closing.dated_between", since=since or "…", until=until, whom=whom)
    return t("closing.dated_since", since=since, whom=whom) if since else whom


def means(consent: Resource) -> str:
    """Return how strong a block is: "bereaved", "person", "even", "unit" or "all", as the texts name it."""
    actors = consent["provision"].get("actor", ())
    if any(_is_bereaved(one) for one in actors):
        return "bereaved"
    if any(reference(one.get("reference")).startswith("Practitioner/") for one in actors):
        return "person"
    coded = (consent.get("policyRule") or {}).get("coding", ())
    if any(one.get("system") == BLOCKABLE and one.get("code") == EVEN_EMERGENCY for one in coded):
        return "even"
    return "unit" if actors else "all"


def placeless(consent: Resource) -> Resource:
    """Return a block that names no member of staff, unit or organisation: for who may not know where the person is."""
    provision = consent["provision"]
    actors = [
        {**one, "reference": _unnamed(one["reference"])} for one in provision.get("actor", ()) if one.get("reference")
    ]
    actors += [one for one in provision.get("actor", ()) if not one.get("reference")]  # a role of whoever has it
    parts = [{**one, "reference": _untitled(one.get("reference") or {})} for one in provision.get("data", ())]
    kept = {**provision, **({"actor": actors} if actors else {}), **({"data": parts} if parts else {})}
    return {**consent, "provision": kept}


def _unnamed(of: Resource) -> Resource:
    """Return who a block is for without what they are called; who is no family may be a unit, however it is told of."""
    kind = reference(of).partition("/")[0]
    if kind in ("Patient", "RelatedPerson"):
        return of
    key = "person" if kind in ("Practitioner", "PractitionerRole") else "unit"
    return {"display": texts().plain(f"closing.for_{key}")}


def _untitled(of: Resource) -> Resource:
    """Return what a block is about without what it is called there; an entry's own name is asked of the entry."""
    return _unnamed(of) if reference(of).startswith("Organization/") else {"reference": reference(of)}


def _is_bereaved(actor: Resource) -> bool:
    return any(one.get("code") == BEREAVED for one in (actor.get("role") or {}).get("coding", ()))


def lasts(provision: Resource, written: datetime | None) -> Iterator[str]:
    """Yield from when a block holds, when that is later than it was written, and until when, if it ends."""
    period = provision.get("period") or {}
    begins = moment(period.get("start"))
    if begins and written and local(begins).date() > local(written).date():
        yield texts().plain("closing.begins", day=full_date(local(begins).date()))
    if period.get("end"):
        last = interval(period["end"])[1] - timedelta(microseconds=1)
        yield texts().plain("closing.lasts", day=full_date(local(last).date()))


def _unit(of: Resource, find: Find) -> str:
    return str(display(of) or find(reference(of)).get("name") or "")


def _document(of: Resource, find: Find) -> str:
    return str(find(reference(of)).get("description") or texts().plain("insight.a_document"))


def _day(value: str | None) -> str:
    at = moment(value)
    return full_date(local(at).date()) if at else ""
