"""The embedded PostgreSQL: nothing lost and always up again, whoever was killed; nobody else on its data."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import unquote

import asyncpg
import pytest

from akson.base.binaries import Binaries, NoPostgres, find
from akson.base.postgres import Postgres, PostgresFailed
from akson.base.unprivileged import User, room, server_user

SUPERVISOR = """
import sys, time
from pathlib import Path
from akson.base.binaries import Binaries
from akson.base.postgres import Postgres
found = Binaries(folder=Path(sys.argv[2]), libraries=tuple(map(Path, sys.argv[3:])))
pg = Postgres(Path(sys.argv[1]), binaries=found)
pg.start()
print(pg.pid, pg.url, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder that the tests here use one after the other: making one takes most of a second."""
    with _folder() as folder:
        yield folder


@pytest.fixture
def fresh() -> Iterator[Path]:
    with _folder() as folder:
        yield folder


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="akson-pg-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


async def asked(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_what_was_written_is_there_after_a_clean_stop(data: Path, postgres: Postgres) -> None:
    async with Postgres(data, binaries=postgres.binaries) as first:
        await asked(first.url, "CREATE TABLE kept AS VALUES ('ærlig')")
        pid = first.pid
    assert pid and not Path(f"/proc/{pid}").exists(), "stopped and reaped"
    async with Postgres(data, binaries=postgres.binaries) as again:
        assert await asked(again.url, "TABLE kept") == "ærlig"
        assert await asked(again.url, "SHOW fsync") == "on"
        assert (
            await asked(again.url, "SELECT lower('ÆØÅ') || datcollate FROM pg_database WHERE datname = 'akson'")
            == "æøåC"
        )


def test_it_is_up_again_ten_of_ten_times_after_everything_was_killed(data: Path, postgres: Postgres) -> None:
    told = 0
    for round_ in range(10):
        supervisor, pid, url = _supervised(data, postgres)
        assert asyncio.run(_count_up(url)) == round_ + 1, "every acknowledged row is there"
        victims = [supervisor.pid, pid] if round_ % 2 else [pid, supervisor.pid]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        supervisor.wait()
        told += 1
    assert told == 10


async def _count_up(url: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS told (at timestamptz DEFAULT now())")
        await connection.execute("INSERT INTO told DEFAULT VALUES")
        return await connection.fetchval("SELECT count(*) FROM told")
    finally:
        await connection.close()


def _supervised(data: Path, postgres: Postgres) -> tuple[subprocess.Popen[str], int, str]:
    """Start a server under another process; return that process, the server's id and its address."""
    found = [str(path) for path in (postgres.binaries.folder, *postgres.binaries.libraries)]
    command = [sys.executable, "-c", SUPERVISOR, str(data), *found]
    supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert supervisor.stdout
    with supervisor.stdout as said:
        pid, url = said.readline().split()
    return supervisor, int(pid), url


def test_a_server_left_behind_is_stopped_before_the_next_one_starts(data: Path, postgres: Postgres) -> None:
    supervisor, orphan, _ = _supervised(data, postgres)
    supervisor.kill()
    supervisor.wait()
    with Postgres(data, binaries=postgres.binaries) as pg:
        assert pg.pid != orphan
        assert asyncio.run(asked(pg.url, "SELECT 1")) == 1
    assert not Path(f"/proc/{orphan}/cwd").exists()


def test_a_stranger_with_the_number_of_the_dead_server_is_left_alone(data: Path, postgres: Postgres) -> None:
    with Postgres(data, binaries=postgres.binaries, fast=True):
        pass
    stranger = subprocess.Popen(["sleep", "60"], **server_user().spawn)
    try:
        stale = data / "postgres/cluster/postmaster.pid"
        stale.write_text(f"{stranger.pid}\n{data}/postgres/cluster\n1\n5432\n{data}/postgres/run\n\n0 0\nready\n")
        with Postgres(data, binaries=postgres.binaries, fast=True) as pg:
            assert asyncio.run(asked(pg.url, "SELECT 1")) == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_supervisors_never_share_data(data: Path, postgres: Postgres) -> None:
    with (
        Postgres(data, binaries=postgres.binaries, fast=True) as first,
        pytest.raises(PostgresFailed, match="another Akson runs"),
    ):
        Postgres(data, binaries=postgres.binaries, fast=True).start()
    assert first.pid is None


def test_only_its_own_user_reaches_it(data: Path, postgres: Postgres) -> None:
    with Postgres(data, binaries=postgres.binaries, fast=True) as pg:
        assert (data / "postgres/run").stat().st_mode & 0o777 == 0o700
        assert (data / "postgres/cluster").stat().st_mode & 0o777 == 0o700
        assert asyncio.run(asked(pg.url, "SHOW listen_addresses")) == ""


def test_a_path_too_long_for_a_socket_is_no_hindrance(fresh: Path, postgres: Postgres) -> None:
    deep = fresh / ("langt-" * 20)
    with Postgres(deep, binaries=postgres.binaries, fast=True) as pg:
        assert asyncio.run(asked(pg.url, "SELECT 1")) == 1
        socket = Path(unquote(pg.url.partition("host=")[2].partition("&")[0]))
        assert not socket.is_relative_to(deep)
    assert not socket.exists()


def test_its_failure_says_why(fresh: Path, postgres: Postgres) -> None:
    with Postgres(fresh, binaries=postgres.binaries, fast=True):
        pass
    (fresh / "postgres/cluster/PG_VERSION").write_text("9.6\n")
    with pytest.raises(PostgresFailed, match="incompatible with server"):
        Postgres(fresh, binaries=postgres.binaries, fast=True).start()


def test_a_folder_without_postgresql_is_refused(fresh: Path) -> None:
    with pytest.raises(NoPostgres, match="no PostgreSQL of version 15"):
        find(fresh, keep=fresh / "postgresql", user=User())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that the server's user cannot enter")
def test_data_under_a_closed_folder_get_room_elsewhere(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, store = fresh / "closed", fresh / "store"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("akson.base.unprivileged.STORE", store)
    given = room(closed / "postgres", server_user())
    assert given.parent == store
    assert (closed / "postgres").resolve() == given == room(closed / "postgres", server_user())
    assert server_user().reaches(given)


def test_nothing_of_our_environment_reaches_the_server() -> None:
    assert Binaries(folder=Path("/x")).environment.keys() == {"PATH"}
