"""What is closed to those somewhere else to whom something would be sent: by whom, by organisation, by role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.access.blocking import kept_from
from akson.access.facts import BEREAVED, OBJECTION, Block, Period
from akson.access.roles import OUTSIDE
from akson.base.work import Actor, Kind
from tests.access.people import LEGEVAKT, NORTH, NOW, NURSE, OTHER_NURSE, SOUTH, blocked, item, patient

HOSPITAL, CLINIC, SURGEON = 300, 301, 302  # the organisation, its clinic that the letter goes to, one who works there
THERE: dict[str, Any] = {"kind": Kind.STAFF, "id": "", "key": 0, "name": "", "role": OUTSIDE}
CLINICS = Actor(**THERE, unit=CLINIC, controller=HOSPITAL, numbered=frozenset({CLINIC, HOSPITAL, SURGEON}))
UNKNOWN = Actor(**THERE)  # nobody is chosen yet, or the receiver is known here by its address alone
THIS: dict[str, Any] = {"documents": ("Observation/x1",)}


@pytest.mark.parametrize(("block", "kept", "from_anybody"), [
    (Block(units=(CLINIC,)), True, False),
    (Block(units=(HOSPITAL,)), True, False),
    (Block(units=(CLINIC,), **THIS), True, False),
    (Block(units=(HOSPITAL,), written_by=(NORTH,)), True, False),
    (Block(units=(HOSPITAL,), written_by=(SOUTH,)), False, False),
    (Block(units=(HOSPITAL,), documents=("Observation/other",)), False, False),
    (Block(units=(SOUTH,), **THIS), False, False),
    (Block(persons=(SURGEON,), **THIS), True, False),
    (Block(persons=(NURSE, OTHER_NURSE), **THIS), False, False),
    (Block(), True, True),
    (Block(**THIS), True, True),
    (Block(labels=("R",)), True, True),
    (Block(dated=Period(end=NOW)), True, True),
    (Block(roles=(OUTSIDE,), **THIS), True, True),
    (Block(roles=("sykepleier",), **THIS), True, True),
    (Block(roles=("hjemmehjelp",), **THIS), False, False),
    (Block(roles=(BEREAVED,)), False, False),
    (Block(units=(CLINIC,), end=NOW), False, False),
    (Block(units=(CLINIC,), start=NOW + timedelta(days=1)), False, False),
    (Block(units=(CLINIC,), written_by=(CLINIC,)), False, False),
])  # fmt: skip
def test_what_the_citizen_has_closed_to_a_receiver_does_not_go_to_it(
    block: Block, kept: bool, from_anybody: bool
) -> None:
    entry = item(unit=NORTH, author=NURSE, security=frozenset({"R"}), dates=(NOW - timedelta(days=1),))
    told = [kept_from(blocked(block), entry, readers, NOW) for readers in (CLINICS, UNKNOWN)]
    assert told == [kept, from_anybody]


def test_what_its_author_believes_the_patient_would_keep_goes_to_nobody() -> None:
    entry = item(unit=LEGEVAKT, security=frozenset({OBJECTION}))
    assert kept_from(patient(), entry, CLINICS, NOW) and not kept_from(patient(), item(), CLINICS, NOW)
