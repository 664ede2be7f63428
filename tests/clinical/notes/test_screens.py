"""Notes from the first letter to the correction: written, kept, signed, read, corrected, marked as an error."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from starlette.responses import Response

from akson.base.errors import Refused
from akson.base.web.screens import Go, Page, Visit
from akson.base.work import Purpose
from akson.clinical.notes import drafts, screens
from akson.clinical.notes.model import Notes, Signed, Writing
from akson.clinical.notes.note import text_of
from akson.clinical.vitals.actions import register
from akson.record import journal
from akson.record.session import session
from tests.clinical.drawing import drawn
from tests.seeded import Town

TYPED = {"type": "telefon", "bakgrunn": "Tyngre pust siste to døgn.", "funn": "Snakker i hele setninger.",
         "vurdering": "Forverret hjertesvikt.", "tiltak": "Furosemid 40 mg × 2.", "koder": "K77"}  # fmt: skip
Answer = Page | Go | Response


def asked(form: Mapping[str, str] | None = None, **query: str) -> Visit:
    sent = dict(form or {})
    return Visit(method="POST" if form else "GET", path="", query=query, form=sent, pairs=tuple(sent.items()))


class Desk:
    """One member of staff with Astrid's record in front of them."""

    def __init__(self, town: Town, who: str, patient: str = "Patient/astrid") -> None:
        self.town, self.who, self.patient = town, who, town.id(patient)
        self.statements = 0

    async def open(self, handler: Any, visit: Visit, *more: str) -> Any:
        async with self.town.office.work(await self.town.at_work(self.who), Purpose.TREATMENT) as work:
            answer = await handler(work, visit, self.patient, *more)
        self.statements = session(work).statements
        return answer

    async def begin(self) -> str:
        """Return the id of a new note."""
        begun = await self.open(screens.new_note, asked())
        return str(begun.path).rpartition("/")[2]

    async def send(self, id_: str, do: str, **form: str) -> Any:
        return await self.open(screens.note, asked({**TYPED, "do": do, **form}), id_)

    async def sign(self, **form: str) -> str:
        """Write and sign a note; return its id."""
        id_ = await self.begin()
        done = await self.send(id_, "sign", **form)
        assert isinstance(done, Go), done.values["note"]
        assert done.said == "note.signed"
        return id_

    async def written(self, id_: str) -> Writing:
        page = await self.open(screens.note, asked(), id_)
        note = page.values["note"]
        assert isinstance(note, Writing)
        return note

    async def signed(self, id_: str) -> Signed:
        page = await self.open(screens.note, asked(), id_)
        view = page.values["view"]
        assert isinstance(view, Signed)
        return view

    async def listed(self) -> Notes:
        view = (await self.open(screens.notes, asked())).values["view"]
        assert isinstance(view, Notes)
        return view

    async def found(self, type_: str) -> list[dict[str, Any]]:
        async with self.town.office.work(await self.town.at_work(self.who), Purpose.TREATMENT) as work:
            return [hit.resource for hit in (await journal.chart(work, self.patient, {type_: 100}))[type_]]


@pytest.fixture
def jonas(town: Town) -> Desk:
    return Desk(town, "jonas")


async def test_signing_writes_note_contact_and_problem_together_and_takes_the_draft_away(jonas: Desk) -> None:
    id_ = await jonas.begin()
    await jonas.send(id_, "save")
    await jonas.send(id_, "sign", koder="K77 A85", problemer="A85")
    assert jonas.statements <= 14
    [note] = [one for one in await jonas.found("DocumentReference") if one["id"] == id_]
    [contact] = [
        one
        for one in await jonas.found("Encounter")
        if one["class"]["code"] == "VR" and one["serviceProvider"]["display"] == "Nordre legesenter"
    ]
    [problem] = [one for one in await jonas.found("Condition") if one["code"]["text"] == "Bivirkning av legemiddel"]
    assert [event["coding"][0]["code"] for event in note["context"]["event"]] == ["K77", "A85"]
    assert note["context"]["encounter"] == [{"reference": f"Encounter/{contact['id']}"}]
    assert problem["encounter"] == {"reference": f"Encounter/{contact['id']}"}
    assert text_of(note).startswith("Bakgrunn og sykehistorie\nTyngre pust")
    assert note["type"]["coding"][0]["code"] == "B02-2"
    assert await jonas.town.office.database.fetchval("SELECT count(*) FROM draft") == 0


