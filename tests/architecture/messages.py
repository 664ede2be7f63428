"""The page on messages: `make docs` writes docs/exchange.md, a test holds its table to the registry and the samples."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from akson.exchange import hodemelding, registry
from tests.architecture.access import table
from tests.conformance import messages
from tests.conformance.suites import SHARED

HEADER = ("Standard", "Version", "Namespace", "Read", "Written", "Validated by", "Real samples")
TYPES = ("Type", "Standard", "Written in version")


def page(standing: str) -> str:
    """Return the page with its tables as things are now. standing: the page as it is, whose prose is kept."""
    for head, found in ((HEADER, rows(messages.samples(SHARED))), (TYPES, types())):
        before, _, rest = standing.partition(f"| {head[0]} | {head[1]} |")
        standing = f"{before}{table(head, found)}\n{rest.partition(chr(10) * 2)[2]}"
    return standing


def rows(samples: Counter[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield a row for each version of each standard; how many samples, where they can be counted."""
    heads = str(samples["Hodemelding", "1.2"])
    yield ["Hodemelding", "1.2", f"`{hodemelding.MSGHEAD}`", "yes", "yes", "the official XSD", heads]
    for one in registry.standards():
        for version, space in one.namespaces.items():
            validated = "the official XSD" if one.proved else "unverified; the operator's XSD"
            written = "yes" if version in (*one.writes.values(), *one.older) else "no"
            yield [one.name, version, f"`{space}`", "yes", written, validated, str(samples[one.name, version])]


def types() -> Iterator[list[str]]:
    """Yield a row for each type that is received."""
    for one in registry.standards():
        for code in one.reads:
            yield [f"`{code}`", one.name, one.writes.get(code, "")]


def main() -> None:
    """Write the page anew."""
    file = Path(sys.argv[1])
    if SHARED.is_dir():  # the samples can be counted
        file.write_text(page(file.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
