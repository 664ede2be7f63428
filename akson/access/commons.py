"""The rules about what belongs to nobody in particular: units, staff, codes, schedules, lists."""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import CITIZEN, CONTENT, RULES, STAFF, SYSTEM, Act, Ask, own_job, rule
from akson.access.facts import SEVERAL
from akson.access.roles import Permission

__all__ = ["NAMELESS", "REVIEWED", "RULES"]

NAMELESS = "asked-without-a-name"  # the mark of a question about nobody, beside the ids of the two units it is between
REVIEWED = "who-works-here"  # the mark of what is said of who has access at a unit, beside the id of that unit

OPEN_TO_CITIZENS = frozenset(
    {"Organization", "HealthcareService", "Location", "Questionnaire", "CodeSystem", "ValueSet", "PractitionerRole"}
)
UNIT_WORK = frozenset({"Schedule", "Slot", "List", "Group", "Task", "Appointment", "Communication", "Basic", "Binary",
                       "DocumentReference"})  # fmt: skip
# SearchParameters change how the whole installation is searched: programs write them, people read them.
# Who has confirmed the lists of staff is for those who keep them.
SEEN_BY_ALL_STAFF = frozenset(roles.WRITES[Permission.MANAGE].split()) - UNIT_WORK - {"VerificationResult"} | {
    "Schedule",
    "Slot",
    "SearchParameter",
}


@rule(146, refusal="AK-A045", persons=False)
def about_several_persons(ask: Ask) -> bool:
    """Refuse what is about several persons at once, to all but those who load it and our own jobs.

    No block, protection or tie of any one of them reaches what stands in no record.

    Source: pjl §§ 16, 17, 19 (access is judged for each person); domain rules R1, R11, R29
    """
    if ask.labels is None or SEVERAL not in ask.labels.security:
        return False
    return not (own_job(ask) or roles.loads(ask.actor))


@rule(500, basis="felles register", persons=False, to=STAFF, acts=frozenset({Act.READ, Act.SEARCH_IDENTITY}))
def staff_read_registers(ask: Ask) -> bool:
    """Allow staff to read about units, colleagues, places and codes.

    Source: pjl § 19 (these are not health information); domain rule R7
    """
    return ask.labels is not None and ask.labels.type in SEEN_BY_ALL_STAFF


@rule(501, basis="felles register", persons=False, to=CITIZEN, acts=frozenset({Act.READ}))
def citizens_read_registers(ask: Ask) -> bool:
    """Allow citizens to read about units, services, forms and codes.

    Source: forvaltningsloven § 11 (duty to guide)
    """
    return ask.labels is not None and ask.labels.type in OPEN_TO_CITIZENS


@rule(510, basis="enhetens arbeid", persons=False, to=STAFF, acts=CONTENT | {Act.REGISTER})
def work_of_own_unit(ask: Ask) -> bool:
    """Allow staff the schedules, lists and tasks of their own unit that concern no single patient.

    Source: pjl § 19; domain rule R1
    """
    labels = ask.labels
    if labels is None or labels.type not in UNIT_WORK or not labels.unit == ask.actor.unit != 0:
        return False
    may = roles.may_read if ask.act is Act.READ else roles.may_write
    return may(ask.actor.role, labels.type)


@rule(515, basis="spurt uten navn", persons=False, to=STAFF)
def asked_without_a_name(ask: Ask) -> bool:
    """Allow the two units that a question without a name is between to read it and answer: it stands in no record.

    Source: hpl § 23 (Prop. 154 L: who is consulted is told no more than the question takes); domain rule R4
    """
    labels, unit = ask.labels, ask.actor.unit_id.partition("/")[2]
    if labels is None or labels.type != "Task" or not {NAMELESS, unit} <= labels.security:
        return False
    may = roles.may_read if ask.act is Act.READ else roles.may_write
    return may(ask.actor.role, labels.type)


@rule(520, basis="forvalter registrene", persons=False, to=STAFF, acts=CONTENT | {Act.REGISTER})
def administrators_keep_registers(ask: Ask) -> bool:
    """Allow administrators to keep units, staff and codes.

    Source: Normen (management of access is a role of its own); domain rule R7
    """
    return ask.labels is not None and (
        roles.has(ask.actor.role, Permission.MANAGE) and roles.may_write(ask.actor.role, ask.labels.type)
    )


@rule(525, basis="går gjennom tilganger", persons=False, to=STAFF, acts=CONTENT | {Act.REGISTER})
def manager_confirms_who_works_here(ask: Ask) -> bool:
    """Allow managers to say if the list of who has access at their own unit is right, and to read what is said of it.

    What they write of another unit is refused by units_of_others.

    Source: Normen, fact sheet 14 (the manager goes through accesses at fixed times); domain rule R8
    """
    labels, unit = ask.labels, ask.actor.unit_id.partition("/")[2]
    if labels is None or labels.type != "VerificationResult" or not roles.has(ask.actor.role, Permission.CONFIRM_STAFF):
        return False
    told = ask.act is Act.READ and {REVIEWED, unit} <= labels.security
    return told or labels.unit == ask.actor.unit != 0


@rule(530, basis="avtale om datadeling", persons=False, to=SYSTEM, acts=frozenset(Act) - {Act.OPEN, Act.ERASE, Act.END})
def program_reads_registers(ask: Ask) -> bool:
    """Allow our own jobs and programs with an agreement what belongs to nobody, as far as their token covers it.

    Source: pjl §§ 19, 22
    """
    return ask.labels is not None and (ask.labels.type not in roles.NEVER or roles.loads(ask.actor))
