"""What the terminology operations share: who answers, with which versions, and how a refusal looks.

Terminology is public knowledge: a signed-in caller needs no basis, and no patient is in it, so nothing is logged.
A resource by its id is read through the journal like any other.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

import asyncpg

from akson.base.errors import Refused
from akson.fhir import bodies
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import Inputs
from akson.record import journal
from akson.registers.terminology import languages, store
from akson.registers.terminology.finding import Finder, Wishes
from akson.registers.terminology.languages import Languages
from akson.registers.terminology.model import Issue, Json, Unanswerable, versioned

Operation = Callable[[Call], Awaitable[Answer]]
COMMON = frozenset({
    "system-version", "force-system-version", "check-system-version", "default-valueset-version", "tx-resource",
    "useSupplement", "displayLanguage",
})  # fmt: skip
_MOST_RESOURCES = 100


def answering(operation: Operation) -> Operation:
    """Return the operation with everything it cannot answer told as an OperationOutcome."""

    @wraps(operation)
    async def answered(call: Call) -> Answer:
        try:
            return await operation(call)
        except Unanswerable as told:
            return outcome(told.issues, told.status)
        except asyncpg.InvalidRegularExpressionError:
            return outcome([Issue(severity="error", code="invalid", kind="vs-invalid",
                                  text="A regular expression of the value set is not valid")], 422)  # fmt: skip
        except asyncpg.QueryCanceledError:
            return outcome([Issue(severity="error", code="too-costly", text="The question takes too long")], 422)

    return answered


def outcome(issues: Iterable[Issue], status: int) -> Answer:
    """Return an OperationOutcome."""
    return Answer(status=status, body=bodies.dumps(outcome_resource(issues)), outcome=True)


def outcome_resource(issues: Iterable[Issue]) -> Json:
    """Return the resource of an OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [issue.resource() for issue in issues]}


def parameters(*pairs: tuple[str, str, Any]) -> Json:
    """Return a Parameters resource of (name, value[x], value); what has no value is left out."""
    given = [{"name": name, kind: value} for name, kind, value in pairs if value not in (None, "")]
    return {"resourceType": "Parameters", "parameter": given}


def answer(resource: Json) -> Answer:
    """Return 200 with a resource."""
    return Answer(status=200, body=bodies.dumps(resource))


@asynccontextmanager
async def finder(call: Call, given: Inputs, own: Iterable[Json] = ()) -> AsyncIterator[Finder]:
    """Give what finds code systems and value sets for this call.

    own   code systems, value sets and maps that came with it, beside those of tx-resource. Code systems and maps are
          put into the tables in a transaction that is never committed; nobody else ever sees them
    """
    brought = [*own, *given.resources("tx-resource")]
    if len(brought) > _MOST_RESOURCES:
        raise Refused("AK-F008", path="Parameters.parameter", limit=_MOST_RESOURCES)
    wishes = _wishes(given)
    sets = _value_sets(brought)
    heavy = [one for one in brought if one["resourceType"] in ("CodeSystem", "ConceptMap")]
    database = call.server.office.database
    if not heavy:
        yield Finder(database, wishes=wishes, own=sets)
        return
    scope = secrets.randbits(62) + 1
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            place = store.Place(scope=scope, source="request")
            for one in heavy:
                if not one.get("url"):
                    raise Refused("AK-F007", name=f"{one['resourceType']} without url")
                await store.PUT[one["resourceType"]](connection, one, place=place)
            yield Finder(connection, scope=scope, wishes=wishes, own=sets)
        finally:
            await transaction.rollback()


def _value_sets(brought: Iterable[Json]) -> dict[str, Json]:
    """Return the value sets that came along, by url; contained ones by #id too."""
    found: dict[str, Json] = {}
    for one in brought:
        for inner in one.get("contained", ()):
            if inner.get("resourceType") == "ValueSet":
                found |= {f"#{inner.get('id', '')}": inner} | ({inner["url"]: inner} if inner.get("url") else {})
        if one["resourceType"] == "ValueSet" and one.get("url"):
            found[one["url"]] = one
    return found


def _wishes(given: Inputs) -> Wishes:
    return Wishes(
        default=_by_url(given.texts("system-version")), force=_by_url(given.texts("force-system-version")),
        check=_by_url(given.texts("check-system-version")),
        value_sets=_by_url(given.texts("default-valueset-version")), supplements=given.texts("useSupplement"),
    )  # fmt: skip


def _by_url(canonicals: Iterable[str]) -> dict[str, str]:
    found = {}
    for canonical in canonicals:
        url, bar, version = canonical.partition("|")
        if not bar:
            raise Refused("AK-F007", name=f"version {canonical[:80]} (expected url|version)")
        found[url] = version
    return found


def value_set_named(given: Inputs) -> str:
    """Return the canonical of the value set that is asked about, "" when none is named. Raises Refused AK-F007."""
    return versioned(given.text("url"), given.text("valueSetVersion")) if given.text("url") else ""


def languages_asked(given: Inputs, call: Call, otherwise: str = "") -> Languages:
    """Return the languages to answer in: as the parameter says, else the header, else `otherwise`.

    Raises  Refused AK-F007, Unanswerable
    """
    return languages.parse(given.text("displayLanguage") or call.headers.get("accept-language", "") or otherwise)


async def stored(call: Call) -> Json:
    """Return the resource that the call's address names, as its reader may see it."""
    await call.refuse_beyond_token("r")
    async with call.work("read") as work:
        found = await journal.read(work, call.type, call.id)
        resource: Json = bodies.loads(found.body or b"{}")
        return resource
