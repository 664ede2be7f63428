"""Words of Norwegian law and office stay Norwegian in the code; docs/glossary.md says what they mean."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from akson.access.roles import ROLES
from tests.architecture.source import ROOT, Source, product

NORWEGIAN = re.compile(
    r"(fnr|dnr|hnr|fhn|orgnr|hpr|herid|fastlege\w*|sykepleier|legevakt\w*|vedtak\w*|sperring\w*|sperret|innsyn|epikrise\w*"
    r"|hodemelding|dialogmelding|apprec|tjenstlig\w*|kommune\w*|fylke\w*|helsestasjon|hjemmetjeneste\w*|sykehjem\w*"
    r"|tildeling\w*|saksbehandler|verge\w*|fullmakt\w*|barnevern\w*|folkeregister\w*|felleskomponent|nav|ppt|volven|icpc"
    r"|iplos|helseid|idporten|nodapning|nødåpning|personvernombud|dataansvarlig|kodeverk|bokmal|nynorsk|kode6|pleietrengende)"
)


def test_every_norwegian_word_in_the_code_is_in_the_glossary() -> None:
    used = {word for source in product() for word in _words(source) if NORWEGIAN.fullmatch(word)}
    assert used - _explained() == set()


def test_every_role_is_in_the_glossary() -> None:
    assert ROLES.keys() - _explained() == set()


def test_the_glossary_is_in_alphabetical_order() -> None:
    terms = _terms()
    assert terms == sorted(terms, key=_norwegian)


def _terms() -> list[str]:
    lines = (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    return [line.split("|")[1].strip() for line in lines if line.startswith("| ") and not line.startswith("| Word")]


def _explained() -> set[str]:
    """Return every word with a row of its own; a row may hold several forms: `fnr, fødselsnummer`."""
    return {word.strip() for term in _terms() for word in term.split(",")}


def _norwegian(text: str) -> str:
    return text.casefold().translate({ord("æ"): "{", ord("ø"): "|", ord("å"): "}"})


def _words(source: Source) -> Iterator[str]:
    """Yield the parts of every name in `source`: `read_fnr` gives `read` and `fnr`; the file's own name too."""
    names = [source.name.rpartition("/")[2].removesuffix(".py")]
    for node in ast.walk(source.tree):
        for field in ("id", "attr", "arg", "name"):
            if isinstance(name := getattr(node, field, None), str):
                names.append(name)
    for name in names:
        yield from (part.lower() for part in re.findall(r"[A-ZÆØÅ]?[a-zæøå0-9]+|[A-ZÆØÅ]+(?![a-zæøå])", name))
