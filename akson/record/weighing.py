"""What a change is to the access rules: most are writes; one that decides who gets at the record is more than that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from akson.access import override, roles
from akson.access.facts import Facts, Opening, protects
from akson.access.roles import OWN_JOB
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.work import Kind, Work
from akson.record.changes import Change
from akson.record.consents import OPENING
from akson.record.deciding import asked, labels_of
from akson.record.facts import GOVERNING
from akson.record.relating import ANYBODYS, says_who_answers
from akson.record.session import session
from akson.registers.identifiers import PERSON_SYSTEMS

AUTHORISED: Final = "https://akson.no/fhir/authorisation"  # codings: what the register of health personnel answered
OWN_WORDS: Final = "https://akson.no/fhir/own-words"  # identifiers: what citizens tell of themselves
_STAFF: Final = {"PractitionerRole", "Practitioner"}
_SIGNS_IN: Final = tuple(f"Practitioner|{system}|" for system in PERSON_SYSTEMS)
_ATTESTED: Final = {"proxy", "guardian", "withdrawn"}  # by decision; parents are known to care givers


def weigh(work: Work, change: Change, facts: Facts) -> Act:
    """Return what to ask the rules for; a contact told of by one who may not let in lets nobody in.

    Whoever works under an opening has a patient in front of them, and the contact must be in the record while it goes
    on. It is written as any content, and the relation it would state is left out: the opening neither lasts longer nor
    reaches further. So are appointments, referrals and assignments. What already lets somebody in is not changed this
    way, and what has let nobody in does not begin to when somebody else corrects something in it. The same change may
    be weighed again, on other facts.
    """
    act, change.lets_in = act_of(change), True
    if _speaks_for(work, change) or _authorises(work, change):
        return Act.ATTEST
    if act is Act.ATTEST and _entrusts(work, change):
        return Act.GOVERN
    if _makes_staff(work, change) or _takes_a_self(work, change):
        return Act.ATTEST
    if act is Act.WRITE and change.type == "CareTeam" and any(map(says_who_answers, (change.stood, change.resource))):
        return Act.GOVERN  # who answers for a record is for those who give care, and for no opening
    if act is not Act.GOVERN or change.type not in ANYBODYS or _governing(change.stated):
        return act
    change.lets_in = _says_who(change) and asked(work, facts, labels_of(work, change), Act.GOVERN).permit
    return act if change.lets_in else Act.WRITE


def _says_who(change: Change) -> bool:
    """Tell whether something that has stated no relation is changed in what would state one, or is new."""
    stood, comes = change.stood, change.resource or {}
    return stood is None or any(stood.get(name) != comes.get(name) for name in ANYBODYS[change.type])


def act_of(change: Change) -> Act:
    """Return what to ask the rules for: the facts it would state are compared with those that stand."""
    if opening_of(change):
        return Act.OPEN
    if not change.person:
        return Act.WRITE
    if not change.stated and not change.facts:
        return _numbering(change)
    stood, comes = _governing(change.stated), _governing(row.data for row in change.facts)
    differing, numbering = [_fact(data) for data in stood ^ comes], _numbering(change)
    represents = any(f["kind"] == "representation" and f["value"]["kind"] in _ATTESTED for f in differing)
    if represents or _rank(comes) < _rank(stood) or numbering is Act.ATTEST:
        return Act.ATTEST
    return Act.GOVERN if differing else numbering


def _speaks_for(work: Work, change: Change) -> bool:
    """Tell whether somebody would put words in the person's mouth, or take them out: what they tell of themselves.

    That is for the person, and who acts for them, on their own pages: not for those at work, an app or a program. Old
    records are loaded as they stand, by who has brought nothing of the person's own before.
    """
    if change.type != "QuestionnaireResponse" or OWN_JOB in work.actor.scopes:
        return False
    stood, comes = (((one or {}).get("identifier") or {}).get("system") for one in (change.stood, change.resource))
    if OWN_WORDS not in (stood, comes) or (work.actor.kind is Kind.CITIZEN and not work.actor.scopes):
        return False
    return stood == OWN_WORDS or not roles.loads(work.actor)


def vouch(work: Work, person: str) -> None:
    """Let what the register of health personnel answered about somebody be written, by who has just asked it.

    person  "Practitioner/<id>"
    """
    session(work).vouched.add(person)


def _authorises(work: Work, change: Change) -> bool:
    """Tell whether somebody would write, change or remove what the register of health personnel answered."""
    if change.type != "VerificationResult":
        return False
    told = [one for one in (change.stood, change.resource) if one and AUTHORISED in _systems(one)]
    about = {target.get("reference") for one in told for target in one.get("target") or ()}
    return bool(told) and not (about and about <= session(work).vouched and change.brings)


def _systems(verified: dict[str, Any]) -> set[str]:
    """Return the code systems of the statuses in a VerificationResult."""
    statuses = (source.get("validationStatus") or {} for source in verified.get("primarySource") or ())
    return {coding.get("system", "") for status in statuses for coding in status.get("coding") or ()}


def _entrusts(work: Work, change: Change) -> bool:
    """Tell whether somebody says who may act for them, or no longer: of oneself nobody else needs to attest it."""
    own = work.actor.kind is Kind.CITIZEN and change.owner == work.actor.key
    return own and change.type == "Consent" and not work.actor.scopes  # no app does it in one's name


def _numbering(change: Change) -> Act:
    """Return what the numbers ask for: whoever holds the number signs in as this person, and reads it all.

    A number is given to who has none by those who give care: a newborn, a tourist. Whose it is after that, and whose
    number somebody has who was deleted in between, only the registers say. A deletion moves no number to anybody.
    """
    if not change.identifiers and not change.numbers:
        return Act.WRITE
    comes = {f"{system}|{value}" for system, value in change.identifiers}
    if comes == change.numbers:
        return Act.WRITE
    return Act.ATTEST if change.brings and (change.numbers or change.returned) else Act.GOVERN


def _makes_staff(work: Work, change: Change) -> bool:
    """Tell whether somebody changes their own employment, or by whose national number one of staff signs in.

    A deletion frees the number, for a new self with another role.
    """
    if change.type not in _STAFF:
        return False
    told = [_fact(data) for data in (*change.stated, *(row.data for row in change.facts))]
    own = any(one["kind"] == "employment" and one["value"]["person"] == work.actor.key != 0 for one in told)
    comes = {f"{system}|{value}" for system, value in change.identifiers}
    held, given = ({one for one in numbers if one.startswith(_SIGNS_IN)} for numbers in (change.numbers, comes))
    moved = change.type == "Practitioner" and held != given
    return own or (moved and (bool(held) or change.returned))


def _takes_a_self(work: Work, change: Change) -> bool:
    """Tell whether somebody at work would delete whom a number signs in as.

    The citizen would come to another record next, and never to the log, the blocks and the entries of this one.
    """
    return change.type == "Patient" and not change.brings and bool(change.numbers) and work.actor.kind is Kind.STAFF


def refuse_unfit_opening(work: Work, change: Change) -> None:
    """Refuse an opening that nobody could have taken on screen; let the log tell the reason of the others.

    Raises  Refused AK-A07x, see override.refuse_unfit; AK-A073 also when it closes something in the person's name
    """
    taken = opening_of(change)
    if taken is None:
        return
    if any(row.kind == "block" for row in change.facts):
        raise Refused("AK-A073", path="Consent.provision.provision")
    category: dict[str, Any] = next((c for c in (change.resource or {}).get("category") or [] if _template(c)), {})
    taken = msgspec.structs.replace(taken, reason=category.get("text", ""))
    override.refuse_unfit(taken, _template(category), work.actor, work.purpose, work.now)
    work.reason = taken.reason


def opening_of(change: Change) -> Opening | None:
    """Return the opening that a change brings, or None."""
    if change.type != "Consent":
        return None
    found = (row.data for row in change.facts if row.kind == "opening")
    return next((msgspec.convert(_fact(data)["value"], Opening) for data in found), None)


def _template(category: dict[str, Any]) -> str:
    return next((c.get("code", "") for c in category.get("coding") or [] if c.get("system") == OPENING), "")


def _governing(facts: Iterable[bytes]) -> frozenset[bytes]:
    """Return those that let people in or keep them out; to be close family bars from a record, and lets nobody in."""
    known = ((data, _fact(data)) for data in facts)
    return frozenset(data for data, one in known if one["kind"] in GOVERNING and not _is_family(one))


def _is_family(fact: dict[str, Any]) -> bool:
    return fact["kind"] == "representation" and bool(fact["value"]["kind"] == "family")


def _rank(facts: frozenset[bytes]) -> int:
    """Return how strongly these protect."""
    return max((protects(fact["value"]) for fact in map(_fact, facts) if fact["kind"] == "protection"), default=0)


def _fact(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(data)
    return found
