"""What tests start goes with them, also when they are killed; and what they listen on is nobody else's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from peers.serving import Listening
from tests.programs import HANG, ROOT, cut, ports, tied

# A tree: the shell, what it starts, and what that starts; each says its number.
TREE = ["sh", "-c", "echo $$; sh -c 'echo $$; sleep 600; :'; :"]
STARTS = """
import os, sys
from pathlib import Path
from tests.programs import tied
with Path(sys.argv[1]).open("ab") as out:
    held = tied(sys.argv[2:], env=os.environ, out=out)
print(flush=True)
sys.stdin.read()
"""


def test_what_is_tied_ends_with_who_started_it_whole_also_when_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = [sys.executable, "-c", STARTS, str(told), *TREE]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout and starter.stdout.readline() == b"\n"
        numbers = running(told)
        starter.send_signal(signal.SIGKILL)
    gone(numbers)


def test_what_is_tied_ends_whole_when_it_is_cut_and_by_itself_when_the_program_ends(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with told.open("ab") as out:
        program = tied(TREE, env=os.environ, out=out)
        numbers = running(told)
        cut(program)
        gone(numbers)
        ended = tied(["true"], env=os.environ, out=out)
        assert ended.wait(HANG) == -signal.SIGKILL
        cut(ended)


def test_ports_are_neighbours_free_and_given_once_while_we_live() -> None:
    ours = ports(2)
    assert [*ours] == [ours[0], ours[0] + 1]
    asked = "from tests.programs import ports; print(*(port for _ in range(3) for port in ports(2)))"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, check=True).stdout
    theirs = {int(number) for number in told.split()}
    assert len(theirs) == 6 and not theirs & {*ours}


def running(told: Path) -> list[int]:
    """Return the numbers of both processes of the tree, when they are there."""
    until = time.monotonic() + HANG
    while len(numbers := told.read_text("ascii").split()) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    return [int(number) for number in numbers]


def gone(numbers: list[int]) -> None:
    """Wait until none of them runs: what has ended and was not yet asked for (Z) does not."""
    until = time.monotonic() + HANG
    for number in numbers:
        while _runs(number):
            assert time.monotonic() < until, number
            time.sleep(0.01)


def _runs(number: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text("ascii").rpartition(") ")[2][0] != "Z"
    return False


def test_no_answer_of_a_program_beside_waits_for_its_head_to_be_acknowledged() -> None:
    place = Listening.at(0)
    with place.socket as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
