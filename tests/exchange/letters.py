"""Messages for tests: the hospital's own, written by the hospital's code, and our samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peers import letters
from peers.letters import Letter, Place

SAMPLES = Path(__file__).parent / "samples"
ASTRID = "14834142059"
HEART = Place(99000033, "Hjertepoliklinikken", 99000031, "Vestfjell sykehus")
EYES = Place(99000083, "Øyeavdelingen", 99000081, "Fjellheim sykehus")  # of another hospital
NORDRE = Place(99000011, "Nordre legesenter", 99000001, "Fjordvik kommune")
MSG_ID = "3c5d2f70-0d0e-4b43-a2a8-52d2a6f0c001"


def sample(name: str) -> bytes:
    """Return one of the samples in this folder."""
    return (SAMPLES / name).read_bytes()


def written(text: str = "Hun reiser hjem i morgen.", *, fnr: str = ASTRID, msg_id: str = MSG_ID, to: Place = NORDRE,
            sender: Place = HEART) -> bytes:  # fmt: skip
    """Return a dialog message as the hospital writes it."""
    letter = Letter(msg_id, sender, to, fnr, "Astrid", "Nordli", "Utskrivning", text)
    return letters.dialog(letter, "2026-11-23T09:00:00.000+00:00")


def swapped(old: str, new: str, **how: Any) -> bytes:
    """Return the hospital's message with one piece of its XML changed."""
    body = written(**how).decode()
    assert old in body
    return body.replace(old, new).encode()


def conversation(parent: str, first: str = MSG_ID) -> str:
    """Return how a message says that it answers `parent`, in the conversation that `first` began."""
    return (f"<mh:ConversationRef><mh:RefToParent>{parent}</mh:RefToParent><mh:RefToConversation>{first}"
            "</mh:RefToConversation></mh:ConversationRef>")  # fmt: skip
