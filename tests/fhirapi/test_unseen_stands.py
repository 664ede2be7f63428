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
from akson.record.restoring import restored, shown
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
LOOSE = {"contained": [LOCATION], "meta": {"source": PLACE}}  # as no check lets in, and an old system may have it
HIDDEN_EXTENSION = [{"url": WHERE, "valueReference": MASKED}]
FROM = {"identifier": [{"value": "1", "assigner": THERE}], "meta": {"source": PLACE, "tag": [{"display": SENDER}]}}
GUESSES = [{"text": one} for one in (PLACE, SENDER, "Et annet sted")]


STREET = {"line": [PLACE]}
MOVED = {"line": ["Elveveien 40"]}
LIEN, MOE = ({"name": name, "address": STREET} for name in ("Lien", "Moe"))
LIEN_SEEN, MOE_SEEN = ({"name": name, "address": MASKED} for name in ("Lien", "Moe"))
BOTH = [{"url": f"{WHERE}/a", "valueAddress": STREET}, {"url": f"{WHERE}/b", "valueReference": THERE}]
BOTH_SEEN = [{"url": f"{WHERE}/a", "valueAddress": MASKED}, {"url": f"{WHERE}/b", "valueReference": MASKED}]
SITES = [{"actor": {"role": role, "reference": THERE}} for role in "rs"]
GUESSED = ENDING | {"endpoint": [{"reference": "#1"}]}, END | {"id": "1"}
TOLD = {"resourceType": "Patient", "id": "p", "text": {"div": PLACE}, "address": [STREET]}
SEEN = {"resourceType": "Patient", "id": "p", "address": [MASKED]}
ELSEWHERE = {"use": "old", "_value": MASKED}  # what another system does not tell: beside a value, where we have no mark
PLAIN = {"use": "old", "given": ["Ola", "Per"]}
PARTLY = {"use": "old", "given": ["Ola", None], "_given": [None, MASKED]}
SHE = {"actor": {"reference": "Patient/she"}, "type": [{"text": PLACE}], "status": "accepted"}
SHE_SEEN = {name: value for name, value in SHE.items() if name != "type"}
AGAIN = SHE_SEEN | {"status": "tentative"}
HE = {"actor": {"display": PLACE}, "required": "required", "status": "accepted"}
HE_SEEN = {"actor": MASKED, "status": "accepted"}
TOLD_OF_SEEN = {"resourceType": "Task", "status": "requested"}
TOLD_OF = TOLD_OF_SEEN | {"focus": {"reference": "Appointment/1"}}
CONSENT = {"resourceType": "Consent"}
LETS = {"type": "permit", "data": [{"meaning": "instance", "reference": {"reference": "Location/1"}}]}
LETS_SEEN = {"type": "permit", "data": [{"meaning": "instance", "reference": MASKED}]}
PERMIT = CONSENT | {"provision": LETS}
NEAR = {"extension": [{"url": f"{WHERE}/a", "valueAddress": STREET}]}
NEAR_SEEN = {"url": f"{WHERE}/a", "valueAddress": MASKED}
BOOKED_SEEN = {"resourceType": "Appointment", "id": "d", "status": "booked"}
BOOKED = BOOKED_SEEN | {"description": PLACE}
ADDRESSES: list[Any] = [  # what staff see too
    ({"contact": [LIEN, MOE]}, {"contact": [MOE_SEEN, LIEN_SEEN]}, {"contact": [MOE, LIEN]}),
    ({"contact": [LIEN, MOE]}, {"contact": [{"name": "Moe"}]}, {"contact": [MOE]}),
    ({"contact": [LIEN, MOE]}, {"contact": [LIEN_SEEN | {"name": "Li"}, MOE_SEEN]}, {"contact": [LIEN | {"name": "Li"}, MOE]}),
    ({"contact": [LIEN]}, {"contact": [{"name": "Lien", "address": MOVED}]}, {"contact": [LIEN | {"address": MOVED}]}),
    ({"contact": [LIEN]}, {"contact": [{"name": "Lien", "gender": "male"}]}, None),  # changed, and sent without its mark
    ({"contact": [LIEN]}, {"contact": [{"name": "Lien", "gender": "male", "address": MOVED}]},
     {"contact": [{"name": "Lien", "gender": "male", "address": MOVED}]}),
    ({"contact": [LIEN]}, {"contact": [{"name": "Moe"}]}, None),  # or all that was shown of it
    ({"contact": [LIEN, MOE]}, {"contact": [LIEN_SEEN, {"name": "Li"}]}, None),
    ({"contact": [LIEN, MOE]}, {"contact": [LIEN_SEEN]}, {"contact": [LIEN]}),
    ({"contact": [LIEN]}, {"contact": [LIEN_SEEN, {"name": "Moe"}]}, {"contact": [LIEN, {"name": "Moe"}]}),
    ({"contact": [LIEN]}, {"contact": [{"name": "Moe", "address": MOVED}]}, {"contact": [{"name": "Moe", "address": MOVED}]}),
    ({"contact": [LIEN, LIEN]}, {"contact": [LIEN_SEEN]}, None),  # though both live at the same place
    ({"contact": [LIEN, LIEN]}, {"contact": [{"name": "Lien"}]}, None),
    ({"contact": [LIEN, LIEN]}, {"contact": [LIEN_SEEN, LIEN_SEEN | {"gender": "male"}]}, None),
    ({"contact": [{"id": n, **LIEN} for n in "12"]}, {"contact": [{"id": "2", "name": "Li"}]},
     {"contact": [{"id": "2", **LIEN, "name": "Li"}]}),
    ({"contact": [{"name": "Lien"}]}, {"contact": [LIEN_SEEN]}, None),  # a mark of nothing
    ({"contact": [LIEN], "identifier": [{"use": "old"}]}, {"contact": [LIEN_SEEN], "identifier": [ELSEWHERE]},
     {"contact": [LIEN], "identifier": [ELSEWHERE]}),
    ({"contact": [LIEN], "identifier": [ELSEWHERE]}, {"contact": [LIEN_SEEN], "identifier": [{"use": "old", "value": "1"}]},
     {"contact": [LIEN], "identifier": [{"use": "old", "value": "1"}]}),
    *[({"contact": [LIEN], "name": [kept]}, {"contact": [LIEN_SEEN], "name": [given]}, {"contact": [LIEN], "name": [given]})
      for kept, given in ((PLAIN, PARTLY), (PARTLY, PLAIN), (PARTLY, PARTLY | {"_given": [MASKED, MASKED]}))],
    ({"_birthDate": NEAR}, {"_birthDate": {"extension": [NEAR_SEEN, {"url": WHERE, "_valueString": MASKED}]}},
     {"_birthDate": {"extension": [*NEAR["extension"], {"url": WHERE, "_valueString": MASKED}]}}),
    ({"address": [STREET, MOVED]}, {"address": [MASKED]}, {"address": [STREET, MOVED]}),
    ({"address": [STREET]}, {"address": [MOVED, MASKED]}, {"address": [MOVED, STREET]}),
    ({"address": [STREET]}, {"address": [MOVED]}, {"address": [MOVED]}),
    ({"contained": [TOLD], "note": "#p"}, {"contained": [SEEN], "note": "#p"}, {"contained": [TOLD], "note": "#p"}),
    ({"valueAddress": STREET}, {"valueString": "Ukjent"}, {"valueString": "Ukjent"}),  # one of what it may be
]  # fmt: skip
OTHERS: list[Any] = [  # what another system does not tell staff, for whom we hide addresses alone
    {"managingOrganization": MASKED}, {"meta": MASKED}, {"generalPractitioner": [MASKED, {"display": "Moe"}]},
    {"identifier": [{"value": "1", "assigner": MASKED}]},
]  # fmt: skip
PLACES: list[Any] = [
    ({"identifier": TWO}, {"identifier": [HIDDEN, HIDDEN]}, {"identifier": TWO}),
    ({"identifier": TWO}, {"identifier": [HIDDEN]}, None),  # which of them is gone?
    ({"identifier": TWO[:1]}, {"identifier": [HIDDEN, HIDDEN]}, None),
    ({"identifier": TWO}, {}, {}),  # that they are there is seen, and taken away
    ({"performer": [THERE]}, {}, {"performer": [THERE]}),
    ({"performer": [THERE, THERE]}, {"performer": [MASKED]}, {"performer": [THERE, THERE]}),
    ({"location": THERE}, {"location": {"display": "Her"}}, {"location": {"display": "Her"}}),
    ({"text": {"div": PLACE}, "location": THERE}, {"location": MASKED}, {"location": THERE}),
    (THROUGH, {"extension": HIDDEN_EXTENSION}, THROUGH),
    (THROUGH, {"extension": HIDDEN_EXTENSION, "contained": [OTHER]}, THROUGH | {"contained": [OTHER, ENDING, END]}),
    *[(THROUGH, {"extension": HIDDEN_EXTENSION, **there}, THROUGH | there | {"contained": [*held, *GUESSED]})
      for one in ({"resourceType": "Endpoint", "id": "end"}, {"resourceType": "Patient", "id": "end"}, END)
      for there, held in (({"contained": [one], "note": "#end"}, [one]),)],  # whoever guesses its id
    (THROUGH, {"extension": HIDDEN_EXTENSION, "note": "#end"}, THROUGH | {"note": "#end", "contained": [*GUESSED]}),
    ({"contained": [BOOKED], "note": "#d"}, {"contained": [BOOKED_SEEN | {"status": "noshow"}], "note": "#d"},
     {"contained": [BOOKED | {"status": "noshow"}], "note": "#d"}),
    (LOOSE, {"status": "stopped"}, LOOSE | {"status": "stopped"}),
    (THROUGH, {"status": "stopped"}, {"status": "stopped"}),  # and what it led to
    ({"identifier": TWO[:1]}, {"identifier": [OWN]}, None),  # it may be the same, without its mark
    ({"identifier": TWO[:1]}, {"identifier": [OWN | {"use": "old"}]}, None),
    ({"identifier": TWO[:1]}, {"identifier": [{"use": "usual"}]}, {"identifier": TWO[:1]}),
    (FROM, {"identifier": [{"value": "2"}]}, None),  # then nothing hides whom it came from
    (FROM, {"identifier": [{"value": "2"}], "note": GUESSES}, None),  # whoever guesses it learns nothing
    (FROM, {"identifier": [{"value": "1", "assigner": MASKED}], "meta": {"source": "x"}}, None),  # nor takes it away
    ({"extension": BOTH}, {"extension": BOTH_SEEN}, {"extension": BOTH}),  # as it was read
    ({"extension": BOTH}, {"extension": BOTH_SEEN[::-1]}, {"extension": BOTH[::-1]}),
    ({"extension": BOTH}, {"extension": BOTH_SEEN[1:]}, {"extension": BOTH[1:]}),
    ({"provision": {"provision": SITES}}, {"provision": {"provision": [
        {"actor": {"role": "t", "reference": MASKED}}, {"actor": {"role": "s", "reference": MASKED}}]}},
     {"provision": {"provision": [{"actor": {"role": "t", "reference": THERE}}, SITES[1]]}}),
    *[(BOOKED | {"participant": [SHE, *more]}, BOOKED_SEEN | {"participant": [SHE_SEEN | {"status": "declined"}, *more_seen]},
       BOOKED | {"participant": [SHE | {"status": "declined"}, *more]})
      for more, more_seen in (([], []), ([HE], [HE_SEEN]), ([AGAIN], [AGAIN]))],
    (BOOKED | {"participant": [SHE, SHE]}, BOOKED_SEEN | {"participant": [SHE_SEEN | {"status": "declined"}, SHE_SEEN]}, None),
    (BOOKED | {"participant": [SHE]}, BOOKED_SEEN | {"participant": [AGAIN, SHE_SEEN | {"status": "declined"}]}, None),
    (BOOKED | {"participant": [HE]}, BOOKED_SEEN | {"participant": [SHE_SEEN, HE_SEEN]},
     BOOKED | {"participant": [SHE_SEEN, HE]}),
    (TOLD_OF, TOLD_OF_SEEN | {"status": "accepted"}, TOLD_OF | {"status": "accepted"}),
    (TOLD_OF, TOLD_OF_SEEN | {"focus": {"reference": "Observation/1"}}, None),  # it would take the place of what is hidden
    ({"contained": [TOLD_OF | {"id": "t"}], "note": "#t"},
     {"contained": [TOLD_OF_SEEN | {"id": "t", "focus": {"reference": "Observation/1"}}], "note": "#t"}, None),
    (BOOKED | {"participant": [SHE | {"required": "optional"}]},
     BOOKED_SEEN | {"participant": [SHE_SEEN | {"required": "information-only"}]}, None),
    ({"contained": [PERMIT | {"id": "t"}], "note": "#t"},
     {"contained": [CONSENT | {"id": "t", "provision": LETS_SEEN | {"type": "deny"}}], "note": "#t"}, None),
    (TOLD_OF | {"location": THERE}, TOLD_OF_SEEN | {"focus": {"reference": "Observation/1"}}, None),
    *[(PERMIT, CONSENT | {"provision": provision}, stands)  # or the answer tells which sort of place it was
      for provision, stands in ((LETS_SEEN | {"type": "deny"}, None), ({"type": "deny"}, None),
                                (LETS_SEEN | {"code": "x"}, CONSENT | {"provision": LETS | {"code": "x"}}))],
]  # fmt: skip
STAFF = [({"contact": [LIEN]}, {"contact": [LIEN_SEEN], **one}, {"contact": [LIEN], **one}) for one in OTHERS]
CASES = [*[(False, *one) for one in (*ADDRESSES, *STAFF)], *[(True, *one) for one in (*ADDRESSES, *PLACES)]]
PROCEDURE = {"resourceType": "Procedure"}


