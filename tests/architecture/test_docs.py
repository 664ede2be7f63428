"""What the pages say is there: every page is found from README, every setting and command stands in docs/operate.md."""

from __future__ import annotations

import re

import click

from akson.cli import main
from tests.architecture.source import ROOT, product

LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def test_readme_leads_to_every_page() -> None:
    linked = set(LINK.findall((ROOT / "README.md").read_text("utf-8")))
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.*")}
    folders = {f"docs/{folder.name}/" for folder in (ROOT / "docs").iterdir() if folder.is_dir()} - {"docs/pictures/"}
    assert pages | folders <= linked


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("bench/*.md")]
    broken = [
        (page.name, link)
        for page in pages
        for link in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken


def test_every_decision_has_a_number_of_its_own() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    assert not [page.name for page in pages if not page.read_text("utf-8").startswith(f"# {int(page.name[:4])}. ")]


def test_every_setting_is_told() -> None:
    settings = next(source for source in product() if source.name == "akson/doors/settings.py")
    read = {str(text.value) for text in settings.texts() if re.fullmatch(r"AKSON_[A-Z_]+", str(text.value))}
    told = set(re.findall(r"AKSON_[A-Z_]+", (ROOT / "docs" / "operate.md").read_text("utf-8")))
    assert len(read) > 10
    assert read <= told


def test_every_command_is_told() -> None:
    told = (ROOT / "docs" / "operate.md").read_text("utf-8")
    untold = [name for name in sorted(main.commands) if f"`akson {name}" not in told]
    groups = [(name, group) for name, group in main.commands.items() if isinstance(group, click.Group)]
    untold += [f"{name} {one}" for name, group in groups for one in group.commands if not _tells(told, name, one)]
    assert not untold


def _tells(told: str, group: str, command: str) -> bool:
    """Tell whether a line names both the group and its command."""
    return any(f"`akson {group}" in line and command in line for line in told.splitlines())


def test_the_threats_name_five_risks_and_each_is_shown_by_tests_that_are_there() -> None:
    part = (ROOT / "docs" / "threats.md").read_text("utf-8").partition("## The five gravest risks")[2]
    risks = [line for line in part.partition("\n## ")[0].splitlines() if line.startswith("| **")]
    named = [re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", risk) for risk in risks]
    assert len(risks) == 5 and all(named)
    absent = [
        (file, test) for one in named for file, test in one
        if not re.search(rf"def {test}\(", (ROOT / file).read_text("utf-8"))
    ]  # fmt: skip
    assert not absent
