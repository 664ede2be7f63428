"""At no moment of a report to the barnevern does a parent see that there is one: no alert, row, count or other answer.

The moments are lived through with the barnevern's own program; after each of them the mother looks everywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import seeds
from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.doors import seeding
from akson.doors.running import consumers
from akson.doors.seeding import address_of
from akson.exchange import addresses
from akson.patient.alerting import choosing, gathering
from akson.patient.alerting.choosing import Choice
from akson.record import journal
from akson.record.erasure import Decision, Ground, erase
from tests.exchange.barnevern import Barnevern, standing
from tests.fhirapi.clients import Api
from tests.offices import JOB, let_pass
from tests.portal.pages import citizen, show
from tests.programs import HANG
from tests.seeded import Town
from tests.workplace.browsing import Browser, browsing
from tests.workplace.test_reporting import BARNEVERN, EMIL, answers, found

ALERTS = """SELECT a.* FROM alert a JOIN access_log l USING (stream, seq)
             WHERE a.held_until IS NULL AND l.actor_kind = 'staff'"""  # letters are of these, and of her own looks
WEEKS = timedelta(weeks=5)  # later than anybody is told of a look at the page
ASKED = ("Patient/{id}", "Patient/{id}/_history", "Patient/{id}/$everything", "Communication?patient={id}&_total=accurate",
         "Communication?_total=accurate", "Task?patient={id}&_total=accurate", "Task?_total=accurate", "Task/_history",
         "Communication/_history", "Patient?_id={id}&_revinclude=Communication:subject&_revinclude=Task:patient",
         "AuditEvent?patient={id}&_total=accurate", "Provenance?patient={id}&_total=accurate")  # fmt: skip


@dataclass
class Life:
    """Emil, who is reported; who reports; his mother's app; the barnevern."""

    town: Town
    reporter: Browser
    app: httpx.AsyncClient
    barnevern: Barnevern

    @property
    def page(self) -> str:
        return f"/p/{self.town.id(EMIL)}/bekymring"

    async def settle(self) -> None:
        """Let all that runs by itself be done, and some time pass: another visit begins."""
        while await deliver(self.town.office.database, consumers(self.town.office), self.town.office.clock()):
            pass
        while await gathering.turn(self.town.office.database, self.town.office.clock()):
            pass
        let_pass(self.town.office, timedelta(minutes=40))

    async def opened(self) -> None:
        assert (await self.reporter.open(self.page)).status == 200

    async def drafted(self) -> None:
        assert (await self.reporter.send(self.page, **answers(do="look"))).status == 200

    async def queued(self) -> None:
        sent = await self.reporter.send(self.page, **answers(do="send"))
        assert sent.status == 303
        shown = await self.reporter.open(sent.leads_to)
        assert shown.status == 200 and "Venter på sending" in shown.text

    async def sent(self) -> None:
        await self.barnevern.exchange.deliver_due(self.town.office)
        assert len((await self.barnevern.page.get("/state")).json()["reports"]) == 1

    async def comes_back_after_six_weeks(self) -> None:
        await self.own()

    async def answered(self) -> None:
        async with asyncio.timeout(HANG):
            while len(await found(self.town, "Task")) == 1:
                await self.barnevern.exchange.turn(self.town.office)
                let_pass(self.town.office, timedelta(seconds=20))
                await asyncio.sleep(0.02)

    async def read(self) -> None:
        """The inbox, the day and the answer are opened, and what was sent once more."""
        for task in await found(self.town, "Task"):
            for path in ("/start", "/innboks", f"/innboks/{task['id']}"):
                assert (await self.reporter.open(path)).status == 200
        await self.own()

    async def own(self) -> None:
        """The page of what was sent, and of what came back."""
        for one in await found(self.town, "Communication"):
            assert (await self.reporter.open(f"{self.page}?melding={one['id']}")).status == 200

    async def done(self) -> None:
        (task,) = [one for one in await found(self.town, "Task") if one["status"] == "requested"]
        form = {"do": "done", "version": task["meta"]["versionId"]}
        assert (await self.reporter.send(f"/innboks/{task['id']}", **form)).status == 303

    async def deleted(self) -> None:
        async with self.town.office.work(JOB, Purpose.SYSTEM) as work:
            for one in await self._all():
                await journal.delete(work, one["resourceType"], one["id"])

    async def erased(self) -> None:
        async with self.town.office.work(await self.town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
            await erase(work, self.names, Decision(ground=Ground.WRONG_PATIENT, reason="Ført på feil barn i listen"))

    async def _all(self) -> list[dict[str, Any]]:
        every = [one for type_ in ("Communication", "Task") for one in await found(self.town, type_)]
        self.names = [f"{one['resourceType']}/{one['id']}" for one in every]
        return every

    async def journal(self) -> str:
        """Return what the mother reads of the record."""
        return (await show(self.town, await citizen(self.town, "ida"), "/min/journal", person="emil")).text

    async def looks(self) -> dict[str, Any]:
        """Return what the mother is told: on her pages, in the log, in alerts and letters, by FHIR."""
        ida = await citizen(self.town, "ida")
        home = (await show(self.town, ida, "/min", person="emil")).page.values["home"]
        insight = (await show(self.town, ida, "/min/innsyn", person="emil")).page.values["insight"]
        told: dict[str, Any] = {
            "home": [home.alerts, home.opened, home.new, home.todo, [one for one in home.looks if _others(one)]],
            "log": [replace(one, shown="", ask_href="") for one in insight.looks if _others(one)],
            "asked": [insight.asked, insight.more_href, insight.refused, insight.given],
            "journal": await self.journal(),
            "alerts": [dict(row) for row in await self.town.office.database.fetch(ALERTS)],
        }  # fmt: skip
        for asked in ASKED:
            answer = await self.app.get(asked.format(id=self.town.id(EMIL)))
            headers = {name: answer.headers.get(name) for name in ("etag", "last-modified")}
            told[asked] = (answer.status_code, headers, _timeless(answer.json()))
        return told


def _others(look: Any) -> bool:
    return "Ida" not in look.who


def _timeless(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["resourceType"] == "Bundle":
        for name in ("id", "meta", "link", "timestamp"):
            answer.pop(name, None)
    return answer


@pytest.fixture
async def barnevern(town: Town, tmp_path: Path) -> AsyncIterator[Barnevern]:
    """The barnevern of the demo, whom the town's addresses lead to."""
    async with standing(town.office, tmp_path, seeding.directory()) as there:
        told = [address_of(town.office, one, town.names, 8000) for one in seeds.addresses()]
        await addresses.put(town.office.database, [
            replace(one, endpoint=there.endpoint) if one.her_id == BARNEVERN else one for one in told
        ])  # fmt: skip
        yield there


@pytest.fixture
async def mothers(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """The mother's app."""
    api = Api(town.office)
    yield api.as_(await citizen(town, "ida"))
    await api.close()


Moment = Callable[[Life], Awaitable[None]]
MOMENTS: tuple[Moment, ...] = (
    Life.opened, Life.drafted, Life.queued, Life.sent, Life.comes_back_after_six_weeks, Life.answered,
    Life.read, Life.done, Life.deleted, Life.erased,
)  # fmt: skip
PASSES = {Life.comes_back_after_six_weeks: timedelta(weeks=6), Life.answered: timedelta(weeks=4)}  # before it: week ten


@pytest.mark.parametrize("who", ["hanne", "mariam"])
async def test_at_no_moment_does_the_mother_see_that_there_is_a_report(
    town: Town, barnevern: Barnevern, mothers: httpx.AsyncClient, who: str
) -> None:
    """Hanne cares for Emil and may read his record; Mariam has never met him. He is told of every look, by mail."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        emil = (await journal.read(work, "Patient", town.id(EMIL))).owner
        await choosing.choose(work, emil, Choice(level="every", way="mail", address="emil@example.no"))
    async with browsing(town.office, await town.at_work(who)) as reporter:
        life = Life(town, reporter, mothers, barnevern)
        await life.looks()
        await life.settle()
        before = await life.looks()
        for moment in MOMENTS:
            if moment in PASSES:
                let_pass(town.office, PASSES[moment])
                before["journal"] = await life.journal()  # it says how long ago
            await moment(life)
            await life.settle()
            now = await life.looks()
            assert {name: told for name, told in now.items() if told != before[name]} == {}, moment.__name__
        let_pass(town.office, WEEKS)
        await life.settle()
        now = await life.looks()
        assert (now["log"], now["alerts"]) == (before["log"], before["alerts"])
