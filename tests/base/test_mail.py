"""A letter is handed over to a real mail server, protected where it must be; what is not taken is told as such."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from akson.base.mail import Post, Unsent, is_address, is_domain
from tests.smtp import SENDER, Peer, authority

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TEXT = ".Ærlig talt\nto linjer"


async def send(post: Post, to: str = "astrid@eksempel.example", name: str = "n1") -> None:
    await asyncio.to_thread(post.send, to, name, "Akson", TEXT, AT)


async def test_what_is_taken_is_what_was_sent() -> None:
    async with Peer.open() as peer:
        await send(peer.post())
        (letter,) = peer.letters
        assert (letter.sender, letter.to, letter.text) == (SENDER, "astrid@eksempel.example", TEXT)
        assert letter.name == "<n1@akson.example>" and letter.message["Date"] == "Mon, 23 Nov 2026 10:00:00 +0000"
        assert letter.message["Subject"] == "Akson" and letter.message["Auto-Submitted"] == "auto-generated"


async def test_with_a_password_and_over_tls(tmp_path: Path) -> None:
    server, client = authority(tmp_path)
    async with Peer.open(tls=server, user="akson", password="hemmelig") as peer:
        await send(peer.post(secure=True, context=client))
        assert [one.tls for one in peer.letters] == [True]
        assert [line for line in peer.said if line.startswith("AUTH")] and "hemmelig" not in repr(peer.post())


@pytest.mark.parametrize("case", ["away", "busy", "nobody", "password", "no tls", "unknown authority"])
async def test_what_is_not_taken_is_told_and_why(tmp_path: Path, case: str) -> None:
    server, client = authority(tmp_path)
    more: dict[str, Any] = {"tls": server, "user": "akson", "password": "hemmelig"} if case != "no tls" else {}
    async with Peer.open(**more) as peer:
        post = peer.post(secure=True, context=client if case != "unknown authority" else None)
        peer.busy, peer.refused = case == "busy", {"astrid@eksempel.example"} if case == "nobody" else set()
        peer.password = "en annen" if case == "password" else peer.password
        if case == "away":
            await peer.go()
        with pytest.raises(Unsent) as unsent:
            await send(post)
        assert unsent.value.address is (case == "nobody") and not peer.letters
        assert "eksempel" not in str(unsent.value)
        if case in ("no tls", "unknown authority"):  # neither who sends, nor to whom, nor the password
            assert not [line for line in peer.said if line[:4] in ("MAIL", "RCPT", "AUTH")]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("astrid@eksempel.example", True), ("a.n+akson@sub.eksempel.example", True), ("astrid", False), ("@x.example", False),
        ("a@localhost", False), ("a b@x.example", False), ("a@x.example\r\nBcc: b@x.example", False),
        ("a@x.example\n", False), ("a@x..example", False), ("a@-x.example", False), (".a@x.example", False),
        ("å@x.example", False), ("a@x.example,b@x.example", False), ("<a@x.example>", False), ("a" * 65 + "@x.example", False),
        (f"a@{'x' * 63}.{'x' * 63}.{'x' * 63}.{'x' * 63}.example", False),
    ],
)  # fmt: skip
def test_what_an_address_is(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one


def test_what_a_domain_is() -> None:
    assert is_domain("sms.operator.example")
    assert not any(map(is_domain, ("operator", "a@b.example", "", "x.example/")))
