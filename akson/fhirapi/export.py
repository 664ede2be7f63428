"""$export: begins a bulk export of everything, of all patients, or of a group's. Source: hl7.org/fhir/uv/bulkdata (2.0)

Nothing is made ready: see akson/record/exports.py. Where a job is asked for afterwards: export_jobs.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from akson.access.roles import NEVER
from akson.base.errors import Refused
from akson.fhir import owners, subsets, types
from akson.fhir.dates import instant
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import Inputs, inputs
from akson.record import exports, journal
from akson.record.exports import Wanted

_NAMES = frozenset({"_outputFormat", "_since", "_type", "_elements", "patient", "includeAssociatedData", "_typeFilter"})
_NOT_FOLLOWED = ("includeAssociatedData", "_typeFilter")
_NDJSON = frozenset({"application/fhir+ndjson", "application/ndjson", "ndjson"})
_MOST_PATIENTS = 1000
_EVERY = tuple(name for name in types.TYPES if name not in NEVER)
_OF_PERSONS = tuple(name for name in _EVERY if name in owners.OF_PERSONS)


async def of_all(call: Call) -> Answer:
    """Begin an export of the whole server."""
    return await _begin(call, _EVERY, persons=False)


async def of_patients(call: Call) -> Answer:
    """Begin an export of patients' records: all, or those named by `patient`."""
    return await _begin(call, _OF_PERSONS, persons=True)


async def of_group(call: Call) -> Answer:
    """Begin an export of the records of a group's members."""
    return await _begin(call, _OF_PERSONS, persons=True)


KICK_OFFS = frozenset({of_all, of_patients, of_group})  # `_elements` is theirs, not about this answer


async def _begin(call: Call, offered: Collection[str], *, persons: bool) -> Answer:
    await call.refuse_beyond_token("r")
    if call.actor.attested is not None:  # about one record, now: an export would go on by itself
        raise Refused("AK-A005")
    preferred = {part.strip().lower() for part in call.headers.get("prefer", "").replace(";", ",").split(",")}
    if "respond-async" not in preferred:
        raise Refused("AK-F030")
    given = await inputs(call, _NAMES)
    reading = _Reading(call, given, lenient="handling=lenient" in preferred)
    wanted = reading.wanted(offered, persons=persons)
    async with call.work("export") as work:
        group = None
        if call.type == "Group":
            group = (call.id, (await journal.read(work, "Group", call.id)).version)
        patients = reading.patients()
        if patients is not None:
            seen = await journal.read_many(work, [f"Patient/{id_}" for id_ in patients])
            if any(f"Patient/{id_}" not in seen for id_ in patients):
                raise Refused("AK-F007", name="parameter patient: unknown")
        asked = exports.Wanted(
            types=wanted.types, since=wanted.since, elements=wanted.elements, persons=persons,
            patients=patients, group=group, passed=tuple(reading.passed),
        )  # fmt: skip
        id_ = await exports.begin(work, _address(call), asked)
    place = f"{call.server.base}/$export/{id_}"
    return Answer(status=202, headers=((b"content-location", place.encode()),))


def _address(call: Call) -> str:
    """Return what was asked, without the patients that a body may name."""
    path = "/".join(filter(None, (call.type, call.id, "$export")))
    asked = "&".join(f"{name}={value}" for name, value in call.query if name != "patient")
    return f"{call.server.base}/{path}" + (f"?{asked}" if asked else "")


class _Reading:
    """The parameters of one kick-off. passed: what was left out because the client allowed it."""

    def __init__(self, call: Call, given: Inputs, *, lenient: bool) -> None:
        self._call, self._given, self._lenient = call, given, lenient
        self.passed: list[str] = []

    def wanted(self, offered: Collection[str], *, persons: bool) -> Wanted:
        """Return what is asked for, but for whom. Raises Refused AK-F007, AK-F032, AK-A005."""
        form = self._given.text("_outputFormat").replace(" ", "+")
        if form and form not in _NDJSON:
            self._leave("_outputFormat")
        for name in _NOT_FOLLOWED:
            if self._given.all(name):
                self._leave(name)
        return Wanted(types=self._types(offered), since=self._since(), elements=self._elements(), persons=persons)

    def patients(self) -> tuple[str, ...] | None:
        """Return the ids of the patients that a body names; None when it names none. Raises Refused AK-F007."""
        given = self._given.all("patient")
        if not given:
            return None
        if self._call.method != "POST" or not self._call.type or len(given) > _MOST_PATIENTS:
            raise Refused("AK-F007", name="parameter patient")
        named = [one.get("reference", "") if isinstance(one, dict) else "" for one in given]
        if not all(isinstance(one, str) and one.startswith("Patient/") for one in named):
            raise Refused("AK-F007", name="parameter patient")
        return tuple(sorted({one.removeprefix("Patient/") for one in named}))

    def _types(self, offered: Collection[str]) -> tuple[str, ...]:
        named = list(dict.fromkeys(_listed(self._given.texts("_type"))))
        for name in named:
            if name not in offered:
                self._leave(f"_type={name[:40]}")
            elif not self._call.covers(name, "r"):
                raise Refused("AK-A005")
        kept = [name for name in named if name in offered]
        return tuple(kept if named else [name for name in offered if self._call.covers(name, "r")])

    def _since(self) -> datetime | None:
        text = self._given.text("_since")
        try:
            return instant(text) if text else None
        except ValueError:
            raise Refused("AK-F007", name="parameter _since") from None

    def _elements(self) -> tuple[str, ...]:
        kept = []
        for one in _listed(self._given.texts("_elements")):
            type_, _, name = one.rpartition(".")
            fits = subsets.is_element(type_, name) if types.is_type(type_) else not type_ and name.isalnum()
            if fits:
                kept.append(one)
            else:
                self._leave(f"_elements={one[:60]}")
        return tuple(kept)

    def _leave(self, name: str) -> None:
        """Leave out what cannot be followed, when the client allows it. Raises Refused AK-F032."""
        if not self._lenient:
            raise Refused("AK-F032", name=f"parameter {name}")
        self.passed.append(name)


def _listed(values: Iterable[str]) -> list[str]:
    return [one.strip() for value in values for one in value.split(",") if one.strip()]
