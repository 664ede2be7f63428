"""Nordvik skole and PPT Fjordvik: get letters as dialog messages, and answer them.

    python -m peers.school --port 8106 --akson-url http://127.0.0.1:8000

The page at / sets the mood; /state tells what has come. They have one desk, and answer as the one who was written to.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from peers import letters
from peers.hospital import Hospital, app
from peers.letters import Letter, Place, Read
from peers.mailbox import opened
from peers.serving import Listening

SCHOOL = Place(99000023, "Nordvik skole", 99000001, "Fjordvik kommune")
_ANSWER = "Takk for brevet. Vi legger til rette i klassen og tar det opp i ressursteamet på onsdag."


@dataclass
class School(Hospital):
    """A desk that answers each letter once: with its receipt, then in words."""

    def receive(self, data: bytes) -> str:
        """Take a letter in; answer it in words too, unless the mood forbids."""
        read = letters.read(data)
        new = read is not None and not self.knows(read.msg_id)
        taken = super().receive(data)
        if read and new and read.kind != "APPREC" and self.mood == "vanlig":
            self._reply(read)
        return taken

    def _reply(self, read: Read) -> None:
        here = replace(read.receiver, parent=SCHOOL.parent, parent_name=SCHOOL.parent_name)
        to = Place(read.sender, "Avsender", SCHOOL.parent, SCHOOL.parent_name)
        letter = Letter(str(uuid4()), here, to, read.patient, "", "", f"Svar: {read.title}", _ANSWER,
                        answers=read.msg_id)  # fmt: skip
        body = letters.dialog(letter, datetime.now(UTC).isoformat(timespec="milliseconds"))
        self.send_later(letter.msg_id, to.her_id, body, self.delay, sender=here.her_id)


def main() -> None:
    """Run the school."""
    ask = argparse.ArgumentParser(prog="peers.school", description="Nordvik skole og PPT, for demo og test")
    ask.add_argument("--port", type=int, default=8106, help="0: et ledig nummer")
    ask.add_argument("--akson-url", required=True)
    ask.add_argument("--delay", type=float, default=2.0, help="sekunder før den svarer")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    store = opened(":memory:")
    async with httpx.AsyncClient(timeout=10) as client:
        school = School(akson_url=asked.akson_url.rstrip("/"), secret=os.environ.get("AKSON_LOCAL_SECRET", ""),
                        store=store, client=client, place=SCHOOL, delay=asked.delay)  # fmt: skip
        await Listening.at(asked.port).serve(app(school), "Nordvik skole")


if __name__ == "__main__":
    main()
