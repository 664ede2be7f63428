"""The demo: the invented municipality's neighbours on this machine, and how all of its programs are run together."""

from __future__ import annotations

import json
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from akson.doors import barnevern, machines, national, neighbours, people, running, seeding, sources
from akson.doors.settings import Settings
from akson.signin.keys import Keyring

# Our own, and the nine that follow: hospital, HPR, GP, NAV, barnevern, school, Adresseregisteret, Persontjenesten, the
# message server.
PORTS: Final = 10
_NATIONAL: Final = 7  # the first of NHN's
_REGISTER, _GP = "register", "vestbyen"


def joined(settings: Settings) -> Settings:
    """Return the settings with the demo's neighbours, having written down what each of their programs starts from."""
    with_register = _register(replace(settings, exchange_secret=_exchange_secret(settings)))
    name, number = seeding.hospital()
    hospital = sources.written(settings, name=name, number=number, url=_at(settings, 1))
    own_system = neighbours.demo(settings.data / _GP, seeding.own_system())
    known = replace(with_register, elsewhere=hospital, neighbours=own_system)
    known = barnevern.joined(known, _at(settings, 5), known.maskinporten, seeding.directory())
    services = [_at(settings, number) for number in range(_NATIONAL, PORTS)]
    return national.joined(known, f"{settings.base_url}/issuer", services, seeding.parties())


async def met(settings: Settings) -> None:
    """Let the demo's Folkeregisteret know everybody who is in the record when it first begins."""
    if not (file := national.people(settings)).exists():
        file.write_text(json.dumps(await seeding.residents(settings), ensure_ascii=False), "utf-8")


def run(settings: Settings, outer: Mapping[str, str], begun: float, folder: Path | None) -> int:
    """Run server, peers and worker until Ctrl-C, or until one of them ends; return the exit code.

    The worker begins when all others answer, for it leaves a register that does not for ten minutes; without them when
    they have had their time: no message moves without it.

    outer   the environment of the command
    begun   when the command began, by time.monotonic
    folder  where each writes its own log; None: all of them here
    """
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: stop.append(n))
    env, programs = running.environment_of(settings, outer), _programs(settings)
    if folder:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = [program[1] if program[0] == "akson" else program[0].removeprefix("peers.") for program in programs]
    files = [folder / f"{name}.jsonl" if folder else None for name in names]
    *others, worker = zip(programs, files, strict=True)
    children = [running.child(program, env, file) for program, file in others]

    def given_up() -> bool:
        return bool(stop) or any(one.poll() is not None for one in children)

    answered = _all_answer(settings, given_up)
    if not given_up():
        children.append(running.child(worker[0], env, worker[1]))
        if not answered:
            click.echo(f"Ikke alt svarer ennå.{f' Se hvorfor i {folder}.' if folder else ''}", err=True)
        click.echo(people.welcome(settings, settings.port + 1, time.monotonic() - begun, folder))
    code = running.watch(children, lambda: bool(stop))
    if code:
        click.echo(f"En del av Akson stoppet av seg selv. {f'Se hvorfor i {folder}.' if folder else ''}", err=True)
    return code


def _all_answer(settings: Settings, given_up: Callable[[], bool]) -> bool:
    """Wait until the server is ready and each of the others listens; False when that does not come, or is given up."""
    beside = range(settings.port + 1, settings.port + PORTS)
    return people.wait_until_ready(settings.base_url, given_up) and running.listen(beside, given_up)


def _programs(settings: Settings) -> list[list[str]]:
    """Return what is run, each as it is started: the order of their ports is that of `PORTS`, the worker has none."""
    port, base, register = settings.port, settings.base_url, settings.data / _REGISTER
    return [
        ["akson", "serve"],
        ["peers.hospital", "--port", str(port + 1), "--akson-url", base,
         "--keys", str(settings.data / "elsewhere" / "client.json")],
        ["peers.register", "--port", str(port + 2), "--people", str(register / "people.json"),
         "--keys", str(register / "client.json")],
        neighbours.program(settings.data / _GP, port + 3, base),
        ["peers.nav", "--port", str(port + 4), "--akson-url", base, "--patience", "600"],
        *barnevern.programs(settings, port + 5),
        *national.programs(settings, port + _NATIONAL, [each["her_id"] for each in seeding.directory()]),
        ["akson", "worker"],
    ]  # fmt: skip


def _register(settings: Settings) -> Settings:
    """Return the settings with the demo's own register of health personnel, having written down what it starts from."""
    folder, keys = settings.data / _REGISTER, Keyring.open(settings.keys, machines.KEYS, rsa=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "people.json").write_text(json.dumps(seeding.professionals(), ensure_ascii=False), "utf-8")
    (folder / "client.json").write_text(json.dumps(dict(keys.public)), "utf-8")
    url = _at(settings, 2)
    return replace(settings, hpr_url=url, maskinporten=f"{url}/", maskinporten_client=settings.client_id)


def _exchange_secret(settings: Settings) -> str:
    file = settings.keys / "exchange-secret"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(secrets.token_hex(24), "utf-8")
        file.chmod(0o600)
    return settings.exchange_secret or file.read_text("utf-8")


def _at(settings: Settings, further: int) -> str:
    return f"http://127.0.0.1:{settings.port + further}"
