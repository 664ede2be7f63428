"""While the access log cannot be written nothing is answered, and that is told alike of what is hidden and of nothing."""

from __future__ import annotations

import asyncpg

from akson.fhir import bodies
from tests.leaks.canary import GIRL
from tests.leaks.questions import entry
from tests.leaks.test_fhir import FHIR_JSON
from tests.leaks.worlds import EMPTY, KEPT, Worlds

STRANGER = "a nurse in another district"


async def each_database(worlds: Worlds, statement: str) -> None:
    for world in (EMPTY, KEPT):
        connection = await asyncpg.connect(worlds.town.settings[world].database_url)
        await connection.execute(statement)
        await connection.close()


async def test_what_is_not_there_waits_for_the_log_as_what_is_hidden_does(worlds: Worlds) -> None:
    """Before, a change of nothing was answered 404 at once, and of something hidden 503 when its row could not be written."""
    viewer, told = worlds.town.viewers[STRANGER], list[tuple[str, str, bool]]()
    girl = worlds.town.id(GIRL.ref)
    about = {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}}
    about |= {"subject": {"reference": f"Patient/{girl}"}}
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [entry("POST", "Observation", about)]}
    asked = [("POST", "/fhir/Observation", bodies.dumps(about)), ("POST", "/fhir", bodies.dumps(sent))]
    for one in worlds.town.record(GIRL)[1:4]:
        place = f"/fhir/{one['resourceType']}/{one['id']}"
        asked += [("GET", place, b""), ("GET", f"{place}/_history/1", b""), ("DELETE", place, b""),
                  ("PUT", place, bodies.dumps(one)), ("GET", f"/fhir/{one['resourceType']}?_id={one['id']}", b"")]  # fmt: skip
    await each_database(worlds, "REVOKE INSERT ON access_log FROM akson_app")
    try:
        for method, path, content in asked:
            without, with_ = await worlds.both(viewer, method, path, content=content, headers=FHIR_JSON)
            told.append((method, path, without == with_))
    finally:
        await each_database(worlds, "GRANT INSERT ON access_log TO akson_app")
    assert [(method, path) for method, path, alike in told if not alike] == []
