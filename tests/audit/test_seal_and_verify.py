"""The verifier finds whatever is done to the log behind the application's back, and names it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from akson.audit.log import AccessLog, leaf
from akson.audit.seal import Signer, export_seals, merkle_root, seal
from akson.audit.verify import verify
from akson.base.database import Database
from tests.audit.looks import DOCTOR, KARI, NOW, look, saw

KEY = Ed25519PrivateKey.generate()
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def sealed(database_url: str, db: Database) -> str:
    """A log of two seals: rows 1-5 and 6-8 of one stream."""
    log = AccessLog(database_url)
    await asyncio.gather(*(log.write(look(request=f"r{n}")) for n in range(1, 6)))
    assert await seal(db, Signer(KEY), NOW + MINUTE) == 1
    for n, row in ((6, look(saw("page oversikt", KARI))), (7, look(actor=DOCTOR)), (8, look(saw(outcome="refuse")))):
        await log.write(replace(row, request=f"r{n}"))
    assert await seal(db, Signer(KEY), NOW + 2 * MINUTE) == 1
    await log.close()
    return database_url


async def faults(url: str, witnessed: bytes = b"") -> list[str]:
    """Return what the verifier finds, without the stream's key, which is random."""
    report = await verify(url, keys=[KEY.public_key()], witnessed=witnessed)
    return [f"{f.table} {f.key.partition('/')[2]}: {f.what}" for f in report.faults]


async def test_an_untouched_log_is_proven(sealed: str, db: Database) -> None:
    report = await verify(sealed, keys=[KEY.public_key()], witnessed=await export_seals(db, NOW))
    assert report.faults == () and report.proven
    assert (report.rows["access_log"], report.rows["access_seal"], report.rows["access_stream"]) == (8, 2, 1)


async def test_sealing_again_makes_no_empty_seal_and_two_sealers_make_one(sealed: str, db: Database) -> None:
    assert await seal(db, Signer(KEY), NOW + 3 * MINUTE) == 0
    log = AccessLog(sealed)
    await log.write(look(at=NOW))
    made = await asyncio.gather(*(seal(db, Signer(KEY), NOW + 3 * MINUTE) for _ in range(3)))
    await log.close()
    assert sum(made) == 1 and await faults(sealed) == []


CHANGED = "was changed after it was written"
TAMPERINGS = [
    ("UPDATE access_log SET actor_name = 'En annen' WHERE seq = 3", [f"access_log 3: {CHANGED}"]),
    ("UPDATE access_log SET unit = 1 WHERE seq = 8", [f"access_log 8: {CHANGED}"]),
    ("UPDATE access_log SET reason = 'x' WHERE seq = 1", [f"access_log 1: {CHANGED}"]),
    ("UPDATE access_log SET outcome = 'permit ' WHERE seq = 2", [f"access_log 2: {CHANGED}"]),
    ("UPDATE access_log SET seen = '[]' WHERE seq = 2", [f"access_log 2: {CHANGED}"]),
    ("UPDATE access_log SET seen = jsonb_set(seen, '{0,extra}', '1') WHERE seq = 2", [f"access_log 2: {CHANGED}"]),
    ("UPDATE access_log SET seen = jsonb_set(seen, '{0,what}', '\"x\"') WHERE seq = 2", [f"access_log 2: {CHANGED}"]),
    ("UPDATE access_log SET at = at + interval '1 us' WHERE seq = 4", [
        f"access_log 4: {CHANGED}", "access_log_patient */4: has no row in the log",
        "access_log_patient */4: is missing"]),
    ("UPDATE access_log SET patients = '{}' WHERE seq = 6", [
        f"access_log 6: {CHANGED}", "access_log_patient */6: has no row in the log"]),
    ("UPDATE access_log SET leaf = 'x' WHERE seq = 5", [f"access_log 5: {CHANGED}"]),
    ("DELETE FROM access_log WHERE seq = 3", [
        "access_log 3: is missing", "access_log_patient */3: has no row in the log"]),
    ("DELETE FROM access_log WHERE seq > 6; DELETE FROM access_log_patient WHERE seq > 6", [
        "access_log 7-8: is missing"]),
    ("DELETE FROM access_log; DELETE FROM access_log_patient", [
        "access_log 1-5: is missing", "access_log 6-8: is missing"]),
    ("DELETE FROM access_log_patient WHERE seq = 7", ["access_log_patient */7: is missing"]),
    ("INSERT INTO access_log_patient SELECT 1, at, stream, seq FROM access_log WHERE seq = 7", [
        "access_log_patient */7: has no row in the log"]),
    ("INSERT INTO access_log SELECT (jsonb_populate_record(l, jsonb_build_object('at', at + interval '1 s'))).* "
     "FROM access_log l WHERE seq = 2", ["access_log 2: stands there twice", "access_log_patient */2: is missing"]),
    (";".join(f"UPDATE {table} SET seq = {to} WHERE seq = {seq}" for table in ("access_log", "access_log_patient")
              for seq, to in ((1, 99), (2, 1), (99, 2))), [f"access_log 1: {CHANGED}", f"access_log 2: {CHANGED}"]),
    ("DELETE FROM access_seal WHERE from_seq = 1", ["access_seal 6: a seal from 1 is missing"]),
    ("UPDATE access_seal SET root = sha256('x') WHERE from_seq = 6", [
        "access_seal 6: the signature does not hold", "access_seal 6: the rows 6-8 are not those that were sealed"]),
    ("UPDATE access_seal SET at = at + interval '1 s' WHERE from_seq = 6", [
        "access_seal 6: the signature does not hold"]),
    ("UPDATE access_seal SET prints = set_byte(prints, 8, 1 + get_byte(prints, 8) % 200) WHERE from_seq = 1", [
        "access_log 2: is not the row that was sealed"]),
    ("UPDATE access_seal SET key_id = 'x' WHERE from_seq = 6", ["access_seal 6: the signature does not hold"]),
]  # fmt: skip


