"""What may never be committed: addresses of registries, paths of one machine, other people's files, real persons, half a merge."""

from __future__ import annotations

import re
from calendar import monthrange

from akson.base.web.static import FOLDER, VENDOR
from tests.architecture.source import ROOT, tracked

# Written so that this file does not name them itself.
REGISTRIES = re.compile(
    rb"registry[.]npm[j]s|pyp[i][.]org|python[h]osted|deb[.]deb[i]an|archive[.]ub[u]ntu|registry[.]ya[r]npkg"
    rb"|[\"']resolved[\"']:|--index-ur[l]|--extra-index-ur[l]"
)
MACHINE = re.compile(rb"(?<![\w.])/(work|home|root|Users)/\w+|/tm[p]/[a-z]")
CONFLICT = re.compile(rb"^(?:<{7}|>{7}|[|]{7})(?: |\r?$)", re.MULTILINE)  # not =======, which underlines a heading
LARGEST = 2_000_000  # bytes
DIGITS = re.compile(rb"(?<![\d.])\d{11}(?![\d.])")
WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


def test_no_registry_is_named() -> None:
    found = [str(file.relative_to(ROOT)) for file in tracked() if REGISTRIES.search(file.read_bytes())]
    found = [name for name in found if name != "Makefile"]  # names the options that leave addresses out
    assert not found


def test_no_path_of_one_machine_is_named() -> None:
    found = {
        f"{file.relative_to(ROOT)}: {match.group().decode()}"
        for file in tracked()
        if (match := MACHINE.search(file.read_bytes()))
    }
    assert not found


def test_no_merge_is_left_half_done() -> None:
    assert not [str(file.relative_to(ROOT)) for file in tracked() if CONFLICT.search(file.read_bytes())]


def test_nothing_third_party_is_tracked() -> None:
    names = [str(file.relative_to(ROOT)) for file in tracked()]
    assert not [
        name for name in names if "node_modules" in name or name.startswith(str(FOLDER.relative_to(ROOT) / "vendor"))
    ]
    assert not [name for name in names if name.rpartition("/")[2] in VENDOR]


def test_nothing_large_is_tracked() -> None:
    assert not [str(file.relative_to(ROOT)) for file in tracked() if file.stat().st_size > LARGEST]


def test_every_national_id_is_synthetic() -> None:
    """A number with right check digits must carry a month above 40: no living person has it."""
    found = {
        f"{file.relative_to(ROOT)}: {number.decode()}"
        for file in tracked()
        for number in DIGITS.findall(file.read_bytes())
        if _is_national_id(number) and int(number[2:4]) <= 40
    }
    assert not found


def _is_national_id(number: bytes) -> bool:
    digits = [int(chr(digit)) for digit in number]
    day, month, year = int(number[:2]) % 40, int(number[2:4]) % 40, int(number[4:6])
    sums = (sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) for weights in WEIGHTS)
    in_calendar = 1 <= month <= 12 and 1 <= day <= monthrange(2000 + year, month)[1]
    return in_calendar and all(total % 11 == 0 for total in sums)
