"""A mail server for tests: speaks SMTP (RFC 5321, and STARTTLS of RFC 3207), keeps what it has taken, can be away.

async with Peer.open() as peer: peer.post().send(...); peer.letters[0].text
"""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from akson.base.mail import Post

SENDER = "varsel@akson.example"


@dataclass(frozen=True)
class Letter:
    """What was taken. tls: over a protected connection."""

    sender: str
    to: str
    message: EmailMessage
    tls: bool

    @property
    def name(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        return str(self.message.get_content()).strip().replace("\r\n", "\n")


@dataclass(kw_only=True)
class Peer:
    """refused: recipients that do not exist; busy: says 451 to all letters; taken: called when a letter has been kept,
    before that is answered."""

    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    letters: list[Letter] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # commands, as they came
    refused: set[str] = field(default_factory=set)
    busy: bool = False
    taken: Callable[[], object] = lambda: None
    port: int
    _server: asyncio.Server | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, tls: ssl.SSLContext | None = None, user: str = "", password: str = ""
    ) -> AsyncIterator[Peer]:
        with (
            socket.socket() as held
        ):  # bound, so that nobody else gets the port while the peer is away; it never listens
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind(("127.0.0.1", 0))
            peer = cls(tls=tls, user=user, password=password, port=held.getsockname()[1])
            await peer.come()
            try:
                yield peer
            finally:
                await peer.go()

    async def come(self) -> None:
        """Be there, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_port=True)

    async def go(self) -> None:
        """Be away: nobody listens."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def post(self, *, secure: bool = False, context: ssl.SSLContext | None = None, tls: bool = False) -> Post:
        return Post(host="localhost", port=self.port, tls=tls, secure=secure, sender=SENDER, user=self.user,
                    password=self.password, context=context)  # fmt: skip

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Talk(self, reader, writer).hold()


class _Talk:
    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer, self.reader, self.writer = peer, reader, writer
        self.tls, self.sender, self.to, self.signed_in = False, "", "", not peer.user

    async def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()

    async def hold(self) -> None:
        await self.say("220 peer.example ESMTP")
        while line := (await self.reader.readline()).decode().rstrip("\r\n"):
            self.peer.said.append(line)
            command, _, rest = line.partition(" ")
            if command.upper() == "QUIT":
                return await self.say("221 bye")
            await self.answer(command.upper(), rest)
        return None

    async def answer(self, command: str, rest: str) -> None:
        if command == "EHLO":
            await self.say("250-peer.example", *(["250-STARTTLS"] if self.peer.tls and not self.tls else []),
                           *(["250-AUTH PLAIN"] if self.peer.user else []), "250 8BITMIME")  # fmt: skip
        elif command == "STARTTLS" and self.peer.tls:
            await self.say("220 go ahead")
            await self.writer.start_tls(self.peer.tls)
            self.tls = True
        elif command == "AUTH":
            _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
            self.signed_in = (user, password) == (self.peer.user, self.peer.password)
            await self.say("235 welcome" if self.signed_in else "535 no")
        elif command == "MAIL":
            self.sender = rest.partition("<")[2].partition(">")[0]
            await self.say("250 ok" if self.signed_in else "530 sign in first")
        elif command == "RCPT":
            self.to = rest.partition("<")[2].partition(">")[0]
            await self.say("550 nobody here" if self.to in self.peer.refused else "250 ok")
        elif command == "DATA":
            await self.take()
        else:
            await self.say("250 ok" if command == "RSET" else "502 unknown")

    async def take(self) -> None:
        await self.say("354 go ahead")
        lines = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        if self.peer.busy:
            return await self.say("451 later")
        message = cast("EmailMessage", message_from_bytes(b"".join(lines), policy=policy.default))
        self.peer.letters.append(Letter(self.sender, self.to, message, self.tls))
        self.peer.taken()
        return await self.say("250 taken")


def authority(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server called localhost proves itself with, and what a client trusts that knows it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "peer.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())
    return server, client
