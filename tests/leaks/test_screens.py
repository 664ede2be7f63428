"""Every page and every other address as somebody without a basis: the canaries are nowhere, and in no log.

The one exception is minimal identity: staff who may find people are told who somebody is, and why the record is closed
to them. A strictly confidential person is excepted from nothing.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from akson.base.postgres import Postgres
from akson.doors.logs import Lines
from tests.conftest import administer
from tests.leaks import walking
from tests.leaks.canary import CANARIES, GIRL, WORD, Canary
from tests.leaks.walking import Way
from tests.leaks.worlds import EMPTY, KEPT, STRANGERS, WITHOUT_SIGNING_IN, Told, Town, Viewer, Worlds, in_text, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERS = [WORD, *(word for canary in CANARIES for word in (canary.family, canary.fnr.value))]
CHANGING = {"/metrics"}  # counts what went before
MAY_TELL_WHO = ("/sok", "/p/")  # addresses that show minimal identity to those who may find people
FINDERS = [who for who in STRANGERS if "nurse" in who or "case worker" in who]


@pytest.fixture(scope="module", autouse=True)
def going(two_towns: Town, postgres: Postgres) -> str:
    """The world with the canaries once more, to be taken away: copied before anybody is in it."""
    asyncio.run(administer(postgres, f"CREATE DATABASE going TEMPLATE {KEPT}"))
    return postgres.url_of("going")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged, as it goes to standard error."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in ("httpx", "httpcore"):  # the test's own browser
        logging.getLogger(name).setLevel(logging.CRITICAL)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


async def test_every_route_has_a_way_to_be_walked(worlds: Worlds) -> None:
    """A new place in an address, or a new name that a page takes, fails here until walking.py knows what to put there."""
    given = walking.places(walking.theirs(worlds.town, GIRL), "")
    assert walking.unknown(worlds.apps[KEPT], given) == []
    assert sorted(walking.taken() - walking.fields(walking.theirs(worlds.town, GIRL)).keys()) == []
    assert len(list(walking.ways(worlds.apps[KEPT], given))) > 60


async def test_the_doctor_meets_her_on_the_same_ways(worlds: Worlds) -> None:
    viewer = worlds.town.viewers["the GP"]
    shown = [
        way.template
        for way in walking.ways(worlds.apps[KEPT], walking.places(walking.theirs(worlds.town, GIRL), ""))
        if way.method == "GET" and WORD in (await _ask(worlds, viewer, way, GIRL, KEPT)).raw
    ]
    assert {"/p/{patient}", "/p/{patient}/notater", "/p/{patient}/samhandling"} <= set(shown)


@pytest.mark.parametrize("who", [*STRANGERS, WITHOUT_SIGNING_IN])
@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.key)
async def test_no_page_and_no_log_tells_of_her(worlds: Worlds, lines: io.StringIO, who: str, canary: Canary) -> None:
    viewer = worlds.town.viewers[who]
    at_home = "/min" if "mother" in who or "citizen" in who else "/personvern" if "officer" in who else "/start"
    signed_in = (await worlds.ask(viewer, "GET", at_home)).status == 200
    assert signed_in is (who != WITHOUT_SIGNING_IN)
    told = []
    for way in walking.ways(
        worlds.apps[KEPT], walking.places(walking.theirs(worlds.town, canary), await _own(worlds, viewer))
    ):
        without, with_ = [await _ask(worlds, viewer, way, canary, world) for world in (EMPTY, KEPT)]
        told += [
            f"{way.method} {way.template}: {fault}"
            for fault in _faults(worlds.town, way, who, canary, (without, with_))
        ]
    assert not told, "\n".join(told)
    assert not in_text(HERS, lines.getvalue())


async def test_when_the_database_goes_away_faults_tell_of_nobody(
    two_towns: Town, postgres: Postgres, going: str, lines: io.StringIO
) -> None:
    """The doctor has her record open when it happens: page, API, log, figures and the database's own log are silent."""
    gone = replace(two_towns.settings[KEPT], database_url=going)
    doctor, id_ = two_towns.viewers["the GP"], two_towns.id(GIRL.ref)
    async with running(replace(two_towns, settings={KEPT: gone})) as worlds:
        assert WORD in (await worlds.ask(doctor, "GET", f"/p/{id_}/notater")).raw
        assert (await worlds.ask(doctor, "GET", f"/fhir/Patient?identifier={GIRL.fnr.value}")).status == 200
        await administer(postgres, "DROP DATABASE going WITH (FORCE)")
        asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("GET", f"/p/{id_}", {}), ("GET", f"/fhir/Patient/{id_}", {}), ("GET", "/metrics", {}),
            ("POST", f"/p/{id_}/hurtig", {"data": {"linje": f"{WORD} {GIRL.fnr.value}", "_csrf": doctor.csrf}}),
            ("GET", f"/fhir/Patient?identifier={GIRL.fnr.value}&name={GIRL.family}", {}),
        )  # fmt: skip
        for method, path, more in asked:
            told = await worlds.ask(doctor, method, path, **more)
            assert told.status >= 500, path
            assert not in_text(HERS, told.raw), path
    assert lines.getvalue()
    assert not in_text(HERS, lines.getvalue())
    assert not in_text(HERS, (postgres._home / "log").read_text("utf-8", errors="replace"))


def _faults(town: Town, way: Way, who: str, canary: Canary, told: tuple[Told, Told]) -> Iterator[str]:
    """Yield what an answer tells that it should not."""
    without, with_ = told
    excepted = canary is GIRL and who in FINDERS and way.path.startswith(MAY_TELL_WHO)
    if excepted and without != with_:
        if with_.status not in (200, 403, 422):
            yield f"{with_.status} where minimal identity was expected"
    elif without != with_ and way.path not in CHANGING:
        yield f"{without.status} {_first_difference(without, with_)}"
    sent = f"{way.path} {walking.fields(walking.theirs(town, canary))}"
    if found := [word for word in in_text([WORD] if excepted else HERS, with_.raw) if word not in sent]:
        yield f"{with_.status} tells {found}"
    if hidden := [id_ for id_ in town.ids if id_ in with_.raw and id_ not in sent]:
        yield f"{with_.status} tells {len(hidden)} ids"


def _first_difference(without: Told, with_: Told) -> str:
    a, b = without.body, with_.body
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return f"{without.headers != with_.headers} {a[max(at - 60, 0) : at + 60]!r} but {with_.status} {b[max(at - 60, 0) : at + 60]!r}"


async def _ask(worlds: Worlds, viewer: Viewer, way: Way, canary: Canary, world: str) -> Told:
    """Make one request, as a browser would: whatever a page may take is sent along."""
    sent = dict(walking.fields(walking.theirs(worlds.town, canary)))
    if way.method != "POST":
        return await worlds.ask(viewer, way.method, way.path, world=world, params=sent)
    carried = {"_csrf": viewer.csrf, "_once": f"once-{way.path}"[:60]} if "/logg" not in way.path else {}
    return await worlds.ask(viewer, "POST", way.path, world=world, data=sent | carried)


async def _own(worlds: Worlds, viewer: Viewer) -> str:
    """Return the id of a patient the viewer cares for, "" when there is none."""
    if not viewer.token:
        return ""
    told = await worlds.ask(viewer, "GET", "/fhir/Patient?_count=1&_sort=_id", world=EMPTY)
    found = told.raw.partition('"fullUrl":"')[2].partition('"')[0]
    return found.rpartition("/")[2]
