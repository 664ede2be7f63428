"""News go up: rows written beside the journal's own become jobs, one per consumer, and are delivered at least once.

A claim names one bucket and skips what others hold; a job that fails comes back with growing pauses and is parked with
the class of its failure after ten tries. Polling is enough; nothing here is remembered outside the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import msgspec

from akson.base.apart import Stopped, apart
from akson.base.database import Database, Record
from akson.base.queries import queries

SQL = queries(__file__, "jobs.sql")
LEASE = timedelta(seconds=20)  # what a killed worker held waits so long; a slower job may be run twice, unharmed
MOST_TRIES = 10
_BATCH = 50


class News(msgspec.Struct, frozen=True):
    """What was written for one owner in one set: parallel lists, and no content."""

    owner: int
    seq: int
    types: list[int]
    ids: list[str]
    versions: list[int]


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """One who wants to know. `handle` must do no harm when called again for the same news.

    types    resource type codes it cares for
    wanting  tells what it cares for besides; asked in the transaction that takes the news, so that none passes it by
    """

    name: str
    types: frozenset[int]
    handle: Callable[[News], Awaitable[None]]
    wanting: Callable[[asyncpg.Connection], Awaitable[frozenset[int]]] | None = None


async def deliver(database: Database, consumers: Sequence[Consumer], now: datetime) -> int:
    """Turn waiting news into jobs and run those that are due; return how many were run."""
    for bucket in await _buckets(database, SQL.news_buckets):
        while await _spread(database, consumers, bucket, now) == _BATCH:
            pass
    ran = 0
    for bucket in await _buckets(database, SQL.job_buckets, now):
        ran += await _run_bucket(database, {c.name: c for c in consumers}, bucket, now)
    return ran


async def waiting(database: Database) -> dict[str, int]:
    """Return how many news and jobs wait, and how many jobs are parked, by name."""
    return {row["what"]: row["count"] for row in await database.fetch(SQL.waiting)}


async def _buckets(database: Database, query: str, *args: object) -> list[int]:
    return [row["bucket"] for row in await database.fetch(query, *args)]


async def _spread(database: Database, consumers: Iterable[Consumer], bucket: int, now: datetime) -> int:
    """Make a job for each consumer of each waiting piece of news, and take the news away, in one transaction."""
    async with database.transaction() as connection:
        rows = await connection.fetch(SQL.take_news, bucket, _BATCH)
        wanted = {one.name: one.types | await one.wanting(connection) if one.wanting else one.types
                  for one in (consumers if rows else ())}  # fmt: skip
        jobs = []
        for row in rows:
            news = News(row["owner"], row["seq"], row["types"], row["ids"], row["versions"])
            payload = msgspec.json.encode(news).decode()
            for consumer in consumers:
                if wanted[consumer.name] & set(news.types):
                    key = f"{consumer.name}:{news.owner}:{news.seq}"
                    jobs.append((bucket, key, consumer.name, news.owner, payload))
        if jobs:
            await connection.execute(SQL.add_jobs, *(list(column) for column in zip(*jobs, strict=True)), now)
    return len(rows)


async def _run_bucket(database: Database, consumers: dict[str, Consumer], bucket: int, now: datetime) -> int:
    rows = await database.fetch(SQL.claim, bucket, now, now + LEASE, _BATCH)
    for row in rows:
        await _run(database, consumers, row["bucket"], row["id"], row, now)
    return len(rows)


async def _handled(consumer: Consumer, payload: str) -> None:
    await consumer.handle(msgspec.json.decode(payload, type=News))


async def _run(
    database: Database, consumers: dict[str, Consumer], bucket: int, id_: str, row: Record, now: datetime
) -> None:
    """Run one job; whatever goes wrong is this job's alone."""
    consumer = consumers.get(row["consumer"])
    if consumer is None:  # a newer program made it; that one will run it
        return
    done = await apart(_handled(consumer, row["payload"]))
    if isinstance(done, Stopped):
        attempts = row["attempts"]
        pause = timedelta(seconds=min(2**attempts, 3600))
        await database.execute(SQL.postpone, bucket, id_, now + pause, attempts >= MOST_TRIES, done.failure)
    else:
        await database.execute(SQL.done, bucket, id_)
