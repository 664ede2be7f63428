"""The operator enters which message types a party takes, by name or from its CPP; what is wrong changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akson.base.database import Database
from akson.cli import main
from akson.exchange import addresses, profile
from akson.exchange.addresses import EDI, Address
from akson.exchange.profile import CPPA
from akson.exchange.safexml import Unreadable

HEART, OURS = 99000033, 99000011
Command = Callable[..., Result]


@pytest.fixture
def command(database_url: str, tmp_path: Path) -> Command:
    async def known() -> None:
        database = await Database.open(database_url, size=1)
        await addresses.put(database, [
            Address(her_id=HEART, name="Hjertepoliklinikken", ours=False, endpoint=EDI),
            Address(her_id=OURS, name="Nordre legesenter", ours=True),
        ])  # fmt: skip
        await database.close()

    asyncio.run(known())
    env = {"AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path)}
    return lambda *words: CliRunner().invoke(main, ["address-takes", *words], env=env)


def told(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output.strip()


def cpp(tmp_path: Path, her_id: int, *actions: str, root: str = "CollaborationProtocolProfile") -> str:
    """Write a profile: what a party receives, and one thing it only sends."""
    bound = '<c:{way}><c:ThisPartyActionBinding c:action="{action}"/></c:{way}>'
    inside = "".join(bound.format(way="CanReceive", action=each) for each in ("Apprec", *actions))
    inside += bound.format(way="CanSend", action="LEGEERKL")
    file = tmp_path / f"{her_id}-{len(actions)}-{actions[0]}.xml"
    file.write_text(
        f'<c:{root} xmlns:c="{CPPA}"><c:PartyInfo><c:PartyId c:type="HER">1</c:PartyId></c:PartyInfo><c:PartyInfo>'
        f'<c:PartyId c:type="ENH">{HEART}</c:PartyId><c:PartyId c:type="HER">{her_id}</c:PartyId><c:CollaborationRole>'
        f"<c:ServiceBinding>{inside}</c:ServiceBinding></c:CollaborationRole></c:PartyInfo></c:{root}>"
    )
    return str(file)


def test_types_are_entered_shown_taken_from_a_profile_and_forgotten(command: Command, tmp_path: Path) -> None:
    unsaid = f"{HEART}  Hjertepoliklinikken: har ikke sagt hva den tar imot"
    assert told(command(str(HEART))) == unsaid
    typed = f"{HEART}  Hjertepoliklinikken: DIALOG_HELSEFAGLIG, EPIKRISE"
    assert told(command(str(HEART), "EPIKRISE", "DIALOG_HELSEFAGLIG", "EPIKRISE")) == typed == told(command(str(HEART)))
    file = cpp(tmp_path, HEART, "Henvisning", "Dialog_Svar", "LOG_DOD")
    assert told(command(str(HEART), "--cpp", file)).splitlines() == [
        "Heter noe annet enn en meldingstype her: HENVISNING.",
        f"{HEART}  Hjertepoliklinikken: DIALOG_SVAR, LOG_DOD",
    ]
    assert told(command(str(HEART), "--unsaid")) == unsaid


def test_what_is_wrong_is_said_and_changes_nothing(command: Command, tmp_path: Path) -> None:
    told(command(str(HEART), "EPIKRISE"))
    plain = tmp_path / "plain.xml"
    plain.write_text("<a/>")
    for words, said in [
        (("EPIKRISEN",), "Ukjente meldingstyper: EPIKRISEN"),
        (("EPIKRISE", "--unsaid"), "bare én av dem"),
        (("--cpp", str(plain)), "Filen er ingen CPP eller CPA"),
        (("--cpp", cpp(tmp_path, 12345, "EPIKRISE")), f"Profilen er ikke til HER-id {HEART}"),
        (("--cpp", cpp(tmp_path, HEART, "Henvisning")), "nevner ingen meldingstype"),
    ]:
        wrong = command(str(HEART), *words)
        assert wrong.exit_code != 0 and said in wrong.output
    for number, said in ((str(OURS), "Ingen part utenfor"), ("99999999", "Ingen part utenfor")):
        assert said in command(number, "EPIKRISE").output
    assert told(command(str(HEART))).endswith(": EPIKRISE") and told(command(str(OURS))).endswith("tar imot")


def test_a_real_profile_names_what_its_party_receives(shared: Path) -> None:
    folder = shared / "fixtures/adresseregister-flr-cppa"
    found = profile.read((folder / "CPP_Rest_93238.xml").read_bytes(), 93238)
    assert found is not None and {"DIALOG_INNBYGGER_EKONTAKT", "DIALOG_INNBYGGER_TIMEONSKE"} <= found.takes
    assert all(one.startswith("DIALOG_INNBYGGER_") for one in found.takes) and "APPREC" not in found.others
    agreed = (folder / "CPA_Rest_93253.xml").read_bytes()
    sides = {her_id: profile.read(agreed, her_id) for her_id in (93238, 93252, 93253, 1)}
    assert sides[1] is None and sum(side is not None for side in sides.values()) == 2


@pytest.mark.parametrize("data", [b"", b"{}", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_profile_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        profile.read(data, HEART)
