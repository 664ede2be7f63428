"""What goes on and on, and since when: so that what has not passed for hours is done in another way. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

LONG: Final = timedelta(hours=6)  # what has not passed by then is for a human to see


@dataclass
class Lasting:
    """What goes on, by what it is called, with when that was first and last seen.

    What nobody has seen for as long begins anew: the worker stood still, the clock leapt, or another saw to it
    """

    long: timedelta = LONG
    _seen: dict[Hashable, tuple[datetime, datetime]] = field(default_factory=dict)

    def lasts(self, what: Hashable, now: datetime) -> bool:
        """Note that it goes on; tell whether it has for long."""
        first, last = self._seen.pop(what, (now, now))
        first = first if self._goes_on(last, now) else now
        self._seen[what] = first, now
        while not self._goes_on(self._seen[oldest := next(iter(self._seen))][1], now):
            self.over(oldest)  # another has seen to it: it is not kept for ever
        return now - first >= self.long

    def _goes_on(self, last: datetime, now: datetime) -> bool:
        return timedelta() <= now - last < self.long

    def seen(self, now: datetime, within: timedelta) -> set[Hashable]:
        """Return what was seen so lately."""
        return {what for what, (_, last) in self._seen.items() if timedelta() <= now - last < within}

    def over(self, what: Hashable) -> None:
        """Note that it has passed."""
        self._seen.pop(what, None)
