"""Seeded faults: ways in which access could be broken, each put in for a while; the walk of judging.py must see each.

name   what is broken
who    askers that walk, and about whom: enough to see it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pytest

from akson.access import asking, children, citizens, duty, facts, many, override, rules
from akson.access import roles as roles_
from akson.access.many import Many
from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhirapi import answers, performing
from akson.fhirapi import read as reading
from akson.portal import opening
from akson.record import authors, compartment, deciding, histories, journal, lookers, masking, viewing
from akson.record.search import company, scopes, statement
from akson.record.search import searching as searching_

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault. asker, person: who walks, to whom; put: puts it in."""

    name: str
    asker: str
    person: str
    put: Callable[[Patch], None]

    def seeded(self) -> AbstractContextManager[None]:
        return _seeded(self.put)


@contextmanager
def _seeded(put: Callable[[Patch], None]) -> Iterator[None]:
    """Put a fault in, and take it out again, also of what is remembered."""
    with pytest.MonkeyPatch.context() as patch:
        put(patch)
        _forget()
        yield
    _forget()


def _forget() -> None:
    rules._plan.cache_clear()
    deciding.decoded.cache_clear()
    for remembered in (roles_.may_read, roles_.may_write, roles_.scope_covers, roles_.narrowed, roles_.any_narrowed):
        remembered.cache_clear()


def _without(*names: str) -> Callable[[Patch], None]:
    def put(patch: Patch) -> None:
        kept = [one for one in asking.RULES if one.name not in names]
        assert len(kept) < len(asking.RULES), names
        patch.setattr(rules, "RULES", kept)

    return put


def _lifting_all(patch: Patch) -> None:
    """An emergency lifts every bar."""
    patch.setattr(rules, "RULES", [msgspec.structs.replace(one, lifted=True) for one in asking.RULES])


def _decoded_with(**more: Any) -> Callable[[Patch], None]:
    """Some facts are not heard."""

    def put(patch: Patch) -> None:
        before = facts.decode
        patch.setattr(deciding, "decode", lambda *a, **k: msgspec.structs.replace(before(*a, **k), **more))

    return put


def _returning(place: Any, name: str, value: Any) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(place, name, lambda *_, **__: value)


def _async(value: Any) -> Callable[..., Any]:
    async def told(*_: Any, **__: Any) -> Any:
        return value

    return told


def _nothing_denied(patch: Patch) -> None:
    """Searches ask whose records they may look in, not which parts of them."""
    patch.setattr(scopes, "denied", _async([]))


def _all_owners(patch: Patch) -> None:
    """Searches forget whose records they may look in."""
    patch.setattr(Many, "permitted", lambda self, *_: self.owners)


def _first_stands_for_all(patch: Patch) -> None:
    """Of many records the first is asked about for all that are tied alike, whatever is blocked in them."""
    before = many.likeness

    def likeness(one: facts.Facts, now: datetime) -> facts.Facts:
        return msgspec.structs.replace(
            before(one, now), blocks=(), relations=(), protection="", labelled=(), openings=()
        )

    patch.setattr(many, "likeness", likeness)


def _etag_first(patch: Patch) -> None:
    """A version that the client has already is said to be unchanged before anybody asks whose it is."""
    before = reading.reading

    async def read(call: Any, work: Work) -> Any:
        if "if-none-match" in call.headers:
            key = await journal.key_of(work, call.type, call.id)
            row = await work.office.current.fetch(key)
            if row is not None:
                return answers.Answer(status=304)
        return await before(call, work)

    patch.setattr(reading, "reading", read)


def _counted_first(patch: Patch) -> None:
    """What is counted is counted before the rules have said whose records may be looked in."""
    before = searching_.Compiler.total

    def total(self: Any) -> Any:
        wide = replace(self.scope, owners=None, persons=True, items=(), denied=(), commons="all")
        return before(replace(self, scopes={**self.scopes, "": wide}))

    patch.setattr(searching_.Compiler, "total", total)


def _refusals_openly(patch: Patch) -> None:
    """A refusal is told as one: whoever asks learns that something is there."""
    patch.setattr(performing, "as_seen", lambda refused: refused)


def _refusal_in_other_words(patch: Patch) -> None:
    """What is hidden is answered 404 as what is not there, but not in the same words."""

    def as_seen(refused: Refused) -> Refused:
        return Refused("AK-J002") if refused.code.startswith("AK-A0") else refused

    patch.setattr(performing, "as_seen", as_seen)