@pytest.mark.parametrize(("tampering", "found"), TAMPERINGS)
async def test_what_is_done_behind_the_applications_back_is_found_and_named(
    sealed: str, owner_db: Database, tampering: str, found: list[str]
) -> None:
    await owner_db.execute(tampering)
    told = [_without_patient(fault) for fault in await faults(sealed)]
    assert sorted(told) == sorted(found)


async def test_a_row_rewritten_with_a_right_leaf_does_not_fit_its_seal(sealed: str, owner_db: Database) -> None:
    stream = await owner_db.fetchval("SELECT stream FROM access_stream")
    forged = look(request="r2", reason="forged")
    await owner_db.execute("UPDATE access_log SET reason = 'forged', request = 'r2', leaf = $1 WHERE seq = 2",
                           leaf(stream, 2, forged))  # fmt: skip
    assert await faults(sealed) == ["access_log 2: is not the row that was sealed"]


async def test_a_seal_signed_with_another_key_is_found(sealed: str, owner_db: Database, db: Database) -> None:
    await owner_db.execute("DELETE FROM access_seal WHERE from_seq = 6")
    await seal(db, Signer(Ed25519PrivateKey.generate()), NOW + 5 * MINUTE)
    assert await faults(sealed) == ["access_seal 6: the signature does not hold"]


async def test_a_log_cut_short_with_its_seals_is_found_through_the_witness(sealed: str, db: Database, owner_db) -> None:
    handed = await export_seals(db, NOW)
    for table, column in (("access_log", "seq"), ("access_log_patient", "seq"), ("access_seal", "from_seq")):
        await owner_db.execute(f"DELETE FROM {table} WHERE {column} >= 6")
    assert await faults(sealed) == []
    assert await faults(sealed, handed) == ["access_seal 6: the witness holds this seal, but it is gone"]
    await seal(db, Signer(KEY), NOW + 5 * MINUTE)
    assert await faults(sealed, handed) == ["access_seal 6: the witness holds this seal, but it is gone"]


async def test_rows_that_are_never_sealed_are_found(sealed: str, owner_db: Database, db: Database) -> None:
    await owner_db.execute("DELETE FROM access_seal WHERE from_seq = 6")
    log = AccessLog(sealed)
    await log.write(look(at=NOW + timedelta(days=1)))
    await seal(db, Signer(KEY), NOW + timedelta(days=1), opened_since=NOW + timedelta(hours=1))
    await log.close()
    assert await faults(sealed) == [f"access_log {seq}: was never sealed" for seq in (6, 7, 8)]


@pytest.mark.parametrize("many", range(1, 18))
def test_the_root_changes_with_every_leaf_and_their_order(many: int) -> None:
    leaves = [bytes([n]) * 32 for n in range(many)]
    roots = {merkle_root(leaves), merkle_root(leaves[::-1])}
    roots |= {merkle_root([*leaves[:n], b"x" * 32, *leaves[n + 1 :]]) for n in range(many)}
    assert len(roots) == many + (2 if many > 1 else 1)


def _without_patient(fault: str) -> str:
    """access_log_patient's key begins with the patient; after the cut comes "stream/seq"."""
    table, _, rest = fault.partition(" ")
    return f"{table} */{rest.partition('/')[2]}" if table == "access_log_patient" else fault
