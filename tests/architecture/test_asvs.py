"""What docs/security.md says of ASVS is true as far as a machine can tell: files and tests are there, numbers stand once."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.architecture import asvs
from tests.architecture.source import ROOT, product

LAST = {  # the highest number of each section of the standard, and in all its chapters how many are of levels 1 and 2
    "1.1": 2, "1.2": 10, "1.3": 12, "1.4": 3, "1.5": 3, "2.1": 3, "2.2": 3, "2.3": 5, "2.4": 2, "3.2": 3, "3.3": 5, "3.4": 8,
    "3.5": 8, "3.7": 5, "4.1": 5, "4.2": 5, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 6, "5.3": 3, "5.4": 3, "6.1": 3, "6.2": 12,
    "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2, "8.1": 4,
    "8.2": 4, "8.3": 3, "8.4": 2, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 3, "10.3": 5, "10.4": 16, "10.5": 5, "10.6": 2,
    "10.7": 3, "11.1": 4, "11.2": 5, "11.3": 5, "11.4": 4, "11.5": 2, "11.6": 2, "12.1": 5, "12.2": 2, "12.3": 5, "13.1": 4,
    "13.2": 6, "13.3": 4, "13.4": 7, "14.1": 2, "14.2": 8, "14.3": 3, "15.1": 5, "15.2": 5, "15.3": 7, "16.1": 1, "16.2": 5,
    "16.3": 4, "16.4": 3, "16.5": 4, "17.1": 2, "17.2": 8, "17.3": 2,
}  # fmt: skip
DANGEROUS = {"eval", "exec", "os.system", "os.popen", "os.execv"}
KNOWN = {"akson/fhir/search.py"}  # runs text that was made from the committed definitions
FORBIDDEN = {
    "pickle",
    "marshal",
    "shelve",
    "yaml",
    "random",
    "telnetlib",
    "ftplib",
    "xml.etree.ElementTree",
    "xml.dom.minidom",
}
CALLED = re.compile(
    r"_(?:\w+_URL|\w+_ISSUER|SMTP|CLAMAV|WITNESS|MASKINPORTEN|HOOKS)$"
)  # settings with an address of others
CRYPTOGRAPHY = re.compile(
    r"\b(AESGCM|AES|ECB|ChaCha20Poly1305|X25519\w*Key|HKDF|SHA256|sha256|blake2b|hmac\.(?:digest|new)|Ed25519(?:Private|Public)Key|ECKey|RSAKey|OKPKey)\b"
)


def test_every_requirement_of_both_levels_stands_once() -> None:
    held = asvs.requirements()
    assert Counter(one["level"] for one in held.values()) == {1: 70, 2: 183}
    listed = re.findall(r'^"([\d.]+)" = ', asvs.DATA.read_text("utf-8"), re.MULTILINE)
    assert len(listed) == len(set(listed)) == 253
    assert listed == sorted(listed, key=lambda number: [int(part) for part in number.split(".")])
    for number in listed:
        section, _, last = number.rpartition(".")
        assert int(last) <= LAST[section], number


@pytest.mark.parametrize("number", asvs.requirements())
def test_what_is_said_of_it_can_be_found(number: str) -> None:
    one = asvs.requirements()[number]
    assert sum(name in one for name in asvs.STATES) == 1
    assert set(one) <= {"level", "about", "in", "by", *asvs.STATES}
    if "met" in one:
        assert one["in"] and one["by"], "what is met has a place and a test"
    else:
        assert "by" not in one
    for file in one.get("in", ()):
        assert (ROOT / file).exists(), file
    for test in one.get("by", ()):
        file, _, name = test.partition("::")
        assert (ROOT / "tests" / file).is_file(), test
        assert not name or name in _names(ROOT / "tests" / file), test


@cache
def _names(file: Path) -> set[str]:
    return {
        node.name
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_the_page_is_as_the_data_are() -> None:
    written = (ROOT / "docs" / "security.md").read_text("utf-8")
    assert asvs.MARK in written
    assert written == asvs.page(written), "make docs"


def test_nothing_dangerous_is_called() -> None:
    """No eval of text, no shell, no loading of objects, no guessable random numbers, no XML parser that trusts."""
    found = []
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                shell = any(one.arg == "shell" for one in node.keywords)
                found += [f"{source.name}: {called}"] * (called in DANGEROUS or shell)
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            found += [f"{source.name}: {name}" for name in names if name in FORBIDDEN]
    assert sorted(set(found)) == [f"{name}: exec" for name in sorted(KNOWN)]


def test_every_use_of_cryptography_is_in_the_inventory() -> None:
    told = (ROOT / "docs" / "security.md").read_text("utf-8").partition("## Cryptography")[2].partition("\n## ")[0]
    missing = {
        (source.name, used) for source in product() for used in CRYPTOGRAPHY.findall(source.text)
        if source.name not in told
    }  # fmt: skip
    assert not missing, sorted(missing)
    assert not [source.name for source in product() if re.search(r"\b(md5|sha1|MD5|SHA1|DES|RC4)\b", source.text)]


def test_everybody_a_setting_lets_us_call_is_told_of() -> None:
    told = (ROOT / "docs" / "security.md").read_text("utf-8").partition("## Who Akson calls")[2].partition("\n## ")[0]
    settings = (ROOT / "akson" / "doors" / "settings.py").read_text("utf-8")
    named = {one for one in re.findall(r"\bAKSON_[A-Z_]+", settings) if CALLED.search(one)}
    assert len(named) > 10 and not {one for one in named if one not in told}


def test_scripts_of_ours_read_no_objects_from_outside() -> None:
    for file in (ROOT / "akson/base/web/static").glob("*.js"):
        text = file.read_text("utf-8")
        for word in (
            "JSON.parse",
            "Object.assign",
            "postMessage",
            "eval(",
            "new Function",
            "document.write",
            "__proto__",
            ".json(",
        ):
            assert word not in text, (file.name, word)
        assert '"use strict"' in text


def test_the_policy_says_how_soon() -> None:
    told = (ROOT / "SECURITY.md").read_text("utf-8")
    for said in ("security.txt", "7 dager", "30 dager", "90 dager", "7 days", "30 days", "90 days", "make sbom"):
        assert said in told, said


def test_the_bill_of_materials_names_all_that_is_pinned(tmp_path: Path) -> None:
    pinned = {
        name.lower()
        for file in ("requirements.txt", "requirements-amqp.txt")
        for name in re.findall(r"^([\w.-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    }
    file = tmp_path / "sbom.json"
    subprocess.run([sys.executable, "-m", "tests.architecture.bill", str(file)], cwd=ROOT, check=True)
    bill = json.loads(file.read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    named = {one["name"].lower() for one in bill["components"]}
    assert pinned <= named and {"@digdir/designsystemet-css", "@fontsource-variable/inter"} <= named
    assert all(one.get("version") for one in bill["components"])
