"""`akson keys … messages`: from a request to certificates that sign and open, and the certificates of those we write to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from akson.doors.opening import opened
from akson.doors.settings import Settings
from akson.exchange import addresses
from akson.exchange.seals import partners
from akson.exchange.seals.own import OwnCertificates
from tests.doors.test_keys import Command, command, done, env, settings
from tests.exchange.authority import ENCRYPTS, Authority

__all__ = ["command", "env", "settings"]
_REQUEST = re.compile(r"-----BEGIN CERTIFICATE REQUEST-----.*?-----END CERTIFICATE REQUEST-----\n", re.DOTALL)


def test_an_organisation_asks_for_certificates_and_takes_them_in_use(
    command: Command, settings: Settings, tmp_path: Path
) -> None:
    asked = done(command("keys", "prepare", "messages", "--organisation", "Fjordvik kommune"))
    requests = [x509.load_pem_x509_csr(each.encode()) for each in _REQUEST.findall(asked)]
    made = [Authority("Tillit", 1).answer(each, "310000015") for each in requests]
    files = [tmp_path / f"{number}.pem" for number in range(2)]
    for file, one in zip(files, made, strict=True):
        file.write_bytes(one.public_bytes(Encoding.PEM))
    told = done(command("keys", "rotate", "messages", *map(str, files)))
    assert "signatur, 310000015" in told and "kryptering, 310000015" in told and "PRIVATE" not in asked + told
    own = OwnCertificates(settings.keys)
    signer = own.signer(datetime.now(UTC))
    assert signer and [signer.certificate, *(each.certificate for each in own.opening)] == made
    assert "messages   1 sertifikater som åpner" in done(command("keys", "list"))
    assert x509.load_pem_x509_certificates(done(command("keys", "public", "messages")).encode()) == made


@pytest.mark.parametrize("words", [
    ("prepare", "messages"), ("rotate", "messages"), ("rotate", "client", __file__), ("rotate", "messages", __file__),
    ("partner", "99000033", __file__), ("withdraw", "tull"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_and_changes_nothing(
    command: Command, settings: Settings, words: tuple[str, ...]
) -> None:
    assert command("keys", *words).exit_code != 0
    assert not OwnCertificates(settings.keys).path.exists()


def test_a_file_among_the_authorities_that_cannot_be_read_is_listed(
    command: Command, env: dict[str, str], tmp_path: Path
) -> None:
    env["AKSON_TRUST"] = str(Authority("Tillit", 1).trusted_in(tmp_path / "trust"))
    assert "kan ikke lese" not in done(command("keys", "list"))
    (tmp_path / "trust" / "half.crl").write_bytes(b"-----BEGIN X509 CRL-----")
    told = done(command("keys", "list"))
    assert "kan ikke lese filen half.crl blant utstederne" in told and "ingen gyldig liste" in told


async def test_the_certificate_of_a_partner_is_entered_and_withdrawn(
    command: Command, settings: Settings, tmp_path: Path
) -> None:
    import asyncio

    one = Authority("Tillit", 1).identity("310000023", 2, ENCRYPTS).certificate
    file = tmp_path / "hospital.der"
    file.write_bytes(one.public_bytes(Encoding.DER))

    async def typed(*words: str) -> str:
        return await asyncio.to_thread(lambda: command("keys", *words).output)

    assert "HER-id" in await typed("partner", "99000033", str(file))  # nobody has it
    async with opened(settings, size=1) as office:
        await addresses.put(
            office.database, [addresses.Address(her_id=99000033, name="Hjertepoliklinikken", ours=False)]
        )
        await typed("partner", "99000033", str(file))
        assert (await partners.partner(office.database, 99000033)).certificates == (one,)
        assert "Hjertepoliklinikken: kryptering, 310000023" in await typed("partners")
        await typed("withdraw", partners.fingerprint(one).hex())
        held = await partners.partner(office.database, 99000033)
    assert (held.certificates, held.withdrawn, held.seals) == ((), (one,), True)