@pytest.mark.parametrize(("placed", "kept", "given", "stands"), CASES)
def test_a_mark_stands_for_what_it_hides_and_for_nothing_else(
    placed: bool, kept: dict[str, Any], given: dict[str, Any], stands: dict[str, Any] | None
) -> None:
    alike = _otherwise(PROCEDURE | kept)
    assert shown(alike, placed=placed) == shown(PROCEDURE | kept, placed=placed)
    if stands is not None:
        assert restored(PROCEDURE | given, PROCEDURE | kept, placed=placed) == PROCEDURE | stands
        restored(PROCEDURE | given, alike, placed=placed)
        return
    for one in (PROCEDURE | kept, alike):  # so the answer tells nothing of it
        with pytest.raises(Refused) as refused:
            restored(PROCEDURE | given, one, placed=placed)
        assert refused.value.code == "AK-F040"


@pytest.mark.parametrize(("placed", "kept"), [(placed, kept) for placed, kept, *_ in CASES])
def test_what_was_read_may_be_sent_back_with_one_thing_changed(placed: bool, kept: dict[str, Any]) -> None:
    stood = PROCEDURE | {name: value for name, value in kept.items() if name != "text"}
    for own in ({}, {"status": "x"} if "resourceType" in kept else {"language": "nb"}):
        assert (
            restored({**shown(PROCEDURE | kept, placed=placed), **own}, PROCEDURE | kept, placed=placed) == stood | own
        )


