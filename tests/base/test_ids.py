"""An id leads to its owner: here at once, and in every other process and after every change of keys by unsealing it."""

from __future__ import annotations

import pytest

from akson.base import ids
from akson.base.ids import Ids, new_owner_key

OLD, NEW = b"o" * 16, b"n" * 16


def test_an_id_leads_to_its_owner_in_the_process_that_minted_it_and_in_others() -> None:
    here, other = Ids({"a": OLD}, "a"), Ids({"a": OLD, "b": NEW}, "b")
    for owner in (new_owner_key(), -(2**63), 2**63 - 1):
        minted = here.mint(owner)
        assert [here.open(minted), other.open(minted)] == [owner, owner]


def test_two_ids_of_one_owner_have_nothing_in_common() -> None:
    here = Ids({"a": OLD}, "a")
    assert len({here.mint(1)[:4] for _ in range(50)}) > 40


def test_an_id_is_opened_however_many_were_seen_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_MOST", 8)
    here = Ids({"a": OLD}, "a")
    minted = {here.mint(n): n for n in range(1, 100)}
    assert {id_: here.open(id_) for id_ in minted} == minted


@pytest.mark.parametrize("foreign", ["", "x", "patient-1", "a" * 27, "A" * 27, "8" * 27, "aaaaaaaaaaaaaaaaaaaaaaaaaaz"])
def test_what_was_minted_elsewhere_leads_nowhere(foreign: str) -> None:
    assert Ids({"a": OLD}, "a").open(foreign) is None


def test_an_id_under_other_keys_leads_nowhere() -> None:
    minted = "ebtmce42wkygs3lbggtaq23xmia"
    assert (Ids({"a": OLD}, "a").open(minted), Ids({"a": NEW}, "a").open(minted)) == (1, None)
