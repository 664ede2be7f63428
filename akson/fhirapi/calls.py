"""One request as the interactions see it: already read, authenticated and told apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from akson.access.roles import OWN_JOB, scope_covers
from akson.base.errors import Refused
from akson.base.work import Actor, Kind, Purpose, Work
from akson.fhirapi.once import Once
from akson.fhirapi.pages import Seal
from akson.record.office import Office
from akson.record.stored import Stored
from akson.subscriptions.following import Acting

Pairs = tuple[tuple[str, str], ...]
Content = Callable[[int], Awaitable[bytes]]  # gives the body, of at most so many bytes
Chunks = Callable[[], AsyncIterator[bytes]]  # gives a body of any size piece by piece

LARGEST_RESOURCE = 16 * 1024 * 1024
LARGEST_BUNDLE = 64 * 1024 * 1024
_PURPOSES = {Kind.STAFF: Purpose.TREATMENT, Kind.CITIZEN: Purpose.OWN, Kind.SYSTEM: Purpose.SYSTEM}


@dataclass(frozen=True, kw_only=True)
class Server:
    """What every call shares.

    base    the address of the API as clients see it, without a slash at its end
    acting  as whom somebody acts now, who came with a token some time ago; None: as then
    """

    office: Office
    base: str
    seal: Seal
    acting: Acting | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One interaction that somebody asks for.

    headers  names in small letters
    request  id of the request, for the access log and for X-Request-Id
    """

    server: Server
    actor: Actor
    request: str
    method: str
    headers: Mapping[str, str]
    content: Content
    query: Pairs = ()
    type: str = ""
    id: str = ""
    version: str = ""
    within: tuple[str, str] | None = None
    once: Once | None = None
    chunks: Chunks | None = None  # none inside a Bundle

    def work(self, interaction: str) -> AbstractAsyncContextManager[Work]:
        """Begin the work of this call; when the block ends all is committed and the access log is durable.

        Raises  Done when it has been carried out before, under the same Idempotency-Key
        """
        return self.looking(interaction) if self.once is None else self._work_once(interaction, self.once)

    @asynccontextmanager
    async def again(self, interaction: str, letters: str) -> AsyncIterator[Work]:
        """Begin one more work of a call that takes long, as whoever its sender is now.

        Raises  Refused AK-L002 when the token, or what it stands on, is no more; AK-A005 when it gives this no longer
        """
        actor = await self.server.acting(self.actor) if self.server.acting else self.actor
        if actor is None:
            raise Refused("AK-L002", detail="nothing stands behind the token any more")
        call = replace(self, actor=actor)
        await call.refuse_beyond_token(letters)
        async with call.work(interaction) as work:
            yield work

    def looking(self, interaction: str) -> AbstractAsyncContextManager[Work]:
        """Begin a work that writes nothing, or whose writes no key stands for."""
        attested = self.actor.attested
        purpose, reason = (attested.purpose, attested.why) if attested else (_PURPOSES[self.actor.kind], "")
        return self.server.office.work(
            self.actor, purpose, screen=f"FHIR {interaction}", request=self.request, reason=reason
        )

    @asynccontextmanager
    async def _work_once(self, interaction: str, once: Once) -> AsyncIterator[Work]:
        office = self.server.office
        place = int.from_bytes(once.key(office)[:8], "big", signed=True)
        async with office.queues.turn([place]), self.looking(interaction) as work:
            await once.begin(work)
            yield work
            await once.end(work)

    def tell(self, *results: tuple[int, Stored | None]) -> None:
        """Say what became of each change, for who asks again under the same Idempotency-Key."""
        if self.once is not None:
            self.once.results[:] = results

    def address(self, version: int | None = None) -> str:
        """Return the address of this call's resource, or of one version of it."""
        return address(self.server.base, self.type, self.id, version)

    def covers(self, type_: str, letters: str) -> bool:
        """Tell whether the token was given for this, whatever the record holds; a browser session has none.

        letters   of SMART scopes: c r u d s
        """
        scopes = self.actor.scopes
        if OWN_JOB in scopes or (not scopes and self.actor.kind is not Kind.SYSTEM):
            return True
        return scope_covers(scopes, type_, letters, self.actor.kind)

    async def refuse_beyond_token(self, letters: str) -> None:
        """Raise AK-A005, and leave a trace, unless the token covers this; letters: see `covers`."""
        if not self.covers(self.type, letters):
            async with self.looking(f"{self.method} {self.type}") as work:
                work.saw(0, f"{self.type}/{self.id}".rstrip("/"), outcome="refuse", rule="token_does_not_cover")
                raise Refused("AK-A005")

    def refuse_parameters(self, *, known: frozenset[str] = frozenset()) -> None:
        """Raise AK-F007 for the first parameter that is not understood here."""
        for name, _ in self.query:
            if name not in known:
                raise Refused("AK-F007", name=f"parameter {name}")


def address(base: str, type_: str, id_: str, version: int | None = None) -> str:
    """Return the address of a resource, or of one version of it."""
    return f"{base}/{type_}/{id_}" + (f"/_history/{version}" if version is not None else "")
