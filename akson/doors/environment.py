"""What the environment says, one setting at a time; what makes no sense is refused by its name (AK-L011)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from akson.base.clamd import Scanner
from akson.base.errors import Refused
from akson.base.outward import Outward


@dataclass(frozen=True)
class Environment:
    """The variables of a process."""

    given: Mapping[str, str]

    def text(self, name: str, usual: str = "") -> str:
        return self.given.get(name, usual)

    def url(self, name: str, usual: str = "") -> str:
        """Return an address without a slash at the end. usual: the setting that it is where it is not given itself."""
        return self.given.get(name, self.given.get(usual, "")).rstrip("/")

    def number(self, name: str, usual: int) -> int:
        given = self.given.get(name, str(usual))
        if not given.isdecimal() or int(given) > 10**9:
            raise Refused("AK-L011", what=name)
        return int(given)

    def scanner(self, name: str) -> str:
        """Return where the scanner is; half an address is refused."""
        given = self.given.get(name, "")
        try:
            if given:
                Scanner.at(given)
        except ValueError:
            raise Refused("AK-L011", what=name) from None
        return given

    def years(self, name: str) -> int:
        """Return a number of years, 0 for ever: a slip of the finger must not cost what is kept."""
        given = self.number(name, 0)
        if given and not 2 <= given <= 200:
            raise Refused("AK-L011", what=name)
        return given

    def proxies(self, name: str, usual: str) -> str:
        """Return addresses and networks; never everybody, who could then say to come from anywhere."""
        given = self.given.get(name, usual)
        try:
            everybody = [one for one in given.split(",") if one.strip() and ip_network(one.strip()).prefixlen == 0]
        except ValueError:
            raise Refused("AK-L011", what=name) from None
        if everybody:
            raise Refused("AK-L011", what=name)
        return given

    def contact(self, name: str) -> str:
        given = self.given.get(name, "")
        if given and not (given.startswith(("mailto:", "https://")) and given.isprintable() and " " not in given):
            raise Refused("AK-L011", what=name)
        return given

    def listed(self, name: str) -> str:
        given = self.given.get(name, "")
        try:
            Outward.listing(given.split(","), secure=True)
        except ValueError:
            raise Refused("AK-L011", what=name) from None
        return given

    def path(self, name: str) -> Path | None:
        return Path(self.given[name]).absolute() if self.given.get(name) else None
