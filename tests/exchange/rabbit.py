"""A real RabbitMQ with its AMQP 1.0, from Debian, on ports and a folder of its own: started by the tests, ended with them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange.letters import EYES, HEART, NORDRE
from tests.programs import cut, ports, tied

if TYPE_CHECKING:
    from akson.exchange.transports.broker import Broker

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
USER, PASSWORD = "akson", "the-tests-own-password"
KINDS = ("async", "sync", "syncreply", "error")
ROOMS = 40  # sets of queues, so that each test has its own
QUIET = "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"


needs_rabbit = pytest.mark.skipif(
    not (SERVER.exists() and find_spec("proton")), reason="needs rabbitmq-server and python-qpid-proton (make queues)"
)


@dataclass
class Rabbit:
    """The broker as a process. The same folder and ports before and after it was killed."""

    folder: Path
    port: int
    dist: int
    epmd: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        folder = self.folder
        return {
            "PATH": os.environ["PATH"], "HOME": str(folder), "RABBITMQ_NODENAME": f"akson{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"), "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"), "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"), "RABBITMQ_DIST_PORT": str(self.dist),
            "ERL_EPMD_PORT": str(self.epmd), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": QUIET,
        }  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "out").open("ab") as out:
            if not self.processes:
                names = ["epmd", "-port", str(self.epmd), "-address", "127.0.0.1"]
                self.processes.append(tied(names, env=self.environment, out=out))
            server = tied([SERVER], env=self.environment, out=out)
        self.processes.append(server)
        until = time.monotonic() + 180
        while not _speaks(self.port):
            assert server.poll() is None and time.monotonic() < until, (self.folder / "out").read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """End it without warning, and wait until nobody is at its port: who comes next must not meet the dead."""
        cut(self.processes.pop())
        while _speaks(self.port):
            time.sleep(0.05)

    def end(self) -> None:
        """End whatever runs."""
        while self.processes:
            cut(self.processes.pop())

    def broker(self, room: int) -> Broker:
        """Return the way to one set of queues."""
        from akson.exchange.transports.broker import Broker

        return Broker(host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, prefix=f"/amq/queue/{room}-")


def _speaks(port: int) -> bool:
    """Tell whether an AMQP 1.0 server answers: it says hello as the protocol says."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as held:
        held.sendall(b"AMQP\x03\x01\x00\x00")
        return held.recv(8).startswith(b"AMQP\x03")
    return False


@contextmanager
def running() -> Iterator[Rabbit]:
    """Run one; its folder goes with it."""
    room = Path("/dev/shm")
    folder = Path(mkdtemp(prefix="akson-rabbit-", dir=room if room.is_dir() else None))
    port, dist, epmd = ports(3)
    (folder / "plugins").write_text("[rabbitmq_amqp1_0].")
    (folder / "definitions.json").write_text(json.dumps(_definitions()))
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nload_definitions = {folder}/definitions.json\n"
        "disk_free_limit.absolute = 1MB\nlog.file = false\nlog.console = true\nlog.console.level = warning\n"
    )
    broker = Rabbit(folder, port, dist, epmd)
    try:
        broker.start()
        yield broker
    finally:
        broker.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def rabbit() -> Iterator[Rabbit]:
    """One broker for the session; each test has a room of its own in it."""
    with running() as broker:
        yield broker


def _definitions() -> dict[str, Any]:
    queues = []
    for room in range(ROOMS):
        dead = f"{room}-dead"
        letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
        places = (NORDRE, HEART) if room else (NORDRE, HEART, EYES)
        names = [f"{room}-{place.her_id}_{kind}" for place in places for kind in KINDS]
        queues += [_queue(name, letters) for name in names] + [_queue(dead, {})]
    return {
        "vhosts": [{"name": "/"}],
        "users": [{"name": USER, "password": PASSWORD, "tags": ""}],
        "permissions": [{"user": USER, "vhost": "/", "configure": "^$", "write": ".*", "read": ".*"}],
        "queues": queues,
    }


def _queue(name: str, arguments: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "vhost": "/", "durable": True, "auto_delete": False, "arguments": arguments}
