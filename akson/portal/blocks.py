"""Closing the record to a named person, and opening it again: the citizen's own decision, in force at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from akson.base.errors import Refused
from akson.base.work import Work
from akson.portal import decided
from akson.record import journal
from akson.record.consents import is_proxy
from akson.record.stored import Stored
from akson.record.working import Worker


async def close_to(work: Work, patient: str, worker: Worker) -> Stored:
    """Close the whole record of `patient` to one member of staff, in emergencies too.

    Source   pjl § 17; domain rules R11, C4
    Raises   Refused when access says no; then nothing is written
    Leaves   Consent in the record, access-log row, news
    """
    whom = decided.whom({"reference": f"Practitioner/{worker.id}", "display": worker.name})
    consent = decided.consent(
        work, patient, decided.BLOCK, {"coding": [decided.OPT_OUT]}, {"type": "deny", "actor": [whom]}
    )
    return (await journal.write_set(work, [journal.draft("POST", consent)]))[0]


async def end(work: Work, block: Stored) -> Stored:
    """End a block.

    Whoever wrote it down: it is the word of the person it is about.

    Raises   Refused AK-J003 when it was changed meanwhile
    Leaves   the Consent as inactive, access-log row, news
    """
    return await journal.update(work, {**block.resource, "status": "inactive"}, id_=block.id, if_match=block.version)


def in_force(consent: dict[str, Any]) -> bool:
    """Say whether a Consent is a block that holds."""
    denies = consent.get("status") == "active" and (consent.get("provision") or {}).get("type") == "deny"
    return denies and not is_proxy(consent)


def is_closed_to(consents: Iterable[dict[str, Any]], worker: Worker) -> bool:
    """Say whether the whole record is closed to one member of staff already."""
    provisions = [one["provision"] for one in consents if in_force(one)]
    return any(
        (actor.get("reference") or {}).get("reference") == f"Practitioner/{worker.id}"
        for provision in provisions
        if not provision.get("data") and not provision.get("securityLabel")
        for actor in provision.get("actor", ())
    )


def find(consents: list[Stored], id_: str) -> Stored:
    """Return one block that is in force.

    Raises   Refused AK-J001 when it is not among them
    """
    for hit in consents:
        if hit.id == id_ and in_force(hit.resource):
            return hit
    raise Refused("AK-J001")
