"""Cases in the journal: what citizens ask for by right, as Tasks that say whom and when they are about.

A citizen says what is asked for, and of what: whose looks and when, or which entry. The journal finds it, and says who
answers and by when (holding.py). What was asked never changes after that. Another right is one more row of SORTS and
a form.

    Task.code          one of SORTS                          Task.for        whose record
    Task.input         who, when, in the citizen's words     Task.output     the answer, the outcome, the correction
    Task.focus         the entry it is about                 meta.security   the mark, who answers, what it is about
                                                             and, of one about the dead, which relative asks
    restriction.period.end   the day it must be answered
    Task.partOf        of an appeal: the refused case     Task.status     of one: in-progress when passed on
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.access.facts import WITHHELD_AS
from akson.access.rights import AFTER_DEATH, ANSWERED, ANSWERED_WITHIN, APPEAL_OF, CASE, CORRECTING, RECORD
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.dates import HERE
from akson.record.session import fetch
from akson.record.staff import ELSEWHERE as STRANGER
from akson.record.stored import marks_in
from akson.registers.identifiers import HPR_SYSTEM

SQL = queries(__file__, "cases.sql")
Resource = Mapping[str, Any]
SYSTEM: Final = "https://akson.no/fhir/case"  # Task.code
MARK: Final = "https://akson.no/fhir/case-mark"
ANSWERED_BY: Final = "https://akson.no/fhir/case-answered-by"  # its codes are ids of Organizations
ABOUT: Final = "https://akson.no/fhir/case-about"  # its codes are ids of Practitioners
ITEM: Final = "https://akson.no/fhir/case-item"  # its codes are "Type/id": of a case about it, and of what corrects it
CLOSING: Final = "https://akson.no/fhir/mark"  # of akson/access/facts.py
ASKED_BY: Final = "https://akson.no/fhir/case-asked-by"  # its code is the id of a relative's own Patient
INPUT: Final = "https://akson.no/fhir/case-input"
OUTPUT: Final = "https://akson.no/fhir/case-output"
_STRANGER: Final = f"Practitioner/{STRANGER}"
WHO, WHEN, WORDS, KEEPER = "who", "when", "words", "keeper"  # of INPUT; the last is who keeps the record, a reference
ANSWER, OUTCOME, CORRECTION = "answer", "outcome", "correction"  # of OUTPUT; the last is a reference
ENTRY, UNTIL = "entry", "until"  # of OUTPUT: what a relative may read, a reference each, and through which day
OUTCOMES: Final = ("lawful", "unlawful", "unclear")
# Of INPUT: the name of what is withheld; what the representative is called, one of REPRESENTATIVES, how to reach them.
HELD, NAMED, AS, REACHED = "withheld", "representative", "as", "reached"
REPRESENTATIVES: Final = ("doctor", "lawyer", "other")
CORRECT, ERASE, BEREAVED, TOLD_TO = "correction", "deletion", "after-death", "representative"  # of SORTS
APPEAL: Final = "appeal"  # of SORTS
DEMANDED: Final = "demanded"  # of INPUT: which of SORTS was refused, that is appealed, or INSIGHT
INSIGHT: Final = "insight"  # refused by withholding an entry: no case comes before the appeal
COMMENT, SENT = "comment", "sent"  # of OUTPUT: what who refused says of an appeal passed on, and the day that was
CORRECTED, ERASED, ELSEWHERE, REFUSED = "corrected", "erased", "wrong-person", "refused"  # outcomes
GRANTED: Final = "granted"  # outcome: the relative may read what the answer names
UPHELD: Final = "upheld"  # outcome of an appeal: Statsforvalteren finds as they did who refused
HANDED_OVER: Final = "handed-over"  # outcome: the representative has been told what is withheld
GIVEN: Final = "given"  # outcome of an appeal: the patient sees what was withheld
WITHDRAWN: Final = "withdrawn"  # outcome that may follow on that: what was given is taken back
GONE: Final = frozenset({ERASED, ELSEWHERE})  # outcomes by which the entry has left the record
MOST_WORDS: Final = 4000
TASK: Final = "Task"


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One thing there can be a case about.

    by_citizens  who begins it; else we do
    outcomes     what its answer may come to
    about_entry  of the record, and answered by who answers for that; else about somebody's looks
    about_withheld  that a representative be told what is kept from the patient; answered likewise
    later        the outcome that may follow on GRANTED
    about_refusal  an appeal over a refused case, or over what is withheld; answered by who refused it
    about_dead   a relative asks for insight in the record of one who has died; answered likewise
    """

    code: str
    display: str
    outcomes: tuple[str, ...] = OUTCOMES
    by_citizens: bool = True
    about_entry: bool = False
    about_dead: bool = False
    about_withheld: bool = False
    about_refusal: bool = False
    later: str = ""

    @property
    def of_record(self) -> bool:
        """Whether who answers for the record answers it."""
        return self.about_entry or self.about_dead or self.about_withheld


