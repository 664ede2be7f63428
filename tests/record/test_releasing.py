"""What the citizen sees later: set once, only shortened, never lost on the way, and told of when the instant passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.access.releasing import mark
from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.base.jobs import Consumer, News, deliver
from akson.base.work import Actor, Purpose
from akson.doors.opening import release_days
from akson.fhir import bodies
from akson.record import journal, releasing
from akson.record.office import Office
from akson.record.stored import Stored, marks_on
from tests.offices import JOB, NOW, citizen, let_pass, patient, staff, unit

DAY = timedelta(days=1)


def noted(whose: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "DocumentReference", "status": "current", "subject": {"reference": whose},
            "content": [{"attachment": {"title": "Svar"}}], **more}  # fmt: skip


def pulse(whose: str) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, "valueString": "70",
            "subject": {"reference": whose}}  # fmt: skip


def marked(*codes: str) -> dict[str, Any]:
    return {"security": [{"system": "https://akson.no/fhir/mark", "code": code} for code in codes]}


async def nurse_of(office: Office) -> Actor:
    return await staff(office, await unit(office, "Nord"), "Berg")


async def written(office: Office, by: Actor, resource: dict[str, Any], id_: str = "") -> Stored:
    async with office.work(by, Purpose.TREATMENT) as work:
        return await (journal.update(work, resource, id_=id_) if id_ else journal.create(work, resource))


async def sees(office: Office, who: Stored, entry: Stored, version: int = 0) -> bool:
    try:
        async with office.work(citizen(who), Purpose.OWN) as work:
            if version:
                await journal.vread(work, entry.type, entry.id, version)
            else:
                await journal.read(work, entry.type, entry.id)
    except Refused as refused:
        assert refused.code == "AK-J001"
        return False
    return True


async def test_the_citizen_sees_it_from_the_instant_and_those_who_give_care_at_once(office: Office) -> None:
    nurse = await nurse_of(office)
    me = await patient(office, at=nurse)
    entry = await written(office, nurse, releasing.until(noted(me.reference), NOW + DAY, "tell"))
    assert not await sees(office, me, entry) and not await sees(office, me, entry, 1)
    async with office.work(nurse, Purpose.TREATMENT) as work:
        read = await journal.read(work, entry.type, entry.id)
    assert releasing.release_of(read.resource, NOW) == (NOW + DAY, "tell")
    let_pass(office, DAY)
    assert await sees(office, me, entry) and await sees(office, me, entry, 1)
    assert releasing.release_of(read.resource, NOW + DAY) is None


@pytest.mark.parametrize(("marks", "refused"), [
    ([mark(NOW + 30 * DAY, "tell")], ""),
    ([mark(NOW + 30 * DAY + timedelta(seconds=1), "tell")], "AK-B020"),
    ([mark(NOW + DAY, "tell"), mark(NOW + 2 * DAY, "talk")], "AK-B020"),
    (["release-2026-12-01T10:00:00Z-praktisk"], "AK-B020"),
    (["release-2026-12-01T10:00:00+01:00-tell"], "AK-B020"),
    (["release-2026-11-31T10:00:00Z-tell"], "AK-B020"),
    (["release-"], "AK-B020"),
    ([mark(NOW - 900 * DAY, "tell")], ""),  # what was written long ago and is brought here
])  # fmt: skip
async def test_a_delay_has_an_end_within_thirty_days_and_a_reason(
    office: Office, marks: list[str], refused: str
) -> None:
    nurse = await nurse_of(office)
    me = await patient(office, at=nurse)
    try:
        await written(office, nurse, noted(me.reference, meta=marked(*marks)))
    except Refused as found:
        assert (found.code, found.path) == (refused, "DocumentReference.meta.security")
    else:
        assert refused == ""


def escaped(resource: dict[str, Any], *words: str) -> bytes:
    r"""Return the JSON of a resource with the first letter of some words written as \\u0072."""
    body = bodies.dumps(resource)
    for word in words:
        assert word.encode() in body
        body = body.replace(word.encode(), f"\\u{ord(word[0]):04x}{word[1:]}".encode())
    return body


@pytest.mark.parametrize("words", [("release-",), ("security",), ("meta", "security", "release-")])
async def test_a_delay_that_is_written_in_escapes_is_held_to_its_end_all_the_same(
    office: Office, words: tuple[str, ...]
) -> None:
    nurse = await nurse_of(office)
    me = await patient(office, at=nurse)
    for mine, refused in ((mark(NOW + 31 * DAY, "tell"), True), (mark(NOW + DAY, "tell"), False)):
        body = escaped(noted(me.reference, meta=marked(mine)), *words)
        try:
            async with office.work(nurse, Purpose.TREATMENT) as work:
                (entry,) = await journal.write_set(work, [journal.draft("POST", body)])
        except Refused as found:
            assert refused and (found.code, found.path) == ("AK-B020", "DocumentReference.meta.security")
        else:
            assert not refused and not await sees(office, me, entry)


def report(whose: str, category: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Svar"}, **more,
            "subject": {"reference": whose}, "category": [{"coding": [{"code": "LAB"}, {"code": category}]}]}  # fmt: skip


@pytest.mark.parametrize(("category", "days"), [("PAT", 14), ("GEN", 3), ("RAD", 0), ("MBK", 0)])
async def test_what_the_controller_has_decided_for_a_kind_counts_where_the_sender_says_nothing(
    office: Office, category: str, days: int
) -> None:
    doctor = await staff(office, await unit(office, "Lege"), "Berg", "fastlege")
    me = await patient(office, at=doctor)
    office.release_days = {(0, "PAT"): 7, (doctor.controller, "PAT"): 14, (0, "GEN"): 3, (0, "RAD"): 0}
    entry = await written(office, doctor, report(me.reference, category))
    assert releasing.release_of(entry.resource, NOW) == ((NOW + days * DAY, "usual") if days else None)
    own = await written(office, doctor, releasing.until(report(me.reference, category), NOW, "tell"))
    assert await sees(office, me, own) and await sees(office, me, entry) is (days == 0)
    changed = await written(office, doctor, report(me.reference, "PAT", id=own.id), own.id)
    assert releasing.release_of(changed.resource, NOW) is None  # it stands, and may have been read
    job = await written(office, JOB, report(me.reference, "PAT"))
    assert releasing.release_of(job.resource, NOW) == (NOW + 7 * DAY, "usual")


def measured(whose: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "Svar"}, "valueString": "Funn",
            "subject": {"reference": whose}, **more}  # fmt: skip


def named(*references: str) -> list[dict[str, str]]:
    return [{"reference": one} for one in references]


# what the report and its result say themselves, whether the report comes first, and for how many days the result waits
TOGETHER: list[tuple[dict[str, Any], dict[str, Any], bool, int]] = [
    ({}, {}, True, 14),
    ({}, {}, False, 14),
    ({}, marked(mark(NOW, "tell")), True, 0),
    ({}, marked(mark(NOW + 2 * DAY, "talk")), False, 2),
    (marked(mark(NOW + 3 * DAY, "tell")), {}, False, 3),
    (marked(mark(NOW, "tell")), {}, True, 0),
]


@pytest.mark.parametrize(("report_says", "result_says", "report_first", "days"), TOGETHER)
async def test_what_a_report_that_waits_names_waits_with_it_when_they_are_written_together(
    office: Office, *, report_says: dict[str, Any], result_says: dict[str, Any], report_first: bool, days: int
) -> None:
    doctor = await staff(office, await unit(office, "Lege"), "Berg", "fastlege")
    me, other = await patient(office, at=doctor), await patient(office, at=doctor)
    office.release_days = {(0, "PAT"): 14}
    top, part, file, apart, others = (office.ids.mint(one.owner) for one in (me, me, me, me, other))
    set_ = [
        (report(me.reference, "PAT", meta=report_says, result=named(f"Observation/{top}", f"Observation/{others}"),
                presentedForm=[{"url": f"Binary/{file}"}]), None),
        (measured(me.reference, meta=result_says, hasMember=named(f"Observation/{part}")), top),
        (measured(me.reference), part), (measured(me.reference), apart), (measured(other.reference), others),
        ({"resourceType": "Binary", "contentType": "text/plain", "data": "U3Zhcg==",
          "securityContext": {"reference": me.reference}}, file),
    ]  # fmt: skip
    drafts = [journal.draft("POST", one if one.get("meta") else {k: v for k, v in one.items() if k != "meta"}, id_=id_)
              for one, id_ in (set_ if report_first else reversed(set_))]  # fmt: skip
    async with office.work(doctor, Purpose.TREATMENT) as work:
        written_ = {one.id: one for one in await journal.write_set(work, drafts)}
    waits = releasing.release_of(next(one.resource for one in written_.values() if one.type == "DiagnosticReport"), NOW)
    until = {id_: (found := releasing.release_of(one.resource, NOW)) and (found[0] - NOW).days
             for id_, one in written_.items()}  # fmt: skip
    assert until[top] == (days or None)
    assert until[part] == until[file] == ((waits[0] - NOW).days if waits else None)
    assert until[apart] is until[others] is None
    assert await sees(office, me, written_[top]) is (days == 0)


async def test_a_result_that_stands_stays_seen_and_a_new_one_of_a_report_that_waits_does_not_tell_of_it(
    office: Office,
) -> None:
    doctor = await staff(office, await unit(office, "Lege"), "Berg", "fastlege")
    me = await patient(office, at=doctor)
    stands = await written(office, doctor, measured(me.reference))
    waits = await written(office, doctor, releasing.until(report(me.reference, "LAB"), NOW + 5 * DAY, "tell"))
    new = office.ids.mint(me.owner)
    names = named(stands.reference, f"Observation/{new}")
    drafts = [
        journal.draft("PUT", report(me.reference, "LAB", id=waits.id, result=names), id_=waits.id),
        journal.draft("PUT", measured(me.reference, id=stands.id, note=[{"text": "Rettet"}]), id_=stands.id),
        journal.draft("POST", measured(me.reference), id_=new),
    ]
    async with office.work(doctor, Purpose.TREATMENT) as work:
        _, _, added = await journal.write_set(work, drafts)
    assert await sees(office, me, stands) and not await sees(office, me, added)
    assert releasing.release_of(added.resource, NOW) == (NOW + 5 * DAY, "tell")


async def test_what_belongs_to_several_waits_for_the_last_and_a_circle_ends(office: Office) -> None:
    doctor = await staff(office, await unit(office, "Lege"), "Berg", "fastlege")
    me = await patient(office, at=doctor)
    one, other = (office.ids.mint(me.owner) for _ in range(2))
    drafts = [
        journal.draft("POST", releasing.until(report(me.reference, "LAB", result=named(f"Observation/{one}")),
                                              NOW + days * DAY, "tell")) for days in (2, 9, 4)]  # fmt: skip
    circle = [journal.draft("POST", measured(me.reference, hasMember=named(f"Observation/{to}")), id_=id_)
              for id_, to in ((one, other), (other, one))]  # fmt: skip
    async with office.work(doctor, Purpose.TREATMENT) as work:
        made = await journal.write_set(work, drafts + circle)
    assert [releasing.release_of(each.resource, NOW) for each in made[3:]] == [(NOW + 9 * DAY, "tell")] * 2


async def test_no_case_and_nothing_that_citizens_write_is_delayed_by_its_kind(office: Office) -> None:
    me = await patient(office)
    office.release_days = {(0, "vital-signs"): 14}
    own = pulse(me.reference) | {"category": [{"coding": [{"code": "vital-signs"}]}]}
    assert await sees(office, me, await written(office, citizen(me), own))


@pytest.mark.parametrize("type_", ["Consent", "RelatedPerson"])
async def test_what_one_decides_or_who_one_is_is_never_delayed(office: Office, type_: str) -> None:
    me = await patient(office)
    about = {"Consent": "patient", "Task": "for", "RelatedPerson": "patient"}[type_]
    made: dict[str, Any] = {
        "resourceType": type_,
        about: {"reference": me.reference},
        "meta": marked(mark(NOW + DAY, "tell")),
    }
    made |= {"status": "active", "scope": {"text": "x"}, "category": [{"text": "x"}], "policyRule": {"text": "x"}} if (
        type_ == "Consent") else {}  # fmt: skip
    with pytest.raises(Refused, match="AK-B020"):
        await written(office, JOB, made)  # who may write both


@pytest.mark.parametrize("code", [mark(NOW + DAY, "tell"), mark(NOW + 31 * DAY, "tell"), "release-"])
async def test_a_delay_that_may_not_be_given_tells_nobody_that_there_is_such_a_person(
    office: Office, code: str
) -> None:
    stranger, hidden = citizen(await patient(office)), await patient(office)
    answers = []
    for more in ({}, {"meta": marked(code)}):
        with pytest.raises(Refused) as refused:
            await written(office, stranger, pulse(hidden.reference) | more)
        answers.append((refused.value.code, refused.value.path))
    assert answers == [("AK-A001", "Observation.subject")] * 2  # as of nobody, when it is told


async def test_citizens_delay_nothing_for_those_who_act_for_them(office: Office) -> None:
    me = await patient(office)
    own = pulse(me.reference) | {"meta": marked(mark(NOW + DAY, "tell"))}
    with pytest.raises(Refused, match="AK-B020"):
        await written(office, citizen(me), own)


async def test_a_new_version_that_says_nothing_of_it_keeps_the_delay(office: Office) -> None:
    nurse = await nurse_of(office)
    me = await patient(office, at=nurse)
    entry = await written(office, nurse, releasing.until(noted(me.reference), NOW + DAY, "tell"))
    for by in (nurse, JOB):
        again = await written(office, by, noted(me.reference, id=entry.id, description="Rettet"), entry.id)
        assert mark(NOW + DAY, "tell") in marks_on(again.resource) and not await sees(office, me, entry)
    async with office.work(nurse, Purpose.TREATMENT) as work:
        await journal.delete(work, entry.type, entry.id)
    assert not any([await sees(office, me, entry, version) for version in (0, 1, 2, 3)])


@pytest.mark.parametrize(("stands", "given", "refused"), [
    (NOW + DAY, NOW + DAY / 2, ""),
    (NOW + DAY, NOW, ""),
    (NOW + DAY, NOW + DAY, ""),
    (NOW + DAY, NOW + 2 * DAY, "AK-B021"),
    (None, NOW + DAY, "AK-B021"),
    (NOW - DAY, NOW + DAY, "AK-B021"),
    (NOW - DAY, NOW - DAY, ""),
])  # fmt: skip
async def test_what_the_citizen_may_have_read_is_not_taken_away_and_a_delay_only_ends_sooner(
    office: Office, stands: Any, given: Any, refused: str
) -> None:
    nurse = await nurse_of(office)
    me = await patient(office, at=nurse)
    first = noted(me.reference)
    entry = await written(office, nurse, releasing.until(first, stands, "tell") if stands else first)
    try:
        await written(office, nurse, releasing.until(noted(me.reference, id=entry.id), given, "tell"), entry.id)
    except Refused as found:
        assert found.code == refused
    else:
        assert refused == ""
        assert await sees(office, me, entry) is (given <= NOW)


async def test_those_who_listen_are_told_of_it_anew_when_the_instant_passes_and_once(office: Office) -> None:
    nurse, heard = await nurse_of(office), []

    async def handle(news: News) -> None:
        heard.append((news.owner, news.ids[0], news.versions[0]))

    listener = Consumer(name="listener", types=frozenset(), handle=handle)
    me = await patient(office, at=nurse)
    entry = await written(office, nurse, releasing.until(noted(me.reference), NOW + DAY, "tell"))
    await written(office, nurse, noted(me.reference, id=entry.id, description="Rettet"), entry.id)
    consumers = [listener, releasing.consumer(office.database, [listener])]
    for passes in (timedelta(0), DAY - timedelta(seconds=1), timedelta(seconds=1), DAY):
        let_pass(office, passes)
        await deliver(office.database, consumers, office.clock())
        assert heard == ([] if office.clock() < NOW + DAY else [(me.owner, entry.id, 2)])


async def test_nothing_is_told_of_what_was_deleted_meanwhile(office: Office) -> None:
    nurse, heard = await nurse_of(office), []

    async def handle(news: News) -> None:
        heard.append(news)

    me = await patient(office, at=nurse)
    entry = await written(office, nurse, releasing.until(noted(me.reference), NOW + DAY, "tell"))
    async with office.work(nurse, Purpose.TREATMENT) as work:
        await journal.delete(work, entry.type, entry.id)
    let_pass(office, DAY)
    listener = Consumer(name="listener", types=frozenset(), handle=handle)
    assert await deliver(office.database, [releasing.consumer(office.database, [listener])], office.clock()) == 1
    assert heard == []


async def test_a_delay_costs_no_statement_where_there_is_none(office: Office) -> None:
    nurse = await nurse_of(office)
    me = await patient(office, at=nurse)
    counts = []
    for resource in (noted(me.reference), noted(me.reference), releasing.until(noted(me.reference), NOW, "tell")):
        before = office.database.statements
        await written(office, nurse, resource)
        counts.append(office.database.statements - before)
    assert counts[1] == counts[2]


@pytest.mark.parametrize(("given", "found"), [
    ("", {}),
    ("PAT=14, GEN=30", {"PAT": 14, "GEN": 30}),
    ("PAT=0", {"PAT": 0}),
    ("PAT=31", None),
    ("PAT", None),
    ("=3", None),
    ("PAT=-1", None),
    ("x:PAT=3", None),
])  # fmt: skip
def test_the_setting_says_days_by_kind_and_is_refused_when_it_makes_no_sense(
    given: str, found: dict[str, int] | None
) -> None:
    ids = Ids({"a": b"k" * 16}, "a")
    if found is None:
        with pytest.raises(Refused, match="AK-L011"):
            release_days(given, ids)
    else:
        assert release_days(given, ids) == {(0, code): days for code, days in found.items()}


def test_the_setting_may_be_for_one_controller() -> None:
    ids = Ids({"a": b"k" * 16}, "a")
    assert release_days(f"Organization/{ids.mint(7)}:PAT=3", ids) == {(7, "PAT"): 3}