async def test_the_page_shows_what_one_needs_beside_the_note(jonas: Desk) -> None:
    note = await jonas.written(await jonas.begin())
    assert jonas.statements <= 7
    assert [ref.head for ref in note.refs] == ["NEWS2", "BT", "Vekt", "eGFR"]
    assert note.refs[1].text == "108/62 i dag 08.12"
    titles = {panel.title: panel for panel in note.beside}
    assert titles["Ditt siste notat"].text.startswith("Kontroll hjertesvikt. Stabil, vekt 56,8.")
    assert titles["Siste notat, Mariam Yusuf"].note == "i går 08.40, Hjemmebesøk"
    assert "Apiksaban redusert til 2,5 mg × 2" in titles["Epikrise, konklusjon"].text
    shown = {(fact.text, fact.side) for fact in titles["Legemidler"].facts}
    assert ("Apiksaban 5 mg × 2", "Sykehus 2,5 mg × 2") in shown
    assert ("Ibuprofen 400 mg ved smerter", "Bare fra pasienten") in shown


async def test_beside_the_note_stands_how_ill_the_patient_is_now_as_on_the_overview(jonas: Desk) -> None:
    def panel(note: Writing) -> dict[str, tuple[str, str]]:
        shown = next(one for one in note.beside if one.title == "Målinger")
        return {shown.note: ("", "")} | {fact.text: (fact.side, fact.level) for fact in shown.facts}

    id_ = await jonas.begin()
    before = panel(await jonas.written(id_))
    assert next(iter(before)) == "i dag 08.12, Mariam Yusuf"
    assert before["NEWS2 4"] == ("opp fra 1", "warn")
    assert "Resp. 20/min · SpO₂ 93 % · BT 108/62 · Puls 96/min · Temp. 37,4 °C · Vekt 58,4 kg" in before
    async with jonas.town.office.work(await jonas.town.at_work("jonas"), Purpose.TREATMENT) as work:
        await register(work, jonas.patient, {"resp": Decimal(26), "spo2": Decimal(90)}, work.now)
    note = await jonas.written(id_)
    after = panel(note)
    assert next(iter(after)) == "i dag 11.00, Jonas Eikeland"
    assert after["NEWS2 minst 6"] == ("opp fra 2", "warn")
    assert after["Siste hele NEWS2: 4"] == ("i dag 08.12", "")
    assert after["Puls 96/min"] == ("i dag 08.12", "")
    assert "NEWS2" not in [ref.head for ref in note.refs]  # an overtaken sum is not what the note builds on


async def test_an_empty_note_is_told_all_that_is_missing_at_once_with_ways_to_it(jonas: Desk) -> None:
    page = await jonas.send(await jonas.begin(), "sign", **dict.fromkeys(TYPED, "") | {"type": "telefon"})
    html = drawn("clinical/notes", page)
    summary = html[html.index('id="feil"') : html.index("</ul>", html.index('id="feil"'))]
    assert [target in summary for target in ('href="#f-vurdering"', 'href="#kode"')] == [True, True]
    assert 'id="f-vurdering"' in html
    assert (
        'id="kode" name="kode" value="" autocomplete="off" aria-describedby="kode-n kode-e" aria-invalid="true"' in html
    )
    assert page.values["note"].saved is not None  # and nothing typed is lost


async def test_the_notes_about_one_problem_are_listed_by_its_code(jonas: Desk) -> None:
    view = (await jonas.open(screens.notes, asked(kode="K77"))).values["view"]
    assert view.about == "K77 Hjertesvikt"
    assert {note.codes for note in view.notes} == {"K77 Hjertesvikt"}
    assert len(view.notes) < len((await jonas.listed()).notes) + len(view.notes)
    assert (await jonas.open(screens.notes, asked(kode="ukjent"))).values["view"].about == ""


async def test_the_problem_the_note_is_about_stands_first(jonas: Desk) -> None:
    id_ = await jonas.begin()
    await jonas.send(id_, "save", koder="K78 K77")
    note = await jonas.written(id_)
    assert note.beside[0].title == "K78 Atrieflimmer"
    assert [(code.code, code.main, code.known, code.offered) for code in note.codes] == [
        ("K78", True, True, False),
        ("K77", False, True, False),
    ]


