"""`akson keys … messages`: certificates that messages are signed and encrypted with, ours and those of others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from akson.base.errors import Refused
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.exchange.seals import partners
from akson.exchange.seals.own import OwnCertificates
from akson.exchange.seals.trust import Trust, may_encrypt, may_sign, organisation

_Running = Callable[[], Settings]


def prepare(settings: Settings, name: str) -> None:
    """Make the next keys, and show the requests for their certificates."""
    if not name:
        raise click.UsageError("Oppgi navnet på virksomheten med --organisation.")
    signs, opens = OwnCertificates(settings.keys).prepare(name)
    click.echo(
        "Søknad om sertifikat for signatur:\n" + _pem(signs) + "Søknad om sertifikat for kryptering:\n" + _pem(opens)
    )
    click.echo("Ta sertifikatene i bruk med «akson keys rotate messages FIL FIL» når utstederen har laget dem.")


def rotate(settings: Settings, files: Sequence[Path]) -> None:
    """Use new certificates from now on."""
    given = [path.read_bytes() for path in files]
    secret = ""
    if any(b"-----BEGIN" not in each for each in given):
        secret = click.prompt(
            "Passord til filen (tomt for et sertifikat)", default="", hide_input=True, show_default=False
        )
    for each in OwnCertificates(settings.keys).rotate(given, secret):
        click.echo(f"Tatt i bruk: {_told(each)}")
    click.echo("Prosessene som kjører, tar dem i bruk selv. Nøklene før dem åpner fortsatt meldinger.")


def public(settings: Settings) -> None:
    """Show the certificates that others must know."""
    for each in OwnCertificates(settings.keys).certificates:
        click.echo(_pem(each), nl=False)


def list_(settings: Settings) -> None:
    """Show until when ours are valid, and how many old keys still open."""
    own = OwnCertificates(settings.keys)
    for each in own.certificates:
        click.echo(f"messages   {_told(each)}")
    if own.opening:
        click.echo(f"messages   {len(own.opening)} sertifikater som åpner meldinger  {own.path}")
    trust = Trust(settings.trust)
    for name in trust.unreadable():
        click.echo(f"messages   kan ikke lese filen {name} blant utstederne")
    for name in trust.unlisted(clock()):
        click.echo(f"messages   ingen gyldig liste over tilbaketrukne sertifikater fra {name}")


def add_partners(group: click.Group, running: _Running) -> None:
    """Add the commands about the certificates of others."""

    @group.command(
        help="Før inn sertifikatet til en samhandlingspart. Meldinger til og fra parten blir signert og kryptert."
    )
    @click.argument("her-id", type=int)
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    def partner(her_id: int, file: Path) -> None:
        data = file.read_bytes()
        try:
            certificate = (
                x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
            )
        except ValueError:
            raise Refused("AK-L027") from None
        asyncio.run(_enter(running(), her_id, certificate))
        click.echo(f"Ført inn for {her_id}: {_told(certificate)}")

    @group.command(
        help="Trekk tilbake et sertifikat til en samhandlingspart. FINGERPRINT står i «akson keys partners»."
    )
    @click.argument("fingerprint")
    def withdraw(fingerprint: str) -> None:
        try:
            print_ = bytes.fromhex(fingerprint)
        except ValueError:
            print_ = b""
        whose = asyncio.run(_withdraw(running(), print_))
        if not whose:
            raise click.ClickException("Det er ikke noe slikt sertifikat i bruk.")
        click.echo(f"Trukket tilbake for {', '.join(map(str, whose))}.")

    @group.command(name="partners", help="Vis sertifikatene til samhandlingspartene.")
    def partners_() -> None:
        for line in asyncio.run(_listed(running())):
            click.echo(line)


async def _enter(settings: Settings, her_id: int, certificate: x509.Certificate) -> None:
    async with opened(settings, size=1) as office:
        await partners.enter(office.database, her_id, certificate, clock())


async def _withdraw(settings: Settings, print_: bytes) -> Sequence[int]:
    async with opened(settings, size=1) as office:
        return await partners.withdraw(office.database, print_, clock())


async def _listed(settings: Settings) -> list[str]:
    async with opened(settings, size=1) as office:
        held = await partners.listed(office.database)
    lines = []
    for her_id, name, one, at in held:
        ended = f", trukket tilbake {at:%d.%m.%Y}" if at else ""
        lines += [f"{her_id} {name}: {_told(one)}{ended}", f"  {partners.fingerprint(one).hex()}"]
    return lines


def _told(one: x509.Certificate) -> str:
    uses = [word for word, fits in (("signatur", may_sign(one)), ("kryptering", may_encrypt(one))) if fits]
    whose, until = organisation(one) or "uten organisasjonsnummer", f"{one.not_valid_after_utc:%d.%m.%Y}"
    return f"{' og '.join(uses)}, {whose}, gyldig til {until}"


def _pem(made: x509.Certificate | x509.CertificateSigningRequest) -> str:
    return made.public_bytes(Encoding.PEM).decode()
