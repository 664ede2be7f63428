"""The lists of messages that wait for a human: how many there are, all of them reached, and what a page of them costs."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from akson.base.database import Database
from akson.base.work import Actor
from akson.exchange import delivery, inbox, outcomes
from akson.record.search import cursors
from tests.exchange.letters import HEART, MSG_ID, NORDRE, Place, written
from tests.exchange.places import Places
from tests.offices import staff
from tests.workplace.browsing import browsing
from tests.workplace.test_desk import elsewhere
from tests.workplace.test_unfiled import NOWHERE, keeper, places

__all__ = ["keeper", "places"]

MANY = 230  # some at the same moment, and those over the edge between two pages
IN = """
INSERT INTO message_in (bucket, digest, state, received_at, envelope_id, envelope_to, due, responsible, deadline, type, msg_id,
  sender, fault_code)
SELECT get_byte(d, 0) & 63, d, 'refused', at, n::text, $3, at, 'r', at, 'X', 'm' || n, $2, 'E21'
  FROM (SELECT n, sha256(n::text::bytea) AS d, $1::timestamptz + n / 40 * interval '1 minute' AS at
          FROM generate_series($4::integer, $5::integer) n) m"""
OUT = """
INSERT INTO message_out (owner, key, bucket, type, msg_id, sender, receiver, body, state, wants_apprec, responsible, created_at,
  deadline, due)
