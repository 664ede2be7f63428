"""Clients that create, change, delete, search, read and send Bundles, and remember what they were told.

What nobody answered is asked for again: a create and a Bundle under its Idempotency-Key, a change and a delete after a
look at what became of it. So at the end everything is known: what was acknowledged is there, once, and nothing else is.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from tests.fhirapi.clients import ASTRID, FHIR_JSON, about, post, transaction

Json = dict[str, Any]
Answers = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
MARK = "urn:x-mark"
ENTRIES = 12  # of a Bundle: two people and what is about them
PAUSE = 0.02  # seconds between two requests of one client
GONE = 410


@dataclass
class Kept:
    """What was acknowledged of one Observation: the text of each version, and that it was deleted after the last."""

    mark: str
    versions: dict[int, bytes] = field(default_factory=dict)
    deleted: bool = False


@dataclass
class Load:
    """All clients together. bases: of the servers; patient: whom it is about."""

    bases: list[str]
    token: str
    patient: str
    kept: dict[str, Kept] = field(default_factory=dict)  # by id
    bundles: dict[str, list[str]] = field(default_factory=dict)  # mark -> ids
    requests: list[str] = field(default_factory=list)  # ids of the answers that came
    away: int = 0  # requests that nobody answered, or that were told to come again
    sent: int = 0
    over: bool = False

    async def run(self, clients: int) -> None:
        """Go on until `over`, then let each finish what it has begun."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": FHIR_JSON}
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            await asyncio.gather(*(self._client(client, random.Random(n)) for n in range(clients)))

    async def _client(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        while not self.over:
            if chance.random() < 0.2:
                await self._bundle(client)
                continue
            id_ = await self._create(client)
            for status in ("amended", "corrected")[: chance.randrange(3)]:
                await self._change(client, id_, status)
            await self._find(client, id_)
            if chance.random() < 0.25:
                await self._delete(client, id_)

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response | None:
        """Return the answer of one of the servers; None when there was none, or it said that it cannot now."""
        await asyncio.sleep(PAUSE)
        self.sent += 1
        try:
            answer = await client.request(method, self.bases[self.sent % len(self.bases)] + path, **more)
        except httpx.HTTPError:
            answer = None
        if answer is not None and answer.status_code < 500:
            self.requests.append(answer.headers["x-request-id"])
            return answer
        assert answer is None or answer.status_code == 503, answer.text
        self.away += 1
        await asyncio.sleep(0.2)
        return None

    async def _until_answered(self, client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
        while True:
            if (answer := await self._ask(client, method, path, **more)) is not None:
                return answer

    def _marked(self) -> str:
        self.sent += 1
        return f"m{self.sent}"

    async def _create(self, client: httpx.AsyncClient) -> str:
        mark = self._marked()
        body = about(self.patient) | {"identifier": [{"system": MARK, "value": mark}]}
        made = await self._until_answered(client, "POST", "Observation", json=body, headers={"idempotency-key": mark})
        assert made.status_code == 201, made.text
        id_ = str(made.json()["id"])
        self.kept[id_] = Kept(mark, {1: made.content})
        return id_

    async def _change(self, client: httpx.AsyncClient, id_: str, status: str) -> None:
        """Change it; where nobody answered, what stands is either of the two, whole."""
        kept = self.kept[id_]
        last = max(kept.versions)
        wanted = msgspec.json.decode(kept.versions[last]) | {"status": status}
        while last + 1 not in kept.versions:
            answer = await self._ask(client, "PUT", f"Observation/{id_}", json=wanted)
            if answer is None:
                answer = await self._until_answered(client, "GET", f"Observation/{id_}")
                if _version(answer) == last:
                    assert answer.content == kept.versions[last]
                    continue
            assert (answer.status_code, _version(answer)) == (200, last + 1), answer.text
            assert _said(answer.content) == _said(msgspec.json.encode(wanted))
            kept.versions[last + 1] = answer.content

    async def _delete(self, client: httpx.AsyncClient, id_: str) -> None:
        while not self.kept[id_].deleted:
            answer = await self._ask(client, "DELETE", f"Observation/{id_}")
            if answer is None:
                answer = await self._until_answered(client, "GET", f"Observation/{id_}")
            self.kept[id_].deleted = answer.status_code == GONE or answer.request.method == "DELETE"
            assert answer.status_code in (200, 204, GONE), answer.text

    async def _find(self, client: httpx.AsyncClient, id_: str) -> None:
        """Search for what was written a moment ago, on the other server."""
        asked = f"Observation?identifier={MARK}|{self.kept[id_].mark}"
        found = (await self._until_answered(client, "GET", asked)).json()
        assert [entry["resource"]["id"] for entry in found.get("entry", ())] == [id_], found

    async def _bundle(self, client: httpx.AsyncClient) -> None:
        mark = self._marked()
        answer = await self._until_answered(
            client, "POST", "", content=bundle(mark), headers={"idempotency-key": mark}
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        places = [entry["response"]["location"].split("/_history")[0] for entry in answer.json()["entry"]]
        self.bundles[mark] = [place.rpartition("/")[2] for place in places]


def bundle(mark: str) -> bytes:
    """Return two people with measurements, every entry marked."""
    marked = {"identifier": [{"system": MARK, "value": mark}]}
    persons = [post(ASTRID | marked, f"urn:uuid:{n}") for n in range(2)]
    return transaction(*persons, *(post(about(f"urn:uuid:{n % 2}") | marked) for n in range(ENTRIES - 2)))


def _version(answer: httpx.Response) -> int:
    return int(answer.json()["meta"]["versionId"])


def _said(body: bytes) -> Json:
    """Return what a resource says, but for what the server says of it."""
    return {name: value for name, value in msgspec.json.decode(body).items() if name != "meta"}
