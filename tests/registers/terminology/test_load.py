"""Loading terminology: every published form, with invented content; faults by line, whole or not at all."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from akson.base.database import Database
from akson.doors.terminology import BASE, load_base, load_paths
from akson.registers.codes import ATC, ICD10, ICPC2, LOINC, SNOMED, volven
from akson.registers.terminology.formats.items import Named
from akson.registers.terminology.load import Report
from akson.registers.terminology.packing import unpacked
from akson.registers.terminology.ports import Terminology
from tests.registers.terminology.samples import ANIMALS, animals, value_set

NLK = volven(7280)


async def load(db: Database, path: Path, *, strict: bool = False, named: Named | None = None) -> list[Report]:
    reports: list[Report] = []
    await load_paths(db, [path], named or Named(), reports.append, lambda _: None, strict=strict)
    return reports


async def names(db: Database, url: str) -> dict[str, str]:
    rows = await db.fetch(
        "SELECT c.code, c.display FROM terminology_concept c JOIN terminology_system s ON s.id = c.system"
        " WHERE s.url = $1 ORDER BY c.n", url,
    )  # fmt: skip
    return {row["code"]: row["display"] for row in rows}


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


TWO = {"A01": "Blåbær", "A02": "Tyttebær"}


@pytest.mark.parametrize(("name", "text", "url"), [
    ("icpc2.csv", "Kode;Navn\nA01;Blåbær\nA02;Tyttebær\n", ICPC2),
    ("ICPC-2.json", json.dumps([{"codeValue": "A01", "nameNorwegian": "Blåbær"}, {"codeValue": "A02", "nameNorwegian": "Tyttebær"}]), ICPC2),
    ("icpc2.ndjson.json", '{"CodeValue":"A01","NameNorwegian":"Blåbær"}\n{"CodeValue":"A02","NameNorwegian":"Tyttebær"}\n', ICPC2),
    ("icd10.txt", "Kode\tTekst\nA01\tBlåbær\nA02\tTyttebær\n", ICD10),
    ("icd-10.xml", '<ClaML version="2.0.0"><Class code="A01" kind="category"><Rubric kind="preferred"><Label xml:lang="no">Blåbær</Label></Rubric></Class>'
                   '<Class code="A02" kind="category"><Rubric kind="preferred"><Label xml:lang="no">Tyttebær</Label></Rubric></Class></ClaML>', ICD10),
    ("atc.csv", "ATCkode,ATCnavn\nA01,Blåbær\nA02,Tyttebær\n", ATC),
    ("nlk.csv", "Kode;Norsk bruksnavn;Fagområde\nA01;Blåbær;FO1\nA02;Tyttebær;FO2\n", NLK),
    ("laboratoriekodeverk.xml", "<r><kode><Kode>A01</Kode><NorskBruksnavn>Blåbær</NorskBruksnavn></kode><kode><Kode>A02</Kode><NorskBruksnavn>Tyttebær</NorskBruksnavn></kode></r>", NLK),
    ("kodeverk-9999.json", json.dumps({"codeListId": 9999, "codeValues": [{"value": "A01", "name": "Blåbær"}, {"value": "A02", "name": "Tyttebær"}]}), volven(9999)),
    ("mange.json", json.dumps({"9998": {"X": "Ja"}, "9999": TWO}), volven(9999)),
    ("store.xml", '<list><data code="9998" key="X" value="Ja"/><data code="9999" key="A01" value="Blåbær"/><data code="9999" key="A02" value="Tyttebær"/></list>', volven(9999)),
])  # fmt: skip
async def test_every_form_of_list_is_read(db: Database, tmp_path: Path, name: str, text: str, url: str) -> None:
    reports = await load(db, written(tmp_path, name, text))
    assert [(one.faulty, one.refused) for one in reports] == [(0, False)]
    assert await names(db, url) == TWO


async def test_windows_letters_marks_and_packed_files_are_read(db: Database, tmp_path: Path) -> None:
    text = "Kode;Navn\nA01;Blåbær\nA02;Tyttebær\n"
    for encoding in ("cp1252", "utf-8-sig"):
        reports = await load(db, written(tmp_path, "icpc2.csv", text, encoding))
        assert not reports[0].faults
        assert await names(db, ICPC2) == TWO


async def test_columns_become_designations_definition_status_and_hierarchy(db: Database, tmp_path: Path) -> None:
    text = (
        "Kode;Navn;Nynorsk;Engelsk;Overordnet;Aktiv;Gruppe\n"
        "K;Kapittel;Kapittel;Chapter;;ja;1\nK01;Kode;Kode nn;Code;K;ja;2\nK02;Gammel;Gamal;Old;K;nei;2\n"
    )
    await load(db, written(tmp_path, "tabell.csv", text), named=Named(system="urn:x", version="2026"))
    terminology = Terminology(db)
    assert set(await terminology.descendants("urn:x", "K")) == {"K", "K01", "K02"}
    row = await db.fetchrow("SELECT body::json AS body, inactive FROM terminology_concept WHERE code = 'K02'")
    assert row is not None
    assert row["inactive"]
    assert {"language": "nn", "value": "Gamal"} in json.loads(row["body"])["designation"]


async def test_atc_stands_below_itself(db: Database, tmp_path: Path) -> None:
    rows = "".join(f"{code};Navn {code}\n" for code in ("Z", "Z99", "Z99X", "Z99XX", "Z99XX01"))
    await load(db, written(tmp_path, "atc.csv", "Kode;Navn\n" + rows))
    assert set(await Terminology(db).ancestors(ATC, "Z99XX01")) == {"Z", "Z99", "Z99X", "Z99XX", "Z99XX01"}


async def test_a_bad_line_is_told_by_its_number_and_the_rest_goes_on_or_the_whole_is_refused(
    db: Database, tmp_path: Path
) -> None:
    path = written(tmp_path, "icpc2.csv", "Kode;Navn\nA01;Blåbær\n;Uten kode\nA03\nA02;Tyttebær\nA02;Igjen\n")
    strict = (await load(db, path, strict=True))[0]
    assert (strict.refused, [one.line for one in strict.faults]) == (True, [3])
    assert await names(db, ICPC2) == {}
    kept = (await load(db, path))[0]
    assert (kept.refused, kept.faulty) == (False, 3)
    assert [one.line for one in kept.faults] == [3, 4, 0]
    assert await names(db, ICPC2) == TWO


@pytest.mark.parametrize(("name", "text"), [
    ("icpc2.json", '[{"codeValue": "A01"'), ("icd10.xml", "<r><a><Kode>A01</Kode>"), ("x.json", '{"resourceType": "CodeSystem", '),
    ("ukjent.csv", "Kode;Navn\nA;B\n"), ("y.json", '{"resourceType": "CodeSystem", "concept": []}'),
    ("z.json", '{"resourceType": "CodeSystem", "url": "urn:z", "concept": [{"display": "uten kode"}]}'),
])  # fmt: skip
async def test_what_cannot_be_read_is_told_and_leaves_nothing(
    db: Database, tmp_path: Path, name: str, text: str
) -> None:
    report = (await load(db, written(tmp_path, name, text)))[0]
    assert report.faulty == 1
    assert await db.fetchval("SELECT count(*) FROM terminology_system") == 0


async def test_the_same_again_is_no_work_and_a_new_version_takes_its_place(db: Database, tmp_path: Path) -> None:
    path = written(tmp_path, "icpc2.csv", "Kode;Navn\nA01;Blåbær\nA02;Tyttebær\n")
    await load(db, path)
    again = (await load(db, path))[0]
    assert (again.systems, again.same) == (0, 1)
    await load(db, written(tmp_path, "icpc2.csv", "Kode;Navn\nA01;Multe\n"))
    assert await names(db, ICPC2) == {"A01": "Multe"}
    orphans = "SELECT count(*) FROM terminology_closure h WHERE NOT EXISTS (SELECT FROM terminology_system s WHERE s.id = h.system)"
    assert await db.fetchval(orphans) == 0


def packed(folder: Path, files: dict[str, object]) -> Path:
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, value in files.items():
            body = json.dumps(value).encode()
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return path


async def test_fhir_comes_as_packages_folders_bundles_and_resources(db: Database, tmp_path: Path) -> None:
    dogs = value_set("dogs", {"system": ANIMALS, "filter": [{"property": "concept", "op": "is-a", "value": "hund"}]})
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": animals()}, {"resource": dogs}, {"resource": {"resourceType": "Patient"}}],
    }
    forms = [
        packed(tmp_path, {"package.json": {"name": "x"}, "CodeSystem-a.json": animals(), "ValueSet-d.json": dogs}),
        written(tmp_path, "bundle.json", json.dumps(bundle)),
        written(tmp_path, "folder/CodeSystem.json", json.dumps(animals())).parent,
    ]
    written(tmp_path, "folder/ValueSet.json", json.dumps(dogs))
    for path in forms:
        await db.execute("DELETE FROM terminology_system")
        await db.execute("DELETE FROM terminology_value_set")
        reports = await load(db, path)
        assert sum(one.faulty for one in reports) == 0
        assert await Terminology(db).holds(ANIMALS, "puddel", str(dogs["url"])) is True


CONCEPT = "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId\n"
DESCRIPTION = "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n"
RELATIONSHIP = "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId\n"
LANGUAGE = "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId\n"
SIMPLE = "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\n"
FSN, SYNONYM = "900000000000003001", "900000000000013009"


def release(folder: Path, kind: str = "Snapshot") -> Path:
    """Write an RF2 release of three invented concepts: 100 above 101; 102 inactive."""
    base = folder / "Release" / kind
    text = "".join(f"{n}\t20260101\t{active}\t9\t900000000000074008\n" for n, active in ((100, 1), (101, 1), (102, 0)))
    older = "102\t20200101\t1\t9\t900000000000074008\n" if kind == "Full" else ""
    written(base, f"Terminology/sct2_Concept_{kind}_NO1000202_20260115.txt", CONCEPT + text + older)
    rows = [(1, 100, "en", FSN, "Oddity (finding)"), (2, 100, "en", SYNONYM, "Oddity"), (3, 101, "en", FSN, "Great \"oddity\" (finding)"),
            (4, 101, "en", SYNONYM, "Great oddity"), (5, 102, "en", FSN, "Old oddity (finding)")]  # fmt: skip
    line = "{}\t20260101\t1\t9\t{}\t{}\t{}\t{}\t9\n"
    written(
        base,
        f"Terminology/sct2_Description_{kind}-en_NO1000202_20260115.txt",
        DESCRIPTION + "".join(line.format(*r) for r in rows),
    )
    norwegian = line.format(6, 101, "no", SYNONYM, "Stor raritet")
    written(base, f"Terminology/sct2_Description_{kind}-no_NO1000202_20260115.txt", DESCRIPTION + norwegian)
    parts = [(1, 101, 100, "116680003", "900000000000011006"), (2, 101, 102, "116680003", "900000000000010007"),
             (3, 101, 100, "246112005", "900000000000011006")]  # fmt: skip
    rows2 = "".join(f"{i}\t20260101\t1\t9\t{s}\t{t}\t0\t{k}\t{c}\t9\n" for i, s, t, k, c in parts)
    written(base, f"Terminology/sct2_Relationship_{kind}_NO1000202_20260115.txt", RELATIONSHIP + rows2)
    preferred = "".join(f"p{n}\t20260101\t1\t9\t9\t{n}\t900000000000548007\n" for n in (2, 4, 6))
    written(base, f"Refset/Language/der2_cRefset_Language{kind}-en_NO1000202_20260115.txt", LANGUAGE + preferred)
    written(
        base,
        f"Refset/Content/der2_Refset_Simple{kind}_NO1000202_20260115.txt",
        SIMPLE + "m1\t20260101\t1\t9\t500\t101\n",
    )
    return folder / "Release"


@pytest.mark.parametrize("kind", ["Snapshot", "Full"])
async def test_snomed_is_read_from_rf2_with_hierarchy_languages_and_refsets(
    db: Database, tmp_path: Path, kind: str
) -> None:
    report = (await load(db, release(tmp_path, kind)))[0]
    assert (report.faulty, report.concepts) == (0, 3)
    assert await names(db, SNOMED) == {"100": "Oddity", "101": "Great oddity", "102": "Old oddity (finding)"}
    terminology = Terminology(db)
    assert await terminology.descendants(SNOMED, "100") == ["100", "101"]
    for query, inside in (("isa/100", {"100", "101"}), ("refset/500", {"101"}), ("", {"100", "101", "102"})):
        found = await terminology.codes_in(f"{SNOMED}?fhir_vs{'=' if query else ''}{query}")
        assert found is not None
        assert {code for _, code in found.pairs} == inside
    row = await db.fetchrow("SELECT version FROM terminology_system")
    assert row is not None
    assert row["version"] == "http://snomed.info/sct/51000202101/version/20260115"
    assert await db.fetchval("SELECT inactive FROM terminology_concept WHERE code = '102'")


async def test_a_release_may_come_packed_but_not_climb_out(db: Database, tmp_path: Path) -> None:
    folder, path = release(tmp_path), tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*.txt"):
            archive.write(file, file.relative_to(tmp_path))
    assert (await load(db, path))[0].concepts == 3
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../climbed.txt", "x")
    with pytest.raises(Exception, match="AK-T004"):
        await load(db, path)


async def test_loinc_is_read_with_its_parts_and_faults(db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "Loinc_9.99"
    heading = '"LOINC_NUM","COMPONENT","PROPERTY","STATUS","SHORTNAME","LONG_COMMON_NAME"\n'
    rows = '"1-8","Oddity","Find","ACTIVE","Odd","Oddity, whole"\n"2-6","Old","Find","DEPRECATED","Old","Old one"\n"tull","","","","",""\n'
    written(folder, "LoincTable/Loinc.csv", heading + rows)
    path = "PATH_TO_ROOT,SEQUENCE,IMMEDIATE_PARENT,CODE,CODE_TEXT\n,1,,LP1-1,Part\nLP1-1,1,LP1-1,1-8,Oddity\n"
    written(folder, "AccessoryFiles/ComponentHierarchyBySystem/ComponentHierarchyBySystem.csv", path)
    report = (await load(db, folder))[0]
    assert ([one.line for one in report.faults], report.concepts) == ([4], 3)
    assert await Terminology(db).descendants(LOINC, "LP1-1") == ["LP1-1", "1-8"]
    assert await db.fetchval("SELECT version FROM terminology_system") == "9.99"
    found = await Terminology(db).codes_in("http://loinc.org/vs/LP1-1")
    assert found is not None
    assert {code for _, code in found.pairs} == {"LP1-1", "1-8"}


async def test_the_lists_of_the_fixtures_are_read(db: Database, shared: Path) -> None:
    lists = (await load(db, shared / "fixtures" / "kodeverk" / "volven_kodeverk_from_visningsfiler.json"))[0]
    assert lists.systems > 970
    assert (await names(db, volven(1101))) == {"1": "Ja", "2": "Nei"}
    resources = await load(db, shared / "fixtures" / "kodeverk-fhir")
    assert sum(one.faulty for one in resources) == 0


@pytest.mark.skipif(not BASE.exists(), reason="needs what `npm ci` brings")
async def test_the_standards_own_code_systems_are_there_after_set_up(db: Database) -> None:
    told: list[str] = []
    await load_base(db, told.append)
    terminology = Terminology(db)
    assert await terminology.holds(
        "http://hl7.org/fhir/observation-status", "final", "http://hl7.org/fhir/ValueSet/observation-status"
    )
    assert await db.fetchval("SELECT count(*) FROM terminology_system") > 1000
    await load_base(db, told.append)
    assert len(told) == 4


async def test_what_was_stored_before_it_was_packed_is_read_as_it_is(db: Database, tmp_path: Path) -> None:
    everything = {"resourceType": "ValueSet", "url": "urn:dyr-alle", "status": "active",
                  "compose": {"include": [{"system": ANIMALS}]}}  # fmt: skip
    written(tmp_path, "dyr.json", json.dumps(animals()))
    written(tmp_path, "alle.json", json.dumps(everything))
    await load(db, tmp_path)
    packed = await db.fetchval("SELECT body FROM terminology_value_set WHERE url = 'urn:dyr-alle'")
    expected = await Terminology(db).codes_in("urn:dyr-alle")
    assert expected is not None and expected.pairs
    assert unpacked(packed) != packed and unpacked(unpacked(packed)) == unpacked(packed)
    for table, column in (("terminology_value_set", "body"), ("terminology_system", "head")):
        for row in await db.fetch(f"SELECT digest, {column} AS kept FROM {table}"):
            await db.execute(f"UPDATE {table} SET {column} = $2, digest = $3 WHERE digest = $1",
                             row["digest"], unpacked(row["kept"]), row["digest"][::-1])  # fmt: skip
    assert await Terminology(db).codes_in("urn:dyr-alle") == expected
