"""The operator enters who is written to and how, and which units are ours: what is wrong is said, and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result

from akson.base.work import Purpose
from akson.cli import main
from akson.doors.opening import opened
from akson.doors.settings import from_environment
from akson.exchange import addresses
from akson.record import journal
from akson.record.office import Office
from tests.exchange.letters import HEART, NORDRE
from tests.offices import JOB, unit

HOSPITAL, CLINIC, OURS, UNIT = map(str, (HEART.parent, HEART.her_id, NORDRE.parent, NORDRE.her_id))
NUMBER = "310000019"
T = TypeVar("T")


async def close(office: Office, id_: str) -> None:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        stands = (await journal.read(work, "Organization", id_)).resource
        await journal.update(work, stands | {"active": False}, id_=id_)


class Operator:
    """Somebody at the command line of one installation."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def ask(self, *words: str) -> Result:
        return CliRunner().invoke(main, [*words], env=self.env)

    def told(self, *words: str) -> str:
        result = self.ask(*words)
        assert result.exit_code == 0, result.output
        return result.output.strip()

    def inside(self, does: Callable[[Office], Awaitable[T]]) -> T:
        async def there() -> T:
            async with opened(from_environment(self.env), size=2) as office:
                return await does(office)

        return asyncio.run(there())


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    return Operator({"AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path)})


@pytest.fixture
def practice(operator: Operator) -> str:
    """A unit of ours in the journal, by its id."""

    async def made(office: Office) -> str:
        return (await unit(office, "Nordre legesenter")).unit_id.partition("/")[2]

    return operator.inside(made)


def test_a_new_installation_gets_its_own_units_and_whom_they_write_to(operator: Operator, practice: str) -> None:
    assert operator.told("address-list") == ""
    assert operator.told("address-put", OURS, "--unit", practice, "--name", "Fjordvik kommune", "--number", NUMBER)
    ours = operator.told("address-put", UNIT, "--unit", f"Organization/{practice}", "--parent", OURS)
    assert ours == f"{UNIT}  Nordre legesenter ({OURS} Fjordvik kommune): vår, Organization/{practice}"
    assert operator.told("address-put", HOSPITAL, "--name", "Vestfjell sykehus", "--number", "310 000 027")
    for words, told in (
        (("--by", "edi", "--parent", HOSPITAL), "meldingstjeneren (EDI)"), (("--by", "amqp"), "køer (AMQP)"),
        (("--consent",), "køer (AMQP), med samtykke"), (("--no-consent",), "køer (AMQP)"),
        (("--apprec", "1.0"), "køer (AMQP), AppRec 1.0"), (("--apprec", "1.1"), "køer (AMQP)"), (("--by", "none"), "nås ikke"),
        (("--local", "http://127.0.0.1:9/exchange/local", "--fiks", "4299/00", "--name", "Barnevern"),
         "http://127.0.0.1:9/exchange/local, barnevern 4299/00"),
    ):  # fmt: skip
        shown = operator.told("address-put", CLINIC, *words)
        assert shown.startswith(f"{CLINIC}  ") and shown.endswith(f"({HOSPITAL} Vestfjell sykehus): {told}"), shown
    assert len(operator.told("address-list").splitlines()) == 4

    async def stands(office: Office) -> Any:
        return await addresses.served(office.database), await addresses.partners(office.database)

    assert operator.inside(stands) == ([NORDRE.her_id], [(HEART.her_id, "Barnevern")])


LOG = "SELECT actor_id, reason, seen->0->>'what' AS what FROM access_log WHERE screen = 'address-put' ORDER BY at, seq"


def test_only_what_is_named_changes_and_what_stood_before_is_in_the_log(operator: Operator, practice: str) -> None:
    operator.told("address-put", HOSPITAL, "--name", "Vestfjell sykehus", "--number", NUMBER, "--apprec", "1.0")
    put = operator.told("address-put", CLINIC, "--by", "edi", "--parent", HOSPITAL)
    assert put.endswith("AppRec 1.0")  # a service reads what its organisation reads, unless something else is said
    assert operator.told("address-put", CLINIC, "--apprec", "1.1").endswith("(EDI)")
    assert "AppRec 1.0" in operator.told("address-put", HOSPITAL, "--name", "Vestfjell", "--number", "310000027")
    operator.told("address-put", CLINIC, "--by", "amqp")
    operator.told("address-put", UNIT, "--unit", practice)

    async def stands(office: Office) -> Any:
        await close(office, practice)
        known = await addresses.find(office.database, [HEART.her_id])
        return known[HEART.her_id].org_number, await office.database.fetch(LOG)

    number, log = operator.inside(stands)
    assert number == "310000027"  # its organisation's: none was entered for the service itself
    told = [(row["actor_id"], row["reason"].split()[0], row["what"]) for row in log]
    assert told[4:5] == [("Device/operator", "login", f'address {CLINIC} endpoint: "edi:" -> "amqp:"')]
    assert told[3][2] == (
        f'address {HOSPITAL} name: "Vestfjell sykehus" -> "Vestfjell"; org_number: "{NUMBER}" -> "310000027"'
    )
    assert len(told) == 6 and "avsluttet" in operator.told("address-list")


def test_what_is_wrong_is_said_and_changes_nothing(operator: Operator, practice: str) -> None:
    operator.told("address-put", CLINIC, "--by", "edi")
    before = operator.told("address-list")
    for words, said in (
        (("0",), "0 is not in the range"), ((CLINIC, "--by", "fax"), "'fax' is not one of"),
        ((CLINIC, "--by", "edi", "--unit", practice), "bare én av dem"), ((CLINIC, "--number", "310000018"), "ontroll"),
        ((CLINIC, "--local", "https://hospital.example/in"), "bare til denne maskinen"),
        ((CLINIC, "--fiks", "Fjordvik"), "4299/00"), ((CLINIC, "--parent", HOSPITAL), f"Før inn virksomheten {HOSPITAL}"),
        ((str(2**31),), "is not in the range"), ((CLINIC, "--parent", CLINIC), "er ikke en virksomhet (nivå 1)"), ((CLINIC, "--unit", "finnes-ikke"), "Ingenting er endret"),
    ):  # fmt: skip
        wrong = operator.ask("address-put", *words)
        assert wrong.exit_code != 0 and said in wrong.output, (words, wrong.output)
    assert operator.told("address-list") == before
