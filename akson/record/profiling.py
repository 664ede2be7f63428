"""Holds what is to be written against the rules of R4 and the profiles it claims.

The check itself is pure and asks nobody. Where it needs to know of codes, it notes its questions; terminology answers
them together, and it is run once more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from akson.access.roles import OWN_JOB
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import invariants
from akson.fhir.bodies import may_say
from akson.fhir.fhirpath import Terminology as Codes
from akson.fhir.issues import GRAVE, Invalid, Issue, placed
from akson.fhir.profiles import checking, everything
from akson.fhir.profiles.bindings import Asking, Question
from akson.fhir.profiles.library import Library
from akson.registers.terminology.ports import Terminology

Written = tuple[str, dict[str, Any] | None, bytes]  # where it stood in what was sent, the resource, its body
_SIGNS = (b'"profile"', b'xtension"', b'"questionnaire"')  # without these nothing is claimed


async def hold(work: Work, written: Iterable[Written]) -> None:
    """Refuse resources that break a rule of R4, a profile they claim, or an extension's own definition.

    What our own jobs file has come from elsewhere and must not be lost for a rule between elements: there R4's own
    rules are not asked.

    Raises  Invalid with every error and its path
    """
    library = work.office.profiles
    found: list[Issue] = []
    async for path, resource, body in in_turns(written):
        if resource is None:
            continue
        told = [] if OWN_JOB in work.actor.scopes else invariants.broken(resource, body)
        if len(library) and may_say(body, *_SIGNS):
            told += await _asked(work, partial(_faults, resource, library))
        found += [placed(issue, path) for issue in told if issue.severity in GRAVE]
    if found:
        raise Invalid(found)


def _faults(resource: dict[str, Any], library: Library, terms: Codes) -> list[Issue]:
    return checking.faults(resource, library, terms=terms)


async def examine(work: Work, body: bytes, profiles: Iterable[str]) -> list[Issue]:
    """Return all that is to be said of a resource that is not to be written. Raises Invalid when it cannot be read."""
    library, wanted = work.office.profiles, tuple(profiles)
    return await _asked(work, lambda terms: everything.issues(body, library, wanted, terms))


async def _asked(work: Work, check: Callable[[Codes], list[Issue]]) -> list[Issue]:
    asking = Asking(work.office.profiles.terms)
    found = check(asking)
    if asking.open:
        await _answer(asking, Terminology(work.office.database).holds)
        found = check(asking)
    return found


async def _answer(asking: Asking, holds: Callable[[str, str, str], Awaitable[bool | None]]) -> None:
    questions: list[Question] = sorted(asking.open)
    for system, code, value_set in questions:
        asking.answers[system, code, value_set] = await holds(system, code, value_set)
