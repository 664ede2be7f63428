"""Taking one's own digital access away, for people whom others make show it; and giving it back at a desk."""

from __future__ import annotations

from typing import Any, Final

from akson.access.facts import Facts
from akson.access.stopping import RESTORED, STOPPED, stop_in
from akson.base.work import Work
from akson.record import journal
from akson.record.consents import SIGN_IN
from akson.record.session import transaction
from akson.record.stored import Stored
from akson.signin.sessions import end_everywhere
from akson.signin.smart.granting import withdraw_all

MARK: Final = "https://akson.no/fhir/mark"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"


async def stop(work: Work) -> Stored:
    """Take the actor's own digital access away, in force when this is committed: sessions, apps, signing in anew.

    Source  domain rule C11
    Leaves  Consent in the record, access-log row, news; no session and no grant of the actor
    """
    consent: dict[str, Any] = {
        "resourceType": "Consent", "status": "active", "meta": {"security": [{"system": MARK, "code": STOPPED}]},
        "scope": {"coding": [{"system": _TERMINOLOGY + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": SIGN_IN, "code": STOPPED}]}], "patient": {"reference": work.actor.id},
        "dateTime": work.now.isoformat(), "performer": [{"reference": work.actor.id}],
        "policyRule": {"coding": [{"system": _TERMINOLOGY + "v3-ActCode", "code": "OPTOUT"}]},
    }  # fmt: skip
    made = await journal.create(work, consent)
    connection = await transaction(work)
    await end_everywhere(connection, work.actor.id)
    await withdraw_all(connection, work.actor.id, work.now)
    return made


async def standing(work: Work, facts: Facts) -> Stored | None:
    """Return the stop that holds in a record, None when there is none. Raises an access refusal."""
    found = stop_in(facts)
    return await journal.read(work, found.type, found.id) if found else None


async def restore(work: Work, stopped: Stored, version: int, *, reason: str) -> Stored:
    """Give a person's access back, whom the actor has met.

    reason  how it was made sure who it is and that it is their own wish; the citizen reads it in the log
    Raises  Refused AK-J003 when it was changed meanwhile, or an access refusal
    Leaves  the Consent as inactive, access-log row, news
    """
    work.reason = reason
    meta = dict(stopped.resource["meta"])
    meta["security"] = [*meta["security"], {"system": MARK, "code": RESTORED}]
    ended = {**stopped.resource, "meta": meta, "status": "inactive"}
    return await journal.update(work, ended, id_=stopped.id, if_match=version)