SORTS: Final[Mapping[str, Sort]] = {
    one.code: one
    for one in (
        Sort(code="explanation", display="Forklaring på oppslag"),
        Sort(code="suspicion", display="Mistanke om oppslag uten grunn"),
        Sort(code="emergency", display="Nødåpning", by_citizens=False),
        Sort(code="finding", display="Oppslag som skilte seg ut i loggen", by_citizens=False),
        Sort(code=CORRECT, display="Krav om retting", outcomes=(CORRECTED, REFUSED), about_entry=True),
        Sort(code=ERASE, display="Krav om sletting", outcomes=(ERASED, ELSEWHERE, REFUSED), about_entry=True),
        Sort(
            code=BEREAVED,
            display="Innsyn etter dødsfall",
            outcomes=(GRANTED, REFUSED),
            about_dead=True,
            later=WITHDRAWN,
        ),
        Sort(
            code=TOLD_TO,
            display="Innsyn for representant",
            outcomes=(HANDED_OVER, REFUSED),
            about_withheld=True,
        ),
        Sort(
            code=APPEAL,
            display="Klage på avslag",
            outcomes=(UPHELD, CORRECTED, ERASED, ELSEWHERE, HANDED_OVER, GIVEN),
            about_entry=True,
            about_refusal=True,
        ),
    )
}


