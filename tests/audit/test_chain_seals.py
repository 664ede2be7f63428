"""A chain cannot be cut short, nor written anew from its beginning, where its links were sealed."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.audit.seal import Signer
from akson.audit.verify import verify
from akson.base.database import Database
from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.sealing import SQL, chain_seals, seal_chains
from akson.record.stored import Stored
from tests.offices import JOB, NOW, let_pass, patient, temperature

KEY = Ed25519PrivateKey.generate()
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def person(office: Office) -> Stored:
    """A person with three writes under a first seal, and two under a second."""
    made = await patient(office)
    await measured(office, made, 2)
    assert await seal_chains(office.database, Signer(KEY), NOW + MINUTE) == 1
    await measured(office, made, 2)
    assert await seal_chains(office.database, Signer(KEY), NOW + 2 * MINUTE) == 1
    return made


async def measured(office: Office, person: Stored, many: int) -> None:
    for _ in range(many):
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, temperature(person))


async def faults(url: str, witnessed: bytes = b"") -> list[str]:
    report = await verify(url, keys=[KEY.public_key()], witnessed=witnessed)
    return [str(fault) for fault in report.faults]


async def cut(owner_db: Database, owner: int, upto: int) -> None:
    """Take the end of a chain away as whoever owns the tables would, so that what is left fits together."""
    await owner_db.execute("DELETE FROM news")
    await owner_db.execute("DELETE FROM resource r USING resource_version v WHERE v.owner = r.owner AND v.type = r.type"
                           " AND v.id = r.id AND v.owner = $1 AND v.chain_seq > $2", owner, upto)  # fmt: skip
    await owner_db.execute("DELETE FROM resource_version WHERE owner = $1 AND chain_seq > $2", owner, upto)
    await owner_db.execute("DELETE FROM chain WHERE owner = $1 AND seq > $2", owner, upto)
    await owner_db.execute("UPDATE owner o SET chain_seq = c.seq, head = c.head FROM chain c WHERE c.owner = o.owner"
                           " AND o.owner = $1 AND c.seq = $2", owner, upto)  # fmt: skip


async def test_untouched_chains_are_proven_and_sealing_again_makes_no_empty_seal(
    office: Office, person: Stored, database_url: str
) -> None:
    assert await seal_chains(office.database, Signer(KEY), NOW + 3 * MINUTE) == 0
    assert await faults(database_url, await chain_seals(office.database, NOW)) == []
    await measured(office, person, 1)
    made = await asyncio.gather(*(seal_chains(office.database, Signer(KEY), NOW + 4 * MINUTE) for _ in range(3)))
    assert sum(made) == 1 and await faults(database_url) == []


async def test_a_chain_cut_short_is_found_though_all_that_is_left_fits(
    person: Stored, database_url: str, owner_db: Database
) -> None:
    await cut(owner_db, person.owner, 3)
    found = await faults(database_url)
    assert found == [f"chain {person.owner}/{seq}: was sealed under 2, but is gone" for seq in (4, 5)]


async def test_a_chain_cut_short_with_its_seal_is_found_through_the_witness(
    office: Office, person: Stored, database_url: str, owner_db: Database
) -> None:
    held = await chain_seals(office.database, NOW)
    await cut(owner_db, person.owner, 3)
    await owner_db.execute("DELETE FROM chain_seal WHERE number = 2")
    assert await faults(database_url) == []
    assert await faults(database_url, held) == ["chain_seal 2: the witness holds this seal, but it is gone"]
    await measured(office, person, 1)
    await seal_chains(office.database, Signer(KEY), NOW + 5 * MINUTE)
    assert await faults(database_url) == []
    assert await faults(database_url, held) == ["chain_seal 2: is not the one the witness holds"]
    both = held + await chain_seals(office.database, NOW)
    assert await faults(database_url, both) == ["chain_seal 2: is not the one the witness holds"]


async def test_a_head_that_was_written_anew_is_not_the_one_that_was_sealed(
    person: Stored, database_url: str, owner_db: Database
) -> None:
    """The last version is rewritten, and everything over it with the right hashes."""
    await owner_db.execute("UPDATE chain SET head = sha256('x') WHERE owner = $1 AND seq = 5", person.owner)
    await owner_db.execute("UPDATE owner SET head = sha256('x') WHERE owner = $1", person.owner)
    assert f"chain {person.owner}/5: is not the link that was sealed under 2" in await faults(database_url)


TAMPERINGS = [
    ("DELETE FROM chain_seal WHERE number = 1", ["chain_seal 2: a seal from 1 is missing"]),
    ("UPDATE chain_seal SET at = at + interval '1 s' WHERE number = 2", ["chain_seal 2: the signature does not hold"]),
    ("UPDATE chain_seal SET root = sha256('x') WHERE number = 2", [
        "chain_seal 2: its links are not those that were sealed", "chain_seal 2: the signature does not hold"]),
    ("UPDATE chain_seal SET prints = set_byte(prints, 0, 1 + get_byte(prints, 0) % 200) WHERE number = 2", [
        "chain_seal 2: its prints are not those of its rows"]),
    ("UPDATE chain_seal SET seqs[1] = seqs[1] + 1 WHERE number = 1", ["*"]),
    ("UPDATE chain_seal SET owners = owners[2:], seqs = seqs[2:], prints = substr(prints, 9) WHERE number = 2", ["*"]),
    ("UPDATE chain_seal SET previous = sha256('x') WHERE number = 2", [
        "chain_seal 2: does not follow the seal before", "chain_seal 2: the signature does not hold"]),
    ("UPDATE chain_seal SET key_id = 'x' WHERE number = 2", ["chain_seal 2: the signature does not hold"]),
]  # fmt: skip


@pytest.mark.parametrize(("tampering", "found"), TAMPERINGS)
async def test_what_is_done_to_a_seal_is_found(
    person: Stored, database_url: str, owner_db: Database, tampering: str, found: list[str]
) -> None:
    await owner_db.execute(tampering)
    told = [one for one in await faults(database_url) if "never sealed" not in one]
    assert told if found == ["*"] else sorted(told) == found


async def test_links_that_were_left_out_are_found(
    office: Office, person: Stored, database_url: str, owner_db: Database
) -> None:
    await owner_db.execute("DELETE FROM chain_seal WHERE number = 2")
    await owner_db.execute("UPDATE chain_seal SET at = at + interval '2 hours'")  # nobody looks back that far
    let_pass(office, timedelta(days=1))
    await patient(office)
    await seal_chains(office.database, Signer(KEY), NOW + timedelta(days=1))
    found = [one for one in await faults(database_url) if "never" in one]
    assert found == [f"chain {person.owner}/{seq}: was never sealed" for seq in (4, 5)]


async def test_many_links_stand_under_several_seals(
    office: Office, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("akson.record.sealing._MOST", 2)
    for _ in range(5):
        await patient(office)
    assert await seal_chains(office.database, Signer(KEY), NOW + MINUTE) == 3
    assert await faults(database_url) == []
    last = await office.database.fetchrow(SQL.last)
    assert (last["number"], last["links"]) == (3, 1) and len(last["root"]) == hashlib.sha256().digest_size


async def test_the_application_can_neither_change_nor_delete_a_seal(office: Office, person: Stored) -> None:
    for statement in ("UPDATE chain_seal SET at = at", "DELETE FROM chain_seal"):
        with pytest.raises(Exception, match="permission denied"):
            await office.database.execute(statement)
