"""Profiles are read from the folder an operator names, in whatever form they were published."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from akson.base.errors import Refused
from akson.doors.profiles import load
from tests.fhir.profiled import PATIENT, PRESSURE, URL

AS_XML = (
    b'<StructureDefinition xmlns="http://hl7.org/fhir"><url value="http://example.org/x"/><type value="Patient"/>'
    b"</StructureDefinition>"
)


def test_json_xml_and_packages_are_read_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/a.json").write_text(json.dumps(PATIENT))
    (tmp_path / "b.xml").write_bytes(AS_XML)
    (tmp_path / "readme.md").write_text("not read")
    with tarfile.open(tmp_path / "c.tgz", "w:gz") as package:
        for name, text in (
            ("package/package.json", b'{"name":"x"}'),
            ("package/p.json", json.dumps(PRESSURE).encode()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            package.addfile(entry, io.BytesIO(text))
    library = load(tmp_path)
    assert len(library) == 3
    assert all(library.profile(url) for url in (f"{URL}/patient", f"{URL}/pressure", "http://example.org/x"))


def test_without_a_folder_there_are_none() -> None:
    assert len(load(None)) == 0


@pytest.mark.parametrize(("name", "text"), [("a.json", b"{"), ("a.xml", b"<a"), ("a.tgz", b"no package")])
def test_a_file_that_cannot_be_read_stops_the_start_by_its_name(tmp_path: Path, name: str, text: bytes) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(Refused) as refused:
        load(tmp_path)
    assert refused.value.code == "AK-L011" and name in str(refused.value.values)
    with pytest.raises(Refused):
        load(tmp_path / "not-there")