def _everybody_may(place: Any) -> Callable[[Patch], None]:
    """One way of reading asks nobody."""

    def put(patch: Patch) -> None:
        allowed = asking.Decision(permit=True, rule="fault", basis="feil")
        for name in ("allow_row", "may_read", "allow", "asked"):
            if hasattr(place, name):
                patch.setattr(place, name, lambda *_, **__: allowed)
        if hasattr(place, "permitted"):
            patch.setattr(place, "permitted", lambda _, rows: [(row, allowed) for row in rows])
        if hasattr(place, "denied_ids"):
            patch.setattr(place, "denied_ids", _async([]))

    return put


def _all_scopes(patch: Patch) -> None:
    """Chains go through records that nobody has asked about."""
    before = scopes.Scopes.one

    async def one(self: scopes.Scopes, type_: str, act: Any, owner: int | None = None, **more: Any) -> Any:
        found = await before(self, type_, act, owner, **more)
        if type_ == "Patient":
            return replace(found, owners=None, persons=True, items=(), denied=())
        return found

    patch.setattr(scopes.Scopes, "one", one)


def _placed_openly(patch: Patch) -> None:
    """Who acts for somebody with a hidden address is told where they are."""
    patch.setattr(masking, "_telling_places", _async([]))


def _asking_nobody(place: Any) -> Callable[[Patch], None]:
    """What stands beside the record is told as it is, whoever reads."""
    return lambda patch: patch.setattr(place, "whereabouts_hidden", _async(value=False))


def _no_secret(patch: Patch) -> None:
    patch.setattr(opening.Opened, "secret", property(lambda _: False))


def _for_ever(patch: Patch) -> None:
    """Reports to the barnevern have no term."""
    patch.setattr(duty, "TERM", timedelta(days=36_500))


def _from_everywhere(patch: Patch) -> None:
    """Nobody asks for which unit somebody has reported."""
    before = duty.own_report

    def own(ask: asking.Ask) -> bool:
        marks = ask.labels.security if ask.labels else ()
        unit = next((one.removeprefix("reported-from-") for one in marks if one.startswith("reported-from-")), "")
        actor = replace(ask.actor, unit_id=f"Organization/{unit}")
        return before(msgspec.structs.replace(ask, actor=actor))

    patch.setattr(duty, "own_report", own)


def _work_of_all_units(patch: Patch) -> None:
    """What a unit has to do is for the staff of all units."""
    kept = [one for one in asking.RULES if one.name != "work_of_own_unit"]
    (rule,) = [one for one in asking.RULES if one.name == "work_of_own_unit"]

    def holds(ask: asking.Ask) -> bool:
        return ask.labels is not None and rule.holds(
            msgspec.structs.replace(ask, labels=msgspec.structs.replace(ask.labels, unit=ask.actor.unit))
        )

    patch.setattr(rules, "RULES", [*kept, msgspec.structs.replace(rule, holds=holds)])


def _reports_with_the_units_work(patch: Patch) -> None:
    """Searches find whatever a unit has written that belongs to nobody."""
    patch.setattr(statement.SQL, "of_unit", "NOT :r.person AND :r.unit = :unit")


