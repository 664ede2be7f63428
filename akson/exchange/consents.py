"""Consents that a letter to somebody outside of health care rests on: school, PPT. Without one nothing leaves.

Source: hpl § 22 (consent lifts secrecy), pbrl §§ 4-3, 4-4 (from 16 the youth's own, before that the parents')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.access.children import GROWN, age
from akson.access.consenting import DISCLOSURE
from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange.addresses import Address
from akson.exchange.nodes import OSLO
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.deciding import facts_for
from akson.record.search.searching import search
from akson.record.stored import Stored, marks_in
from akson.record.withholding import MARK

Resource = Mapping[str, Any]
_MOST: Final = "200"
_SCOPE: Final = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
_RECEIVES: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}


async def hold(work: Work, patient: str, to: Address) -> None:
    """Refuse to tell `to` anything of a person when that takes a consent and there is none. Raises Refused AK-X093."""
    if to.consented and not await given(work, patient, to):
        raise Refused("AK-X093", path="mottaker", name=to.name)


async def given(work: Work, patient: str, to: Address) -> Stored | None:
    """Return the consent to tell `to` that stands, the newest of several; None when there is none. One search."""
    pairs = [("patient", f"Patient/{patient}"), ("status", "active"), ("_count", _MOST)]
    hits = (await search(work, "Consent", pairs)).hits
    owner, _, _ = await journal.key_of(work, "Patient", patient)
    facts = (await facts_for(work, [owner])).get(owner)
    grown = facts is None or facts.birth_date is None or age(facts.birth_date, work.now) >= GROWN
    found = [hit for hit in hits if _stands(work, hit.resource, to) and _is_theirs(hit.resource, patient, grown=grown)]
    return max(found, key=lambda hit: hit.last_updated, default=None)


def _stands(work: Work, consent: Resource, to: Address) -> bool:
    provision = consent.get("provision") or {}
    actors = [(one.get("reference") or {}).get("reference") for one in provision.get("actor") or ()]
    until = (provision.get("period") or {}).get("end")
    permits = provision.get("type") == "permit" and DISCLOSURE in marks_in(consent.get("meta") or {})
    return permits and to.unit_id in actors and not (until and interval(until)[1] <= work.now)


def _is_theirs(consent: Resource, patient: str, *, grown: bool) -> bool:
    """Say whether who consented decides now: from 16 the person alone, whatever parents have said before."""
    said = {one.get("reference") for one in consent.get("performer") or ()}
    own = f"Patient/{patient}"
    return own in said if grown else bool(said - {own, None})


async def write_down(work: Work, patient: str, to: Address, *, by: Resource, what: str) -> Stored:
    """Write down that somebody has consented to tell `to` about a patient.

    by      who has consented, as a Reference; what: what it was consented to tell, in words
    Raises  what access says
    Leaves  Consent in the record: it lets nobody in
    """
    now = work.now.astimezone(OSLO).isoformat()
    return await journal.create(work, {
        "resourceType": "Consent", "status": "active", "meta": {"security": [{"system": MARK, "code": DISCLOSURE}]},
        "scope": {"coding": [_SCOPE]}, "category": [{"text": what}], "patient": {"reference": f"Patient/{patient}"},
        "dateTime": now, "performer": [dict(by)],
        "organization": [{"reference": work.actor.unit_id, "display": work.actor.unit_name}],
        "policyRule": {"text": "Helsepersonelloven § 22"},
        "provision": {
            "type": "permit", "period": {"start": now},
            "actor": [{"role": {"coding": [_RECEIVES]}, "reference": {"reference": to.unit_id, "display": to.name}}],
        },
    })  # fmt: skip
