"""Files sealed for a key: what the program age wrote opens here, and nothing opens that was changed."""

from __future__ import annotations

import base64
import io

import pytest

from akson.base import bech32
from akson.base.age import Identity, Recipient, Sealing, Unreadable, opened

# Written by the program age 1.1.1 for a key of its age-keygen.
KEY = "AGE-SECRET-KEY-1RV80G4KQ4XEPAVE7ZA4JZXATWEGMAHQD063JNVK34G3X6J7879LSSREKAS"
PUBLIC = "age1qtyg5ttdmzq0qm0uw6zsq5x6uah5xw63u9gpglyw557w94tw7ffs2ane64"
FILE = base64.b64decode("""
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSA0Q0J2Y2RlVURmVEpMMmQraEFONkdOZ1lZWTY0aUlDNTNqMHFCZUlCUFhZCkgzMjd2cngzbmVrdW1R
OXlDSnRGd0hQTnY0SEdiNzUxZVRlaDVzcmJweEUKLS0tIFVMWWNncGI3a3R5dDFpb0xLMkV5YTVDZ2VlM2wzK0JSSWp1NHhkOWZrZEUKj1UOdMQNBUYSUJge
kpz42jELBxjdJ0QT250ysXpx7GkTeUIwzVGv8/M51g3rUg==""")
OURS = Identity.new()


def sealed(content: bytes, *recipients: Recipient) -> bytes:
    out = io.BytesIO()
    sealing = Sealing(out, recipients or [OURS.recipient])
    for at in range(0, len(content), 1000):
        sealing.write(content[at : at + 1000])
    sealing.close()
    return out.getvalue()


def read(file: bytes, *identities: Identity) -> bytes:
    return b"".join(opened(io.BytesIO(file), identities or [OURS]))


def test_a_file_of_the_program_age_is_read() -> None:
    [identity] = Identity.all_in(f"# created: 2026-11-22\n{KEY}\n")
    assert (identity.text, identity.recipient.text) == (KEY, PUBLIC)
    assert read(FILE, identity).decode() == "Sykehus æøå"


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
def test_what_is_sealed_comes_back_for_every_recipient(size: int) -> None:
    content, other = (bytes(range(251)) * 800)[:size], Identity.new()
    file = sealed(content, other.recipient, OURS.recipient)
    assert read(file) == read(file, other) == content


@pytest.mark.parametrize("size", [0, 1, 65_536, 131_073])
def test_no_changed_byte_and_no_cut_passes(size: int) -> None:
    file = sealed(b"x" * size)
    changed = [file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :] for at in {*range(0, len(file), 997), len(file) - 1}]
    cut = [file[:at] for at in {*range(0, len(file), 4999), len(file) - 1, len(file) - 65_552 if size > 65_536 else 5}]
    for one in [*changed, *cut, file + b"x"]:
        with pytest.raises(Unreadable):
            read(one)


def test_whole_pieces_can_be_neither_moved_nor_left_out() -> None:
    file, piece = sealed(b"a" * 65_536 + b"b" * 65_536 + b"c"), 65_536 + 16
    head, first, second, last = (
        file[: -2 * piece - 17],
        file[-2 * piece - 17 : -piece - 17],
        file[-piece - 17 : -17],
        file[-17:],
    )
    assert read(head + first + second + last)[-2:] == b"bc"
    for one in (head + second + first + last, head + first + last, head + first + second, head + last):
        with pytest.raises(Unreadable):
            read(one)


def test_a_file_for_another_key_is_told_so() -> None:
    with pytest.raises(Unreadable, match="another key"):
        read(sealed(b"x"), Identity.new())


@pytest.mark.parametrize(
    "text", ["", "# bare en kommentar", PUBLIC, KEY[:-1], KEY[:-1] + "Q", KEY.lower()[:5] + KEY[5:]]
)
def test_what_is_no_private_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Identity.all_in(text)


@pytest.mark.parametrize(
    "text", ["", KEY, PUBLIC[:-1], PUBLIC.replace("q", "p", 1), "age1", bech32.encoded("age", b"x" * 31)]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Recipient(text)


def test_a_file_that_nobody_can_read_is_not_made() -> None:
    with pytest.raises(ValueError):
        Sealing(io.BytesIO(), [])