FAULTS: Final[tuple[Fault, ...]] = tuple(
    Fault(name=name, asker=asker, person=person, put=put)
    for name, asker, person, put in (
        ("strictly confidential is no bar", "a program", "strictly confidential", _without("strictly_confidential")),
        ("a block yields to an emergency where it names somebody", "who opens in an emergency", "closed to who opened it",
         _without("blocked_for_this_person")),
        ("a block is no bar", "sykepleier in nord", "closed", _without("blocked", "blocked_for_this_person")),
        ("a presumed objection does not count", "sykepleier in sentrum", "who would object", _without("would_object")),
        ("the role is not asked", "kontormedarbeider in nord", "served", _without("role_does_not_cover")),
        ("the token is not asked for the type", "a program of measurements", "served", _without("token_does_not_cover")),
        ("the token is not asked for the person", "the nurse's app for her", "in a team", _without("token_is_for_another")),
        ("what is attested of one is for all", "a doctor elsewhere, for one served", "served by both",
         _without("attested_for_something_else")),
        ("what is not released is told", "with something not released", "with something not released",
         _without("not_released_yet")),
        ("what is withheld is not", "with something withheld", "with something withheld", _without("withheld")),
        ("a report of a child is told to a parent", "the mother", "a reported child", _without("withheld")),
        ("who has reported a child reads it for ever", "who reported", "a child reported a year ago", _for_ever),
        ("who has reported a child reads it from every unit", "who reported", "a child reported from another unit", _from_everywhere),
        ("a report of somebody unknown is the unit's", "sykepleier in sentrum", "somebody unknown who is reported",
         _without("anothers_report_of_somebody_unknown")),
        ("a report of somebody unknown is every program's", "a program", "somebody unknown, reported a year ago",
         _without("anothers_report_of_somebody_unknown")),
        ("searches find reports among the unit's work", "sykepleier in sentrum", "somebody unknown who is reported",
         _reports_with_the_units_work),
        ("who has reported somebody unknown reads it for ever", "who reported", "somebody unknown, reported a year ago", _for_ever),
        ("the work of a unit is everybody's", "sykepleier in nord", "a unit's own work", _work_of_all_units),
        ("family is let in at work", "a nurse who is a mother", "a nurse's child", _without("close_family")),
        ("staff read their own record at work", "a nurse who is a patient", "a patient who is a nurse",
         _without("own_record_as_staff")),
        ("parents who have lost the care are let in", "the mother", "a child in care", _without("care_taken_over")),
        ("youth see all", "a youth of 14 who signs in", "a youth of 14 who signs in", _without("youth_sees_a_part")),
        ("blocks are told to those who act for somebody", "the daughter", "with a closed document",
         _without("consents_are_the_persons")),
        ("cases are told to those who give care", "sykepleier in nord", "with a case", _without("case_of_others")),
        ("emergencies lift every bar", "who opens in an emergency", "closed in emergencies too", _lifting_all),
        ("relations never end", "sykepleier in nord", "in a team that has ended", _returning(facts.Relation, "holds", value=True)),
        ("openings never end", "who opens with a reason", "opened yesterday", _returning(override, "in_force", value=True)),
        ("the dead are not known to be", "the daughter", "acted for, and dead", _decoded_with(deceased=False)),
        ("the age is not known", "the mother", "a youth of 16", _returning(children, "younger_than", value=True)),
        ("no fact says that an address is protected", "a program", "strictly confidential", _decoded_with(protection="")),
        ("a proxy for a part is for all", "who keeps the calendar", "acted for", _returning(citizens, "covers", value=True)),
        ("a guardian for money is for all", "the guardian", "under guardianship for money", _returning(citizens, "mandated", value=True)),
        ("searches show the parts that are closed", "sykepleier in nord", "with a closed document", _nothing_denied),
        ("searches look in every record of the circle", "sykepleier in nord", "closed to nurses", _all_owners),
        ("one record stands for all that are tied alike", "sykepleier in nord", "closed", _first_stands_for_all),
        ("an ETag is answered first", "saksbehandler in sentrum", "served", _etag_first),
        ("hits are counted first", "sykepleier in sentrum", "served", _counted_first),
        ("a refusal says so", "sykepleier in sentrum", "served", _refusals_openly),
        ("a refusal has other words", "sykepleier in sentrum", "served", _refusal_in_other_words),
        ("histories ask nobody", "sykepleier in nord", "closed", _everybody_may(histories)),
        ("whole records are given without asking", "sykepleier in nord", "with a closed document", _everybody_may(compartment)),
        ("what comes along is not asked about", "sykepleier in nord", "with a closed document", _everybody_may(company)),
        ("names of others are not masked", "sykepleier in nord", "known to nobody",
         lambda patch: patch.setattr(masking, "_hidden", _no_names)),
        ("addresses are not masked", "sykepleier in nord", "confidential and served",
         _returning(masking.addresses, "hidden_from", value=False)),
        ("chains go through every record", "sykepleier in nord", "known to nobody", _all_scopes),
        ("places are told to a proxy", "the daughter", "confidential, with a proxy", _placed_openly),
        ("places are told to a parent", "the mother", "a confidential child", _placed_openly),
        ("searches look at places", "the daughter", "confidential, with a proxy",
         _returning(scopes.Scopes, "hides_places", value=False)),
    )
)  # fmt: skip


# Faults of the citizens' pages about a person with a hidden address: what pages tell comes of more than the record.
PAGE_FAULTS: Final[tuple[Fault, ...]] = tuple(
    Fault(name=name, asker=asker, person=person, put=put)
    for name, asker, person, put in (
        ("the log names who looked", "the mother", "a confidential child", _asking_nobody(lookers)),
        ("who opened in an emergency is named", "the guardian", "at a klientadresse, under guardianship", _asking_nobody(authors)),
        ("one sees with the eyes of who works there", "the mother", "a confidential child",
         _returning(viewing, "places_hidden_from", value=False)),
        ("a page forgets whose eyes it is for", "the mother", "a confidential child", _no_secret),
        ("pages show places", "the daughter", "confidential, with a proxy", _placed_openly),
    )
)  # fmt: skip


async def _no_names(_: Work, rows: Any, __: Any) -> list[set[str]]:
    return [set() for _ in rows]


BY_NAME: Final[Mapping[str, Fault]] = {one.name: one for one in FAULTS}
