"""python -m bench.dictionary NUMBER: train what the content of versions is packed with, on the invented municipality.

The workloads of this folder are not in it, so that they show what it is worth for what it has not seen. Never put
another one in place of one that is in use: give it a new number, see akson/record/packing.py.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import zstandard

import seeds
from akson.fhir import bodies
from akson.record.packing import file_of

PEOPLE = 300
MOMENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SIZE = 8192  # bytes; twice as much saves little more


def contents() -> list[bytes]:
    """Return what would be packed of everybody's records, always the same."""
    every = (one.resource for some in seeds.resources(PEOPLE, MOMENT) for one in some)
    return [bodies.pack(bodies.split(bodies.dumps(resource))) for resource in every]


def main() -> None:
    """Train and write."""
    asked = argparse.ArgumentParser(prog="python -m bench.dictionary", description=__doc__)
    asked.add_argument("number", type=int, help="that no dictionary has had; it stands in every frame")
    number = asked.parse_args().number
    samples = contents()
    made = zstandard.train_dictionary(SIZE, samples, dict_id=number).as_bytes()
    file_of(number).write_bytes(made)
    print(f"{len(samples)} resources, {len(made)} bytes")


if __name__ == "__main__":
    main()
