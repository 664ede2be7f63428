"""What is masked for who acts for somebody stands when they change what it stands in, and stays masked for them.

Source: domain rules R29 and R30
"""

from __future__ import annotations

from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal
from akson.record.marked import MASKED
from akson.record.restoring import with_places
from tests.fhirapi.clients import Api
from tests.fhirapi.test_protected_places import PLACE, SECRETS, SENDER, a_hidden_child
from tests.offices import JOB

NUMBERS = [{"system": "https://e.example", "value": value, "assigner": {"display": PLACE}} for value in "12"]
THERE = {"type": "Location", "display": PLACE}
WHERE = "https://e.example/where"
HERE = [{"url": WHERE, "valueReference": one} for one in (THERE, {"reference": "#her"})]
LOCATION = {"resourceType": "Location", "id": "her", "name": PLACE}


def block(whose: str, whom: str) -> dict[str, Any]:
    """Return a block as staff wrote it down, with places in it."""
    return {
        "resourceType": "Consent", "meta": {"tag": [{"code": "x", "display": SENDER}]}, "status": "active",
        "patient": {"reference": whose}, "identifier": NUMBERS, "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"text": "Sperring"}], "policyRule": {"coding": [{"code": "OPTOUT"}]}, "extension": HERE,
        "contained": [LOCATION],
        "provision": {"type": "deny", "actor": [{"role": {"text": "IRCP"}, "reference": {"reference": whom}}]},
    }  # fmt: skip


async def test_what_a_parent_does_not_see_of_a_block_stands_when_they_end_it_and_stays_unseen(api: Api) -> None:
    child, mother, nurse, _ = await a_hidden_child(api)
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, block(child.reference, nurse.id))
    client, ways = api.as_(mother), (made.reference, f"{made.reference}/_history", f"{made.reference}/_history/1",
                                     f"Consent?patient={child.id}", f"Patient/{child.id}/$everything")  # fmt: skip
    seen = (await client.get(made.reference)).json()
    one, two = seen["identifier"]
    bare = {name: value for name, value in seen.items() if name != "meta"}
    new = {"system": "https://e.example", "value": "3"}
    for said, stands in (
        (seen | {"status": "inactive"}, NUMBERS),
        (seen | {"identifier": [new, two, one]}, [new, *NUMBERS[::-1]]),
        (seen | {"identifier": [two | {"use": "old"}]}, [NUMBERS[1] | {"use": "old"}]),
        (bare | {"identifier": [two | {"use": "old"}], "status": "inactive"}, [NUMBERS[1] | {"use": "old"}]),
    ):
        put = await client.put(made.reference, json=said)
        told = [put.text, *[(await client.get(way)).text for way in ways]]
        assert put.status_code == 200 and all("masked" in text and made.id in text for text in told), put.text
        assert not [text for text in told for secret in SECRETS if secret in text]
        async with api.office.work(JOB, Purpose.SYSTEM) as work:
            kept = (await journal.read(work, "Consent", made.id)).resource
        assert (kept["identifier"], kept["provision"]) == (stands, seen["provision"])
        assert (kept["extension"], kept["meta"]["tag"][0]["display"]) == (HERE, SENDER)
        assert kept["contained"] == [LOCATION]
    gone = {name: value for name, value in seen.items() if name not in ("identifier", "extension")}
    for guess in ({}, {"extension": [{"url": WHERE, "valueString": one} for one in SECRETS]}):
        put = await client.put(made.reference, json=gone | guess)
        assert put.status_code == 409 and "AK-F040" in put.text
    assert PLACE in (await api.as_(nurse).get(made.reference)).text


async def test_what_a_parent_wrote_themselves_is_as_whole_in_a_search_as_when_it_is_read(api: Api) -> None:
    child, mother, nurse, _ = await a_hidden_child(api)
    client = api.as_(mother)
    made = await client.post("Consent", json=block(child.reference, nurse.id))
    assert made.status_code == 201, made.text
    read = (await client.get(f"Consent/{made.json()['id']}")).json()
    assert read["extension"] == HERE and "masked" not in str(read)
    for asked in ("", "&_total=accurate", "&_sort=-date", "&_sort=status", "&_total=accurate&_sort=-_lastUpdated"):
        found = (await client.get(f"Consent?patient={child.id}{asked}")).json()["entry"]
        assert [one["resource"] for one in found] == [read], asked