async def test_a_code_is_found_added_made_a_problem_and_taken_away_without_a_script(jonas: Desk) -> None:
    id_ = await jonas.begin()
    page = await jonas.send(id_, "find", kode="bivirk", koder="")
    assert [code.code for code in page.values["note"].suggested] == ["A85"]
    await jonas.send(id_, "", **{"legg-til": "A85", "koder": ""})
    note = await jonas.written(id_)
    assert [(code.code, code.offered) for code in note.codes] == [("A85", True)]
    await jonas.send(id_, "", problem="A85", koder="A85")
    note = await jonas.written(id_)
    assert [one.text for one in note.ordered] == ["A85 Bivirkning av legemiddel blir et problem"]
    await jonas.send(id_, "", fjern="A85", koder="A85", problemer="A85")
    note = await jonas.written(id_)
    assert (note.codes, note.ordered) == ((), ())


async def test_a_draft_with_a_code_there_is_no_more_opens_without_it(jonas: Desk) -> None:
    id_ = await jonas.begin()
    await jonas.open(screens.save_draft, asked({**TYPED, "koder": "A85 Å99", "problemer": "A85 Å99"}), id_)
    note = await jonas.written(id_)
    assert [code.code for code in note.codes] == [one.key for one in note.ordered] == ["A85"]


async def test_what_was_kept_is_there_again_and_is_listed(jonas: Desk) -> None:
    id_ = await jonas.begin()
    answer = await jonas.open(screens.save_draft, asked(TYPED), id_)
    assert jonas.statements <= 4
    assert bytes(answer.body).decode() == "Kladd lagret kl. 11.00.00"
    page = await jonas.open(screens.note, asked(), id_)
    assert page.values["form"]["bakgrunn"].raw == TYPED["bakgrunn"]
    assert (await jonas.listed()).drafts == (("Telefon, i dag 11.00", f"/p/{jonas.patient}/notat/{id_}"),)
    await jonas.send(id_, "discard")
    assert (await jonas.listed()).drafts == ()


async def test_a_saving_that_comes_after_signing_leaves_no_draft(jonas: Desk) -> None:
    id_ = await jonas.sign()
    with pytest.raises(Refused, match="AK-W005"):
        await jonas.open(screens.save_draft, asked(TYPED), id_)
    assert await jonas.town.office.database.fetchval("SELECT count(*) FROM draft") == 0


async def test_a_doctor_must_name_a_diagnosis_and_loses_no_text(jonas: Desk) -> None:
    id_ = await jonas.begin()
    page = await jonas.send(id_, "sign", koder="")
    assert (page.status, page.values["note"].code_fault) == (422, "Velg minst én diagnose før du signerer.")
    page = await jonas.open(screens.note, asked(), id_)
    assert page.values["form"]["funn"].raw == TYPED["funn"]


async def test_an_empty_assessment_is_asked_for(jonas: Desk) -> None:
    page = await jonas.send(await jonas.begin(), "sign", vurdering=" ")
    assert (page.status, [bound.field.name for bound in page.values["form"].wrong]) == (422, ["vurdering"])


async def test_a_nurse_signs_without_a_diagnosis_in_the_visit_that_is_planned(town: Town) -> None:
    mariam = Desk(town, "mariam")
    before = len(await mariam.found("Encounter"))
    id_ = await mariam.sign(type="hjemmebesok", koder="")
    assert len(await mariam.found("Encounter")) == before
    [note] = [one for one in await mariam.found("DocumentReference") if one["id"] == id_]
    assert note["context"]["encounter"][0]["reference"].startswith("Encounter/")


async def test_what_the_page_pointed_to_is_signed_as_it_was_shown(jonas: Desk) -> None:
    id_ = await jonas.begin()
    page = await jonas.open(screens.note, asked(), id_)
    await jonas.send(id_, "sign", viser=page.values["form"]["viser"].raw)
    assert (await jonas.signed(id_)).refs == ("NEWS2 4, 23.11.2026 08.12", "BT 108/62, 23.11.2026 08.12", "Vekt 58,4 kg, 23.11.2026 08.12",
                                             "eGFR 38 ml/min, 20.11.2026 07.30")  # fmt: skip


