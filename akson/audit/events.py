"""The access log as FHIR AuditEvents, for those who follow it up with programs of their own.

Source  hl7.org/fhir/R4/auditevent.html; outcome and action by its value sets. A person stands by the record's own key,
        as in the log: neither the log nor who reads it knows national numbers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import msgspec

from akson.base.database import Record
from akson.base.queries import queries
from akson.base.work import Seen

SQL = queries(__file__, "events.sql")
ROLE: Final = "akson_auditor"
PERSON: Final = "urn:akson:record"  # system of the key of a record
_REST: Final = {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"}
_WHY: Final = {"SYSADMIN": "HSYSADMIN"}  # ours where HL7 calls it something else
_ACTIONS: Final = {"POST": "C", "PUT": "U", "PATCH": "U", "DELETE": "D", "ERASE": "D", "ENDING": "D",
                  "search": "E", "export": "E"}  # fmt: skip
_OUTCOMES: Final = {"permit": "0", "refuse": "4", "failed": "8"}
_seen = msgspec.json.Decoder(list[Seen])


async def events(url: str, since: datetime, until: datetime, patient: int | None = None) -> AsyncIterator[bytes]:
    """Yield one AuditEvent a line, in the order of time, as the log is read.

    url      of a login that may act as the auditor
    patient  key of the record it is about; None: all of them
    """
    connection = await asyncpg.connect(url, server_settings={"role": ROLE, "statement_timeout": "0"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            async for row in connection.cursor(SQL.rows, since, until, patient, prefetch=500):
                yield msgspec.json.encode(event(row)) + b"\n"
    finally:
        await connection.close()


def event(row: Record) -> dict[str, Any]:
    """Return a row of the log as an AuditEvent; `id` is its place in the log."""
    seen = _seen.decode(row["seen"])
    told: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"{row['stream']}-{row['seq']}",
        "type": _REST,
        "action": _action(seen),
        "recorded": row["at"].astimezone(UTC).isoformat(),
        "outcome": _OUTCOMES[row["outcome"]],
        "purposeOfEvent": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "code": _WHY.get(row["purpose"], row["purpose"]),
        }]}],
        "agent": _agents(row),
        "source": {"observer": {"display": row["controller_name"] or "Akson"}},
    }  # fmt: skip
    if row["reason"].strip():
        told["outcomeDesc"] = row["reason"].strip()
    if seen:
        told["entity"] = [_entity(one) for one in seen]
    return told


def _action(seen: list[Seen]) -> str:
    """Return what was done first: C, R, U, D or E."""
    return _ACTIONS.get(seen[0].what.partition(" ")[0], "R") if seen else "E"


def _agents(row: Record) -> list[dict[str, Any]]:
    who: dict[str, Any] = {"requestor": True, "name": row["actor_name"] or row["actor_id"] or row["actor_kind"]}
    if row["actor_id"]:
        who["who"] = {"identifier": {"value": row["actor_id"]}, "display": who["name"]}
    if row["actor_role"]:
        who["role"] = [{"text": row["actor_role"]}]
    if not row["unit_name"]:
        return [who]
    place = {"identifier": {"system": PERSON, "value": str(row["unit"])}, "display": row["unit_name"]}
    return [who, {"requestor": False, "who": place}]


def _entity(one: Seen) -> dict[str, Any]:
    details = {"outcome": one.outcome, "rule": one.rule, "basis": one.basis}
    entity: dict[str, Any] = {"detail": [{"type": name, "valueString": said} for name, said in details.items() if said]}
    if one.what.strip():
        entity["name"] = one.what.strip()
    if one.patient:
        entity["what"] = {"identifier": {"system": PERSON, "value": str(one.patient)}}
    return entity
