"""Care: services, plans, visits, appointments, tasks and messages of one chart."""

from __future__ import annotations

from akson.registers.codes import SERVICE
from seeds.chart import Chart
from seeds.fjordvik import Unit
from seeds.shapes import AMOUNT, TASK, Resource, coded, period, ref
from seeds.staff import Member

HOME_NURSING = ("15", "Hjemmesykepleie")
NURSING_HOME = ("21", "Langtidsopphold i institusjon")
SHORT_STAY = ("18", "Tidsbegrenset opphold")
ALARM = ("6", "Trygghetsalarm")
MEALS = ("5", "Matombringing")
HOME_HELP = ("1", "Praktisk bistand")


def service(
    chart: Chart,
    kind: tuple[str, str],
    unit: Unit,
    since: str,
    *,
    until: str = "",
    how_much: str = "",
    ended: bool = False,
) -> str:
    """Add a service; while it is active its unit cares for the person, and that is a basis for access."""
    made: Resource = {
        "status": "finished" if ended else "active",
        "type": [_service(kind)],
        "patient": chart.who,
        "managingOrganization": unit.link,
        "period": period(since, until),
    }
    if how_much:
        made["extension"] = [{"url": AMOUNT, "valueString": how_much}]
    return chart.add("EpisodeOfCare", made)


def _service(kind: tuple[str, str]) -> Resource:
    code, text = kind
    return coded(SERVICE, code, text) if code else {"text": text}


def team(chart: Chart, members: list[tuple[str, Resource]], unit: Unit) -> str:
    """Add the care team: (role in words, who)."""
    made = {
        "status": "active",
        "name": "Team rundt " + chart.of.given[0],
        "subject": chart.who,
        "managingOrganization": [unit.link],
        "participant": [{"role": [{"text": role}], "member": member} for role, member in members],
    }
    return chart.add("CareTeam", made, "team")


def goal(chart: Chart, text: str, since: str) -> str:
    """Add what the person wants to reach."""
    made = {"lifecycleStatus": "active", "description": {"text": text}, "subject": chart.who, "startDate": since}
    return chart.add("Goal", made)


def plan(
    chart: Chart,
    title: str,
    why: str,
    unit: Unit,
    by: Member,
    since: str,
    *,
    measures: list[tuple[str, str]],
    medicines: list[tuple[str, str]] | None = None,
    goals: list[str] | None = None,
    team: str = "",
) -> str:
    """Add a plan: measures and medicine rounds as (what, how), ticked off at each visit."""
    activities = [_activity("ServiceRequest", *measure) for measure in measures]
    activities += [_activity("MedicationRequest", *given) for given in medicines or []]
    made: Resource = {
        "status": "active",
        "intent": "plan",
        "title": title,
        "description": why,
        "subject": chart.who,
        "period": period(since),
        "created": since,
        "author": by.link,
        "contributor": [unit.link],
        "activity": activities,
    }
    if goals:
        made["goal"] = [ref(key) for key in goals]
    if team:
        made["careTeam"] = [ref(team)]
    return chart.add("CarePlan", made, "plan")


def _activity(kind: str, what: str, how: str) -> Resource:
    return {"detail": {"kind": kind, "status": "in-progress", "code": {"text": what}, "description": how}}


def appointment(chart: Chart, text: str, start: str, end: str, *, who: Member | None = None, place: str = "") -> str:
    """Add an appointment with somebody, or at a place outside."""
    other = who.link if who else {"type": "Location", "display": place}
    made: Resource = {
        "status": "booked",
        "description": text,
        "start": start,
        "end": end,
        "participant": [{"actor": chart.who, "status": "accepted"}, {"actor": other, "status": "accepted"}],
    }
    if who:
        made["serviceType"] = [{"text": who.unit.kind_name or who.unit.name}]
    return chart.add("Appointment", made)


def task(
    chart: Chart,
    text: str,
    owner: Resource,
    due: str,
    *,
    sender: Resource,
    sent: str,
    kind: str = "handling",
    status: str = "requested",
    state: str = "Mottatt",
    changed: str = "",
    urgent: bool = False,
    focus: str = "",
    name: str = "",
) -> str:
    """Add a task with an owner and a time limit; `kind` is handling (act) or orientering (know)."""
    made: Resource = {
        "status": status,
        "intent": "order",
        "priority": "urgent" if urgent else "routine",
        "code": coded(TASK, kind, "Krever handling" if kind == "handling" else "Til orientering"),
        "description": text,
        "for": chart.who,
        "authoredOn": sent,
        "lastModified": changed or sent,
        "requester": sender,
        "owner": owner,
        "businessStatus": {"text": state},
        "restriction": {"period": {"end": due}},
    }
    return chart.add("Task", made | ({"focus": ref(focus)} if focus else {}), name)


def message(
    chart: Chart,
    text: str,
    sender: Resource,
    recipient: Resource,
    sent: str,
    *,
    received: str = "",
    about: tuple[str, ...] = (),
    topic: str = "",
) -> str:
    """Add a message about the person."""
    made: Resource = {
        "status": "completed",
        "subject": chart.who,
        "sender": sender,
        "recipient": [recipient],
        "sent": sent,
        "received": received or sent,
        "payload": [{"contentString": text}],
    }
    if topic:
        made["topic"] = {"text": topic}
    if about:
        made["about"] = [ref(key) for key in about]
    return chart.add("Communication", made)