SELECT 0, n * 7919 - 900000, 0, 'X', 'm' || n, $3, $2, 'x', $6, true, 'r', $1::timestamptz + n / 40 * interval '1 minute',
       $1::timestamptz + n / 40 * interval '1 minute', $1::timestamptz
  FROM generate_series($4::integer, $5::integer) n"""
LISTS = {"inn": (IN, "refused"), "ut": (OUT, "failed"), "fast": (OUT, "queued")}


async def many(owner_db: Database, places: Places, name: str, first: int = 0) -> None:
    statement, state = LISTS[name]
    given = (places.office.clock() - timedelta(days=1), HEART.her_id, NORDRE.her_id, first + 1, first + MANY)
    await owner_db.execute(statement, *given, *([state] if statement == OUT else []))


def after(html: str, name: str) -> str:
    """Return where the next page of a list is; "" where there is none."""
    found = re.search(rf'href="(/meldinger\?{name}=[\w-]+)#{name}"', html)
    return found[1] if found else ""


@pytest.mark.parametrize("name", LISTS)
async def test_all_that_wait_are_counted_and_reached_whatever_others_see_to_meanwhile(
    owner_db: Database, places: Places, keeper: Actor, name: str
) -> None:
    async with browsing(places.office, keeper) as vang:
        none = await vang.open("/meldinger")
        await many(owner_db, places, name)
        page = await vang.open("/meldinger")
        assert f"100 av {MANY} meldinger" in page.text and page.statements == none.statements
        reached = re.findall(r'href="(/meldinger/[^"]+)"', page.html)
        for gone in reached[:3] if name == "inn" else ():
            assert (await vang.send(gone, do="handled", gjort="Ringte avsenderen")).status == 303
        while where := after(page.html, name):
            page = await vang.open(where)
            assert page.statements == none.statements and f'href="/meldinger#{name}"' in page.html
            reached += re.findall(r'href="(/meldinger/[^"]+)"', page.html)
    assert len(reached) == len(set(reached)) == MANY
    ids = await places.rows(
        "SELECT encode(digest, 'hex') AS id FROM message_in UNION ALL SELECT msg_id FROM message_out"
    )
    assert {one.rpartition("/")[2].partition(".")[0] for one in reached} == {row["id"] for row in ids}


async def test_a_unit_has_its_own_number_and_pages(owner_db: Database, places: Places, keeper: Actor) -> None:
    await many(owner_db, places, "ut")
    await owner_db.execute("UPDATE message_out SET unit = $1 WHERE key % 2 = 0", places.practice.unit)
    async with browsing(places.office, keeper) as vang:
        page = await vang.open(f"/meldinger?enhet={NORDRE.her_id}")
        assert f"100 av {MANY // 2} meldinger" in page.text and "Inn:" not in page.text
        (where,) = re.findall(rf'href="(/meldinger\?enhet={NORDRE.her_id}&amp;ut=[\w-]+)#ut"', page.html)
        rest = await vang.open(where.replace("&amp;", "&"))
    assert f"{MANY // 2 - 100} av {MANY // 2} meldinger" in rest.text


async def test_whose_messages_are_is_asked_of_none_twice(owner_db: Database, places: Places) -> None:
    """How many there are is told on each page: of 100,000 it took 17 seconds where each was asked about."""
    for name in LISTS:
        await many(owner_db, places, name, first=MANY * (name == "fast"))
    homes, now = [0, places.practice.unit], places.office.clock()
    questions = [
        (inbox.SQL.count_in, homes), (outcomes.SQL.troubled_units, now, homes, "r"),
        (inbox.SQL.alike_in, b"", HEART.her_id, "E21", homes, 100, None),
    ]  # fmt: skip
    async with owner_db.transaction() as connection:
        await connection.execute("SET LOCAL track_functions = 'all'")
        for statement, *given in questions:
            assert await connection.fetch(statement, *given)
        calls = "SELECT calls FROM pg_stat_xact_user_functions WHERE funcname = 'message_of_v1'"
        assert await connection.fetchval(calls) == len(questions)


AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


NO_PLACES = [
    *(f"{name}={text}" for name in LISTS for text in ("x", "\N{PILE OF POO}")),
    *(f"inn={cursors.written(place)}" for place in (
        (AT.replace(tzinfo=None), b"x"), (AT, b"x", 1), (AT, 5), (AT, "§"), [], {},
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=5))), b"x"))),
    *(f"ut={cursors.written(place)}" for place in ((AT, b"x"), (AT, 2**63), (AT, -(2**63) - 1), (AT, 0.5), (AT, True))),
]  # fmt: skip


async def test_what_is_no_place_in_a_list_is_refused(places: Places, keeper: Actor) -> None:
    async with browsing(places.office, keeper) as vang:
        assert {asked: (await vang.open(f"/meldinger?{asked}")).status for asked in NO_PLACES} == dict.fromkeys(
            NO_PLACES, 400
        )


async def came(places: Places, number: int, *, sender: int = HEART.her_id, to: Place = NOWHERE) -> str:
    """Let a message come that cannot be filed; return where it is shown."""
    body = written(msg_id=f"{number:08}{MSG_ID[8:]}", to=to) if to.her_id else b"<unreadable%d/>" % number
    digest = await inbox.keep(places.office.database, body, now=places.office.clock(), envelope_from=sender)
    await delivery.receive_due(places.office)
    return f"/meldinger/{digest}"


async def closed(places: Places) -> list[tuple[str, str]]:
    """Return which messages somebody has sorted out, and how: where they are shown, and why."""
    rows = await places.rows("SELECT digest, handled_why FROM message_in WHERE handled_at IS NOT NULL")
    return sorted((f"/meldinger/{row['digest'].hex()}", row["handled_why"]) for row in rows)


async def traces(places: Places) -> list[str]:
    """Return what the log says was sorted out, each message by the beginning of its address."""
    rows = await places.rows("SELECT jsonb_array_elements(seen::jsonb) ->> 'what' AS what FROM access_log")
    return sorted(row["what"].split()[1] for row in rows if row["what"].endswith("handled"))


ALL = "Ringte avdelingen, som sender dem på nytt"
UNREADABLE = replace(NOWHERE, her_id=0)


async def test_others_of_the_same_sender_with_the_same_fault_are_closed_with_it_and_only_those(
    places: Places, keeper: Actor
) -> None:
    first, *others = [await came(places, number) for number in range(4)]
    fault = await came(places, 5, to=UNREADABLE)  # of the same sender
    theirs = await came(places, 6, sender=NORDRE.her_id, to=UNREADABLE)
    async with browsing(places.office, keeper) as vang:
        page = await vang.open(first)
        assert "3 andre meldinger fra samme avsender venter med samme feil." in page.text
        assert [where for where in others if f'href="{where}"' in page.html] == others
        others_said = page.hidden("andre")
        late = await came(places, 7)
        assert (await vang.send(others[2], do="handled", gjort="Sendt videre som brev")).status == 303
        short = await vang.send(first, do="handled", gjort="ja", ogsaa="ja", andre=others_said)
        assert short.status == 422 and short.hidden("andre").split(",") == [each[11:] for each in others[:2]]
        assert "checked" in short.html and len(await closed(places)) == 1
        tampered = f"{others_said},{theirs[11:]},{fault[11:]}"
        done = await vang.send(first, do="handled", gjort=ALL, ogsaa="ja", andre=tampered)
        assert done.leads_to == "/meldinger"
        listed = (await vang.open("/meldinger")).html
    assert all(each in listed for each in (late, fault, theirs)) and first not in listed
    assert await closed(places) == sorted(
        [*((each, ALL) for each in (first, *others[:2])), (others[2], "Sendt videre som brev")]
    )
    assert await traces(places) == sorted(each[11:23] for each in (first, *others))


@pytest.mark.parametrize(("form", "status"), [
    ({}, 303), ({"ogsaa": "ja"}, 303), ({"andre": "others"}, 303),  # all three: this one alone
    ({"ogsaa": "ja", "andre": "x"}, 404), ({"ogsaa": "ja", "andre": "00" * 32 + "," + "y" * 9}, 404),
    ({"ogsaa": "ja", "andre": ",".join(["00" * 32] * 101)}, 422),
])  # fmt: skip
async def test_nothing_is_closed_that_was_not_ticked_and_told_of(
    places: Places, keeper: Actor, form: dict[str, str], status: int
) -> None:
    first, other = await came(places, 1), await came(places, 2)
    given = form | ({"andre": other[11:]} if form.get("andre") == "others" else {})
    async with browsing(places.office, keeper) as vang:
        assert (await vang.send(first, do="handled", gjort=ALL, **given)).status == status
    assert await closed(places) == ([(first, ALL)] if status == 303 else [])


async def test_messages_of_nobody_known_and_of_another_organisation_are_not_like_ones_own(
    places: Places, keeper: Actor
) -> None:
    unknown = [await came(places, number, sender=0, to=UNREADABLE) for number in range(2)]
    ours, others = await came(places, 3), await came(places, 4)
    moe = await elsewhere(places)
    await places.office.database.execute(
        "UPDATE message_in SET unit = $2 WHERE digest = $1", bytes.fromhex(others[11:]), moe.unit
    )
    async with browsing(places.office, keeper) as vang:
        for where in (*unknown, ours):
            page = await vang.open(where)
            assert page.status == 200 and "samme avsender" not in page.text and page.hidden("andre") == ""
        done = await vang.send(ours, do="handled", gjort=ALL, ogsaa="ja", andre=others[11:])
    assert done.status == 303 and await closed(places) == [(ours, ALL)]


async def test_so_many_are_closed_at_once_and_no_more_and_a_page_costs_the_same(
    owner_db: Database, places: Places, keeper: Actor
) -> None:
    alone = await came(places, 1, to=UNREADABLE)
    await many(owner_db, places, "inn")
    async with browsing(places.office, keeper) as vang:
        first = re.findall(r'href="(/meldinger/\w+)"', (await vang.open("/meldinger")).html)[0]
        none, page = await vang.open(alone), await vang.open(first)
        assert (
            f"{MANY - 1} andre meldinger" in page.text and "Bare de 100 som haster mest, blir merket nå." in page.text
        )
        assert page.statements == none.statements
        one = await vang.send(alone, do="handled", gjort=ALL)
        done = await vang.send(first, do="handled", gjort=ALL, ogsaa="ja", andre=page.hidden("andre"))
        assert done.statements == one.statements
        assert f"100 av {MANY - 101} meldinger" in (await vang.open("/meldinger")).text
    assert len(await traces(places)) == len(await closed(places)) == 102


async def test_two_who_close_the_same_at_once_close_each_once(
    owner_db: Database, places: Places, keeper: Actor
) -> None:
    await many(owner_db, places, "inn")
    rud = await staff(places.office, places.practice, "Rud", "administrator")
    async with browsing(places.office, keeper) as vang, browsing(places.office, rud) as camilla:
        found = re.findall(r'href="(/meldinger/\w+)"', (await vang.open("/meldinger")).html)
        given = [(where, (await vang.open(where)).hidden("andre")) for where in (found[0], found[99])]
        answers = await asyncio.gather(*(
            browser.send(where, do="handled", gjort=f"{ALL}: {where}", ogsaa="ja", andre=andre)
            for browser, (where, andre) in zip((vang, camilla), given, strict=True)
        ))  # fmt: skip
    assert {one.status for one in answers} in ({303}, {303, 404}, {303, 409})
    assert len(await closed(places)) == len(await traces(places)) == len(set(await traces(places)))
    assert len(await closed(places)) >= 101
