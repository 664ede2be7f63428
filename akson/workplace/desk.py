"""One message of ours that went wrong: what has happened to it, and what can be done, for who answers for messages.

Nothing of its content is shown. Each thing done leaves a move in the log of the message, with who and why. Sending to
another receiver tells somebody else about the patient: it takes health personnel whom no rule bars from the patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.access import roles
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Field, Filled, Form
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses, following, outbox
from akson.exchange.states import CAN_BE_HANDLED, NEEDS_A_HUMAN, State
from akson.patient.reading import named
from akson.record import journal
from akson.record.owned import labels_of
from akson.record.session import Within, undo
from akson.workplace.model import Step
from akson.workplace.unfiled import DONE, as_sent, refuse_barred, refuse_others, with_reason
from akson.workplace.words import initialed

SCREENS = Screens(__name__)
AGAIN: Final = Form(Field(name="begrunnelse", label="desk.again_why", help="unfiled.why_help", longest=300))
_ELSEWHERE: Final = Field(name="hvorfor", label="desk.again_why", help="unfiled.why_help", longest=300)
_WHY: Final = {"again": "begrunnelse", "elsewhere": "hvorfor", "by_hand": "gjort"}


@SCREENS.screen("/meldinger/ut/{message}", needs=Permission.ANSWER_FOR_MESSAGES, title="desk.title")
async def one(work: Work, visit: Visit, message: str) -> Page | Go:
    """Show one sent message and its log; send it again, to somebody else, or say that it is seen to by hand."""
    row = await following.find(work, message)
    refuse_others(work, row)
    if following.is_anothers_report(work, row):
        raise Refused("AK-J001")
    do = visit.form.get("do", "")
    asked = await _forms(work, row)
    forms = {name: form.blank() for name, form in asked.items()}
    if visit.sent and do not in asked:
        raise Refused("AK-X010" if do in _WHY else "AK-J007")
    if visit.sent:
        forms[do] = with_reason(asked[do].read(visit.form), _WHY[do])
    if visit.sent and forms[do].valid:
        try:
            return Go(f"/meldinger/ut/{await _done(work, row, do, forms[do]) or message}", said=f"desk.said_{do}")
        except Refused as refused:
            await undo(work)
            forms[do] = forms[do].with_refused(refused)
    return Page("melding_ut.html", status=422 if visit.sent else 200, row=await _told(work, row), forms=forms,
                steps=await _steps(work, row), href=f"/meldinger/ut/{message}")  # fmt: skip


async def _forms(work: Work, row: Mapping[str, Any]) -> dict[str, Form]:
    """Return what can be done with a message in the state it is in, by this actor."""
    found: dict[str, Form] = {}
    if following.can_be_sent_again(row) and State(row["state"]) is not State.DELIVERED:
        found["again"] = AGAIN
    if following.can_go_elsewhere(row) and roles.has(work.actor.role, Permission.WRITE_MESSAGES):
        takers, _ = await addresses.takers(Within(work), row["type"])
        others = tuple((str(one.her_id), one.name) for one in takers if one.her_id != row["receiver"])
        if others:
            receiver = Choice(name="mottaker", label="cooperation.receiver", choices=others, drawn="select")
            found["elsewhere"] = Form(receiver, _ELSEWHERE)
    if State(row["state"]) in CAN_BE_HANDLED:
        found["by_hand"] = DONE
    return found


async def _done(work: Work, row: Mapping[str, Any], do: str, filled: Filled) -> str:
    """Do what was asked, and leave its trace; return the id of the message that goes instead, "" where none does."""
    why = work.reason = str(filled.values[_WHY[do]])
    content = await following.find(work, following.name_of(row), content=True)
    msg_id = str(row["msg_id"])
    if do == "elsewhere":
        labels = await labels_of(work, row["owner"], f"Communication/{row['told_of']}")
        await refuse_barred(work, [row["owner"]], "videresending", labels)
        work.saw(row["owner"], "page videresending", basis=texts().plain("unfiled.basis"))
        msg_id = await following.send_elsewhere(work, content, int(str(filled.values["mottaker"])), why)
    elif do == "again":
        msg_id = await following.send_again(work, content, why)
    else:
        await following.by_hand(work, content, why)
    work.saw(0, f"melding {row['msg_id'][:12]} {do}")
    return "" if msg_id == row["msg_id"] else msg_id


async def _told(work: Work, row: Mapping[str, Any]) -> Any:
    """Return what is known of a message without reading it."""
    known = await addresses.find(Within(work), [row["sender"], row["receiver"]])
    names = {f"{side}_name": known[row[side]].name if row[side] in known else "" for side in ("sender", "receiver")}
    return as_sent(dict(row) | names, work.now)


async def _steps(work: Work, row: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return the log of a message: written, and each move since, with who and why where a human made it."""
    moves = await outbox.moves(work, row["owner"], row["key"])
    people = sorted({each["who"] for each in moves if each["who"].startswith("Practitioner/")})
    names = {who: named(person.resource) for who, person in (await journal.read_many(work, people)).items()}
    return (
        Step(text=texts().plain("cooperation.written"), at=row["created_at"]),
        *(_step(each, initialed(names.get(each["who"], ""))) for each in moves),
    )


def _step(move: Mapping[str, Any], name: str) -> Step:
    said = texts().plain(f"desk.event_{move['event'].replace(' ', '_')}")
    told = ": ".join(filter(None, (said, move["why"])))
    bad = State(move["state"]) in NEEDS_A_HUMAN
    return Step(text=f"{told} ({name})" if name else told, at=move["at"], state="failed" if bad else "done")