async def test_a_signed_note_is_read_at_the_same_address_and_not_signed_twice(jonas: Desk) -> None:
    id_ = await jonas.sign()
    view = await jonas.signed(id_)
    assert (view.note.title, view.note.codes, view.mine) == ("Telefon", "K77 Hjertesvikt", True)
    again = await jonas.send(id_, "sign", vurdering="Noe helt annet.")
    assert isinstance(again, Go)
    assert "Noe helt annet" not in (await jonas.signed(id_)).note.text


async def test_a_correction_is_a_new_version_and_the_old_one_stays_readable(jonas: Desk) -> None:
    pointed = (await jonas.open(screens.note, asked(), await jonas.begin())).values["form"]["viser"].raw
    id_ = await jonas.sign(viser=pointed)
    refs = (await jonas.signed(id_)).refs
    begun = await jonas.send(id_, "correct")
    draft = begun.path.rpartition("/")[2]
    page = await jonas.open(screens.note, asked(), draft)
    assert (page.values["note"].title, page.values["form"]["vurdering"].raw) == ("Rett notat", TYPED["vurdering"])
    kept = {name: page.values["form"][name].raw for name in ("retter", "versjon", "koder", "type", "viser")}
    await jonas.send(draft, "sign", **{**kept, "vurdering": "Lungebetennelse.", "koder": "R81"})
    view = await jonas.signed(id_)
    assert "Lungebetennelse." in view.note.text
    assert (view.note.corrected, view.note.codes, view.refs) == (True, "R81 Lungebetennelse", refs)
    assert [old.codes for old in view.earlier] == ["K77 Hjertesvikt"]
    assert TYPED["vurdering"] in view.earlier[0].text
    assert [note.corrected for note in (await jonas.listed()).notes if note.href.endswith(id_)] == [True]
    with pytest.raises(Refused, match="AK-W005"):
        await jonas.send(draft, "sign", **kept)  # the same once more


async def test_two_who_correct_at_once_are_told_and_lose_no_text(jonas: Desk) -> None:
    id_ = await jonas.sign()
    begun = [(await jonas.send(id_, "correct")).path.rpartition("/")[2] for _ in range(2)]
    carried = {"retter": id_, "versjon": "1"}
    await jonas.send(begun[0], "sign", **carried, vurdering="Den første.")
    late = await jonas.send(begun[1], "sign", **carried, vurdering="Den andre.")
    assert (late.status, [fault.sentence[:12] for fault in late.values["form"].faults]) == (422, ["Noen andre h"])
    page = await jonas.open(screens.note, asked(), begun[1])
    assert page.values["form"]["vurdering"].raw == "Den andre."


async def test_a_note_marked_as_an_error_keeps_its_text_and_its_reason(jonas: Desk) -> None:
    id_ = await jonas.sign()
    page = await jonas.send(id_, "wrong", grunn=" ")
    assert (page.status, page.values["view"].reason_fault) == (422, "Skriv hvorfor notatet er feil.")
    await jonas.send(id_, "wrong", grunn="Skrevet på feil pasient.")
    view = await jonas.signed(id_)
    assert (view.note.wrong, view.reason, view.mine) == (True, "Skrevet på feil pasient.", False)
    assert TYPED["vurdering"] in view.note.text
    with pytest.raises(Refused, match="AK-N004"):
        await jonas.send(id_, "correct")


async def test_only_its_author_corrects_a_note(town: Town) -> None:
    id_ = await Desk(town, "jonas").sign()
    mariam = Desk(town, "mariam")
    assert not (await mariam.signed(id_)).mine
    with pytest.raises(Refused, match="AK-N003"):
        await mariam.send(id_, "correct")
    refused = await mariam.send(id_, "wrong", grunn="Jeg er uenig.")
    assert refused.status == 422


async def test_a_draft_belongs_to_one_record(town: Town) -> None:
    id_ = await Desk(town, "jonas").begin()
    other = Desk(town, "jonas", "Patient/odd")
    with pytest.raises(Refused, match="AK-W005"):
        await other.send(id_, "sign")