def task(
    sort: str, *, person: Resource, requester: Resource, now: datetime, about: Sequence[Resource],
    answerers: Sequence[str], items: Sequence[str] = (), marks: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return a case as it is kept.

    about      its inputs, WHO among them when it is about somebody's looks
    answerers  ids of the Organizations, the one nearest to it first
    items      the entry it is about, "Type/id", and what belongs to that
    marks      of the entry, by which the case is closed to whom the entry is, or which name what is withheld, or
               the case, or the name, that is appealed
    """
    who = looker_of(given(about, INPUT, WHO)).partition("/")[2]
    named = [(MARK, CASE), *((ANSWERED_BY, one) for one in dict.fromkeys(answerers))]
    named += [(ABOUT, who)] if who else [(MARK, RECORD), *((ITEM, one) for one in items)]
    if SORTS[sort].about_dead:
        named += [(MARK, AFTER_DEATH), (ASKED_BY, requester["reference"].partition("/")[2])]
    named += [(MARK, CORRECTING)] if CORRECT in {sort, given(about, INPUT, DEMANDED) or ""} else []
    named += [(CLOSING, one) for one in marks]
    ids = [one.removeprefix(APPEAL_OF) for one in marks if one.startswith(APPEAL_OF)]
    appealed = [{"reference": f"{TASK}/{one}"} for one in ids if not one.startswith(WITHHELD_AS)]
    due = (now + ANSWERED_WITHIN).astimezone(HERE).date().isoformat()
    coding = {"system": SYSTEM, "code": sort, "display": SORTS[sort].display}
    return {
        "resourceType": TASK, "meta": {"security": [mark(*one) for one in named]}, "status": "requested",
        "intent": "order", "code": {"coding": [coding]}, "for": person, "authoredOn": now.isoformat(),
        "requester": requester, "restriction": {"period": {"end": due}}, "input": list(about),
        **({"focus": {"reference": items[0]}} if items else {}),
        **({"partOf": appealed} if appealed else {}),
    }  # fmt: skip


def looker(id_: str) -> dict[str, Any]:
    """Return a reference to who looked, as the log names them; of who has no record here by HPR number."""
    number = id_.removeprefix(_STRANGER)
    if number == id_:
        return {"reference": id_}
    return {"type": "Practitioner", "identifier": {"system": HPR_SYSTEM, "value": number}}


def looker_of(reference: Resource) -> str:
    """Return who looked as the log names them, of a reference made by `looker`; "" when it names nobody."""
    number = (reference.get("identifier") or {}).get("value", "")
    return reference.get("reference") or (f"{_STRANGER}{number}" if number else "")


def about(case: Resource) -> str:
    """Return whose looks a case is about, as the log names them; "" when it is about none."""
    return looker_of(given(case.get("input") or (), INPUT, WHO))


def mark(system: str, code: str) -> dict[str, str]:
    """Return one mark of meta.security."""
    return {"system": system, "code": code}


def closed(resource: Resource) -> list[Resource]:
    """Return the marks that a case has once it is answered: of one about an entry, that its entry is closed again."""
    marks, codes = list((resource.get("meta") or {}).get("security") or ()), marks_in(resource.get("meta") or {})
    return [*marks, mark(MARK, ANSWERED)] if RECORD in codes and ANSWERED not in codes else marks


def told(system: str, code: str, **value: Any) -> dict[str, Any]:
    """Return one input or output."""
    return {"type": {"coding": [{"system": system, "code": code}]}, **value}


def given(parts: Sequence[Resource], system: str, code: str) -> Any:
    """Return the value of one input or output, {} when it is not there."""
    for part in parts:
        if any(c.get("system") == system and c.get("code") == code for c in part["type"].get("coding", ())):
            return next((value for name, value in part.items() if name.startswith("value")), {})
    return {}


def all_given(parts: Sequence[Resource], system: str, code: str) -> list[Any]:
    """Return the values of every input or output with this code."""
    return [value for part in parts if (value := given([part], system, code))]


def passed_on(parts: Sequence[Resource]) -> list[Resource]:
    """Return those outputs that say that an appeal is passed on; they stay when it is answered."""
    return [part for part in parts if given([part], OUTPUT, COMMENT) or given([part], OUTPUT, SENT)]


def sort_of(resource: Resource) -> str:
    """Return the code of the sort of case, "" when it is none."""
    coded = ((resource.get("code") or {}).get("coding") or ()) if resource.get("resourceType") == TASK else ()
    return next((c.get("code", "") for c in coded if c.get("system") == SYSTEM), "")


def outcome_of(outputs: Sequence[Resource]) -> str:
    """Return the code of what was found, "" while nothing is."""
    found = given(outputs, OUTPUT, OUTCOME)
    coded = found.get("coding", ()) if isinstance(found, Mapping) else ()
    return next((c.get("code", "") for c in coded if c.get("system") == OUTPUT), "")


def is_marked(resource: Resource) -> bool:
    """Say whether a resource has the mark that only citizens' own questions and our own jobs are given."""
    return CASE in marks_in(resource.get("meta") or {})


def is_case(resource: Resource) -> bool:
    """Say whether a Task is a case, or would pass for one."""
    return bool(sort_of(resource)) or is_marked(resource)


def marked(resource: Resource, system: str) -> str:
    """Return the code of a case's first mark of this system, or ""."""
    return next(iter(all_marked(resource, system)), "")


def all_marked(resource: Resource, system: str) -> list[str]:
    """Return the codes of a case's marks of this system."""
    security = (resource.get("meta") or {}).get("security") or ()
    return [c.get("code", "") for c in security if c.get("system") == system]


async def answerer_of(work: Work, unit: int) -> str:
    """Return the id of the organisation that answers for what is done at a unit; "" when there is none."""
    rows = await fetch(work, SQL.answerer, unit, types.code_of("Organization"))
    return rows[0]["id"] if rows else ""


async def keepers_of(work: Work, owner: int, type_: int, id_: str, unit: int = 0) -> list[str]:
    """Return the ids of the organisations that answer for an entry, the nearest first. unit: that it says keeps it."""
    rows = await fetch(work, SQL.keepers, owner, type_, id_, unit, types.code_of("Organization"))
    return [row["id"] for row in rows]


async def name_of(work: Work, owner: int) -> str:
    """Return what a person is called, for those who may know that there is a case about them."""
    rows = await fetch(work, SQL.name, owner)
    return (rows[0]["name"] or "") if rows else ""
