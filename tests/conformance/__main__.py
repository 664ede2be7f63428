"""This will run the named suites, or all but the long ones, and print one table. Exits with 1 when something changed for the worse."""

from __future__ import annotations

import sys

from tests.conformance.suites import LONG, OWN, SHARED, outcome, suites


def main() -> int:
    """Run and print; return the exit code."""
    wanted = sys.argv[1:] or sorted(suites().keys() - LONG)
    unknown = set(wanted) - suites().keys()
    if unknown:
        sys.stderr.write(f"no suite {', '.join(sorted(unknown))}; there are {', '.join(sorted(suites()))}\n")
        return 2
    if not SHARED.is_dir() and (left := set(wanted) - OWN):
        sys.stdout.write(f"conformance: needs the folder `shared` beside the clone for {', '.join(sorted(left))}\n")
        wanted = [name for name in wanted if name in OWN]
    found = [outcome(name) for name in wanted]
    width = max(map(len, wanted), default=0)
    for each in found:
        for told in each.surprises:
            sys.stdout.write(f"{each.suite}: {told}\n")
    for each in found:
        known = f"   known failures {each.known}" if each.known else ""
        sys.stdout.write(f"{each.suite:{width}}   {each.passed:5d} / {each.all}{known}\n")
    return int(any(each.surprises for each in found))


if __name__ == "__main__":
    sys.exit(main())