async def test_a_note_of_another_record_is_unknown(town: Town) -> None:
    id_ = await Desk(town, "jonas").sign()
    with pytest.raises(Refused, match="AK-J001"):
        await Desk(town, "jonas", "Patient/odd").signed(id_)


async def test_who_has_no_basis_reads_and_writes_nothing(town: Town) -> None:
    id_ = await Desk(town, "jonas").sign()
    elin = Desk(town, "elin")
    for visit in (asked(), asked({**TYPED, "do": "sign"})):
        with pytest.raises(Refused, match="AK-A"):
            await elin.open(screens.note, visit, id_)
    with pytest.raises(Refused, match="AK-A"):
        await elin.listed()


async def test_a_blocked_note_is_not_in_the_list(town: Town) -> None:
    notes = (await Desk(town, "jonas").listed()).notes
    assert "Samtale" not in {note.title for note in notes}
    assert {"Kontroll", "Hjemmebesøk", "Telefon, legevakt", "Journalnotat"} >= {note.title for note in notes}


async def test_a_role_is_shown_its_own_units_notes_first_and_one_press_shows_the_rest(town: Town) -> None:
    tommy, everything = Desk(town, "tommy"), (await Desk(town, "mariam").listed()).notes
    first = await tommy.listed()
    assert {note.by.rpartition(", ")[2] for note in first.notes} == {"Hjemmetjenesten sone nord"}
    assert 0 < len(first.notes) < len(everything) and first.widen_href.endswith("/notater?vis=alle")
    wide = (await tommy.open(screens.notes, asked(vis="alle"))).values["view"]
    assert isinstance(wide, Notes) and not wide.widen_href and wide.narrow_href
    assert {note.href for note in wide.notes} == {note.href for note in everything}


async def test_the_press_and_only_what_was_asked_for_stand_in_the_log(town: Town) -> None:
    tommy, actor = Desk(town, "tommy"), await town.at_work("tommy")

    async def told() -> str:
        rows = await town.office.database.fetch(
            "SELECT seen::text AS seen FROM access_log WHERE actor_id = $1", actor.id
        )
        return " ".join(row["seen"] for row in rows)

    jonas = next(note for note in (await Desk(town, "mariam").listed()).notes if "Jonas" in note.by)
    await tommy.listed()
    assert "page notater" in await told() and jonas.href.rpartition("/")[2] not in await told()
    await tommy.open(screens.notes, asked(vis="alle"))
    assert "page alle-notater" in await told() and jonas.href.rpartition("/")[2] in await told()


@pytest.mark.parametrize("who", ["jonas", "mariam"])
async def test_those_who_follow_the_whole_course_are_shown_all_notes_at_once(town: Town, who: str) -> None:
    view = await Desk(town, who).listed()
    assert not view.widen_href and not view.narrow_href
    assert len({note.by.rpartition(", ")[2] for note in view.notes}) > 1


async def test_drafts_of_every_record_are_told_for_the_start_page(town: Town) -> None:
    for patient in ("Patient/astrid", "Patient/odd"):
        desk = Desk(town, "jonas", patient)
        await desk.send(await desk.begin(), "save")
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        assert {draft.patient for draft in await drafts.of(work)} == {town.id("Patient/astrid"), town.id("Patient/odd")}


async def test_every_page_of_notes_can_be_drawn(jonas: Desk) -> None:
    begun, id_ = await jonas.begin(), await jonas.sign()
    found = await jonas.send(begun, "find", kode="bivirk")
    faulty = await jonas.send(begun, "sign", koder="")
    async with jonas.town.office.work(await jonas.town.at_work("jonas"), Purpose.TREATMENT) as work:
        codes = [await screens.suggest_codes(work, asked(q=text)) for text in ("bivirk", "finnes ikke", "")]
    pages = (found, faulty, await jonas.open(screens.notes, asked()), await jonas.open(screens.note, asked(), id_),
             await jonas.send(id_, "wrong"), *codes)  # fmt: skip
    html = [drawn("clinical/notes", page) for page in pages]
    assert "A85" in html[0]
    assert "Velg minst én diagnose" in html[1]
    assert "Ingen treff på «finnes ikke»" in html[6]
    assert "Merk som feilført" in html[3]
