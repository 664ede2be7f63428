"""NAV's statements: read, kept as a form, and written again they say the same, to the letter of NAV's own schema."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from lxml import etree

from akson.exchange import answers, hodemelding, nodes, statement
from akson.exchange.envelope import Code
from akson.exchange.messages import legeerklaering
from akson.exchange.opening import opened
from akson.exchange.parts import Part
from akson.exchange.safexml import Schemas
from akson.registers.identifiers import Fnr
from tests.conformance.arriving.arrival import headed
from tests.conformance.suites import Case
from tests.exchange.letters import ASTRID
from tests.offices import NOW

_HEAD = "hodemelding-dialog-apprec"
_TYPE = Code(value="LEGEERKL", name="Legeerklæring")
_OWN = "nav-xsd/NAV-Legeerklaring-2008-06-06.xsd"

SHORTEST = Part(name=statement.ROOT, parts=(
    Part(name="LegeerklaringGjelder", parts=(statement.coded("typeLegeerklaring", "2"),)),
    Part(name="Pasientopplysninger", parts=(statement.coded("flereArbeidsforhold", "3"),)),
    Part(name="DiagnoseArbeidsuforhet", parts=(
        Part(name="DiagnoseKodesystem", parts=(
            statement.coded("kodesystem", "5"),
            Part(name="Enkeltdiagnose", parts=(Part(name="sortering", text="0"),),
                 code=Code(value="L86", system=statement.ICPC, name="Ryggsyndrom med smerteutstråling")),
        )),
        Part(name="StatusPresens", text="Positiv Lasègue."), Part(name="SymptomerBehandling", text="Smerter i tre år."),
    )),
    Part(name="ForslagTiltak", parts=(Part(name="BegrunnelseIkkeTiltak", text="Venter på operasjon."),)),
    Part(name="VurderingFunksjonsevne", parts=(
        Part(name="Arbeidssituasjon", parts=(statement.coded("arbeidssituasjon", "1"),)),
        Part(name="Funksjonsevne", text="Kan sitte en halv time."),
    )),
    Part(name="Prognose", parts=(statement.coded("bedreArbeidsevne", "1"),)),
))  # fmt: skip


def cases(shared: Path) -> Iterator[Case]:
    """Yield the cases."""
    for file in sorted((shared / "fixtures" / "legeerklaering").glob("*.xml")):
        yield Case(f"again/{file.name}", partial(_again, file, shared))
    yield Case("write/LEGEERKL", partial(_written, shared))


def said(node: etree._Element) -> Counter[tuple[str, str, str]]:
    """Return every attribute and text at and below `node` that says something."""
    held = [each for each in node.iter() if isinstance(each.tag, str)]
    told = [(nodes.local(each), str(name), str(value)) for each in held for name, value in each.attrib.items()]
    told += [(nodes.local(each), "", (each.text or "").strip()) for each in held]
    return Counter(one for one in told if one[2])


def _again(file: Path, shared: Path) -> str | None:
    """Say what a statement loses as a form in the record, or breaks, when it is written again."""
    message = opened(file.read_bytes())
    assert message.envelope
    before = message.envelope.body
    now = statement.build(answers.tree(statement.ROOT, answers.items(statement.read(before))))
    if lost := said(before) - said(now):
        return f"lost {sorted(lost)}"
    return _broken(shared, now)


def _written(shared: Path) -> str | None:
    """Say what is wrong with the shortest statement we would send."""
    form = {"resourceType": "QuestionnaireResponse", "item": answers.items(SHORTEST)}
    patient = {"resourceType": "Patient", "name": [{"family": "Nordli", "given": ["Astrid"]}],
               "identifier": [Fnr(ASTRID).identifier()]}  # fmt: skip
    return _broken(shared, legeerklaering.from_communication({}, [patient, form], NOW)[1])


def _broken(shared: Path, body: etree._Element) -> str | None:
    """Say how a statement, under our own head, breaks the schemas of an operator who has NAV's among them."""
    with tempfile.TemporaryDirectory() as folder:
        for file in (*(shared / "fixtures" / _HEAD).glob("*.xsd"), shared / "fixtures" / _OWN):
            (Path(folder) / file.name).symlink_to(file.resolve())
        strict = opened(hodemelding.build(headed(_TYPE, body)), Schemas(Path(folder)))
    return f"it breaks the schema: {strict.fault}" if strict.fault else None
