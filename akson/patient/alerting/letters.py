"""Sends the letters. One letter says "Akson" and to sign in, whatever it is about (domain rule R31).

A letter is leased before it is sent and noted after: a worker killed between the two sends it once more, under the same
name, when the lease ends. A server that is away is tried again, ever more seldom, for three days.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from akson.access.facts import Facts
from akson.access.stopping import is_stopped
from akson.base.database import Database, Record
from akson.base.languages import speak
from akson.base.mail import Unsent
from akson.base.web.messages import texts
from akson.base.work import Purpose
from akson.patient.alerting.choosing import SQL
from akson.patient.cases import JOB
from akson.record.deciding import facts_for
from akson.record.office import Office

LEASE: Final = timedelta(minutes=3)  # longer than a server may take for all its answers
PATIENCE: Final = timedelta(days=3)
MAIL, SMS = "mail", "sms"
_PAUSE: Final = timedelta(seconds=15)  # before the second try; doubled each time
_LONGEST: Final = timedelta(hours=1)
LOG = logging.getLogger("akson.alerts")


class Carries(Protocol):
    """What carries a letter out of the house; raises Unsent."""

    def send(self, to: str, name: str, subject: str, text: str, at: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How this installation reaches citizens.

    post        what carries letters
    sms_domain  of the operator's addresses that become text messages: "4790000000@<domain>"; "": there are none
    """

    post: Carries
    sms_domain: str = ""

    def address(self, way: str, address: str) -> str:
        """Return where a letter goes; "" when the way is no longer there."""
        if way == SMS:
            return f"{address}@{self.sms_domain}" if self.sms_domain else ""
        return address


async def turn(office: Office, ways: Ways) -> int:
    """Send one letter that is due; return 1, or 0 when none was."""
    now = office.clock()
    rows = await office.database.fetch(SQL.claim, now, now + LEASE)
    for row in rows:
        await _deliver(office, ways, row)
    return len(rows)


async def unsent(database: Database) -> dict[str, int]:
    """Return how many letters wait, and how many were given up."""
    return {row["what"]: row["count"] for row in await database.fetch(SQL.unsent)}


async def _deliver(office: Office, ways: Ways, letter: Record) -> None:
    """Send one letter, and note what became of it."""
    key = (letter["owner"], letter["id"])
    whom = await _addressed(office, letter["owner"])
    to = ways.address(whom["way"], whom["address"]) if whom else ""
    if not whom or not to:
        await office.database.execute(SQL.drop, *key)
        return
    speak(whom["language"])
    subject, text = texts().plain("alert_letter.subject"), texts().plain("alert_letter.text")
    name = office.hasher.wide(f"alert {letter['owner']} {letter['id']}".encode()).hex()
    try:
        await asyncio.to_thread(ways.post.send, to, name, subject, text, letter["made"])
    except Unsent as failure:
        LOG.warning("an alert was not taken", extra={"failure": failure.why})
        await office.database.execute(SQL.again, *key, *_again(office.clock(), letter, failure))
    else:
        await office.database.execute(SQL.sent, *key, office.clock())


def _again(now: datetime, letter: Mapping[str, datetime | int], failure: Unsent) -> tuple[datetime, str]:
    """Return when to try again, and why not any more; ""."""
    made, tries = letter["made"], letter["tries"]
    assert isinstance(made, datetime) and isinstance(tries, int)
    pause = min(_PAUSE * 2 ** min(tries - 1, 20), _LONGEST)
    why = "address" if failure.address else "time" if now + pause > made + PATIENCE else ""
    return now + pause, why


async def _addressed(office: Office, owner: int) -> Record | None:
    """Return the way and address of one who is still to be told; None: nobody is."""
    async with office.work(JOB, Purpose.SYSTEM, screen="job:alerts") as work:
        facts = (await facts_for(work, [owner])).get(owner)
    if facts is None or not _may_be_told(facts):
        return None
    rows = await office.database.fetch(SQL.addressed, owner)
    return rows[0] if rows else None


def _may_be_told(facts: Facts) -> bool:
    """Say whether somebody may be reached outside: not the dead, and not one whom others make show the record."""
    return not facts.deceased and not is_stopped(facts)
