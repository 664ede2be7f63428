"""All that a worker does for messages: what came is filed, what is due goes out, what was taken is asked about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from akson.exchange import delivery, reminding
from akson.exchange.carriers import Carriers
from akson.exchange.confirming import Confirming
from akson.exchange.handing import Handing
from akson.exchange.lasting import Lasting
from akson.exchange.safexml import Schemas
from akson.record.office import Office


@dataclass(kw_only=True)
class Exchange:
    """All the ways this worker has: another may have others."""

    carriers: Carriers
    _handing: Handing = field(init=False, repr=False)
    _confirming: Confirming = field(init=False, repr=False)
    _lasting: Lasting = field(default_factory=Lasting, init=False, repr=False)
    _waiting: Lasting = field(default_factory=Lasting, init=False, repr=False)  # of what came

    def __post_init__(self) -> None:
        self._handing = Handing(carriers=self.carriers)
        self._confirming = Confirming(carriers=self.carriers)

    def turns(self, office: Office, *, schemas: Schemas | None = None) -> dict[str, Callable[[], Awaitable[int]]]:
        """Return what is done again and again, by name; each returns how many messages it touched.

        None needs another's end, and none holds a connection while it needs one more: the worker takes them side by
        side, so what comes in is filed while a carrier is waited for.
        """
        return {
            "messages in": lambda: delivery.receive_due(office, schemas=schemas, lasting=self._waiting),
            "messages out": lambda: self.deliver_due(office),
            "messages underway": lambda: self.ask_due(office),
            "messages overdue": lambda: reminding.remind_due(office, self._lasting),
        }

    async def turn(self, office: Office, *, schemas: Schemas | None = None) -> int:
        """Do all that is due, in and out, once, one after the other; return how many messages were touched."""
        return sum([await due() for due in self.turns(office, schemas=schemas).values()])

    async def deliver_due(self, office: Office) -> int:
        """Hand over every message that is due; return how many."""
        return await self._handing.deliver_due(office)

    async def ask_due(self, office: Office) -> int:
        """Ask what became of the messages that a carrier has taken; return how many were asked for."""
        return await self._confirming.ask_due(office)