TWO = [{"use": "usual", "assigner": {"display": one}} for one in ("A", "B")]
OWN = {"use": "usual", "value": "99"}
HIDDEN = {"use": "usual", "assigner": MASKED}
END = {"resourceType": "Endpoint", "id": "end", "name": PLACE}
ENDING = LOCATION | {"endpoint": [{"reference": "#end"}]}
OTHER = {"resourceType": "Device", "id": "d", "parent": {"reference": "#"}}
THROUGH = {"extension": [{"url": WHERE, "valueReference": {"reference": "#her"}}], "contained": [ENDING, END]}
HIDDEN_EXTENSION = [{"url": WHERE, "valueReference": MASKED}]
FROM = {"identifier": [{"value": "1", "assigner": THERE}], "meta": {"source": PLACE, "tag": [{"display": SENDER}]}}
GUESSES = [{"text": one} for one in (PLACE, SENDER, "Et annet sted")]


@pytest.mark.parametrize(
    ("kept", "given", "stands"),
    [
        ({"identifier": TWO}, {"identifier": [HIDDEN, HIDDEN]}, {"identifier": TWO}),
        ({"identifier": TWO}, {"identifier": [HIDDEN]}, None),  # which of them is gone?
        ({"identifier": TWO[:1]}, {"identifier": [HIDDEN, HIDDEN]}, None),
        ({"identifier": TWO}, {}, {}),  # that they are there is seen, and taken away
        ({"performer": [THERE]}, {}, {"performer": [THERE]}),
        ({"performer": [THERE, THERE]}, {"performer": [MASKED]}, {"performer": [THERE, THERE]}),
        ({"location": THERE}, {"location": {"display": "Her"}}, {"location": {"display": "Her"}}),
        ({"text": {"div": PLACE}, "location": THERE}, {"location": MASKED}, {"location": THERE}),
        ({"contained": [LOCATION]}, {"contained": [{"resourceType": "Location", "id": "her"}]}, {"contained": [LOCATION]}),
        ({"contained": [LOCATION]}, {"contained": [{"resourceType": "Patient", "id": "her"}]}, None),  # that would tell it
        ({"contained": [LOCATION]}, {"contained": [{"resourceType": "Patient", "id": "her", "name": PLACE}]}, None),
        (THROUGH, {"extension": HIDDEN_EXTENSION}, THROUGH),
        (THROUGH, {"extension": HIDDEN_EXTENSION, "contained": [OTHER]}, THROUGH | {"contained": [OTHER, ENDING, END]}),
        (THROUGH, {"extension": HIDDEN_EXTENSION, "note": [{"text": "#d"}, {"text": "#end"}]}, None),  # whoever guesses its id
        (THROUGH, {"status": "stopped"}, {"status": "stopped"}),  # and what it led to
        ({"identifier": TWO[:1]}, {"identifier": [OWN]}, {"identifier": [OWN]}),
        ({"identifier": TWO[:1]}, {"identifier": [{"use": "usual"}]}, {"identifier": TWO[:1]}),
        (FROM, {"identifier": [{"value": "2"}]}, None),  # then nothing hides whom it came from
        (FROM, {"identifier": [{"value": "2"}], "note": GUESSES}, None),  # whoever guesses it learns nothing
    ],
)  # fmt: skip
def test_a_mark_stands_for_what_it_hides_and_for_nothing_else(
    kept: dict[str, Any], given: dict[str, Any], stands: dict[str, Any] | None
) -> None:
    kind = {"resourceType": "Procedure"}
    if stands is not None:
        assert with_places(kind | given, kind | kept) == kind | stands
        return
    with pytest.raises(Refused) as refused:
        with_places(kind | given, kind | kept)
    assert refused.value.code == "AK-F040"


def test_what_is_sent_is_held_against_what_stands_in_a_time_that_grows_with_it_alone() -> None:
    asked: list[Any] = []

    class Counted(dict[str, Any]):
        def __eq__(self, other: object) -> bool:
            asked.append(other)
            return super().__eq__(other)

    kept = [{"use": f"{n}", "assigner": THERE} for n in range(300)]
    new = [Counted(use=f"{n}") for n in range(400, 700)]
    kind = {"resourceType": "Consent"}
    assert with_places(kind | {"identifier": new}, kind | {"identifier": kept})["identifier"] == new
    assert len(asked) < 20 * len(new)
    changed = [{"use": f"{n}", "assigner": MASKED} for n in range(400, 700)]
    with pytest.raises(Refused) as refused:
        with_places(kind | {"identifier": changed}, kind | {"identifier": kept})
    assert refused.value.code == "AK-F040"