@pytest.mark.parametrize(("placed", "ours"), [(False, "address"), (True, "address"), (True, "location")])
def test_a_mark_brings_nothing_back_of_what_is_deleted(placed: bool, ours: str) -> None:
    assert restored(PROCEDURE, {}, placed=placed) == PROCEDURE
    with pytest.raises(Refused) as refused:
        restored(PROCEDURE | {ours: MASKED}, {}, placed=placed)
    assert refused.value.code == "AK-F040"


def _otherwise(value: Any) -> Any:
    """Return what looks the same, and hides something else: of another sort behind all marks, and held by another id."""
    if isinstance(value, dict):
        return {name: _otherwise(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_otherwise(one) for one in value]
    others = {PLACE: "X", SENDER: "X", "A": "X", "B": "X", "#end": "#e", "end": "e", "#her": "#h", "her": "h",
              "Location/1": "Organization/1", "Appointment/1": "Communication/1"}  # fmt: skip
    return others.get(value, value)


def test_what_is_sent_is_held_against_what_stands_in_a_time_that_grows_with_it_alone() -> None:
    asked: list[Any] = []

    class Counted(dict[str, Any]):
        def __eq__(self, other: object) -> bool:
            asked.append(other)
            return super().__eq__(other)

    kept = [{"use": f"{n}", "assigner": THERE} for n in range(300)]
    new = [Counted(use=f"{n}", assigner={"display": "A"}) for n in range(400, 700)]
    kind = {"resourceType": "Consent"}
    assert restored(kind | {"identifier": new}, kind | {"identifier": kept}, placed=True)["identifier"] == new
    assert len(asked) < 20 * len(new)
    changed = [{"use": f"{n}", "assigner": MASKED} for n in range(400, 700)]
    with pytest.raises(Refused) as refused:
        restored(kind | {"identifier": changed}, kind | {"identifier": kept}, placed=True)
    assert refused.value.code == "AK-F040"
