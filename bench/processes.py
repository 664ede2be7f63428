"""Programs that are measured: started and stopped, their CPU time (steady on a busy machine) and memory, from /proc."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")  # per second
_OWN_AND_REAPED = slice(11, 15)  # utime, stime, cutime, cstime, counted from the state after the name


def cpu(root: int) -> float:
    """Return seconds of CPU that process `root` and its descendants have used, those that ended and were reaped too."""
    times, children = _all()
    found, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        found += times.get(process, 0)
        waiting += children.get(process, [])
    return found / _TICKS


def _all() -> tuple[dict[int, int], dict[int, list[int]]]:
    """Return the ticks and the children of every process there is."""
    times: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = entry.read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        process = int(entry.parent.name)
        times[process] = sum(map(int, rest[_OWN_AND_REAPED]))
        children.setdefault(int(rest[1]), []).append(process)
    return times, children


def peak(process: int) -> float:
    """Return the most memory, in MB, that a process has held since forget_peak or its start (VmHWM: resident)."""
    told = Path(f"/proc/{process}/status").read_text("utf-8")
    found = re.search(r"^VmHWM:\s+(\d+) kB", told, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def forget_peak(process: int) -> None:
    """Let the peak of a process begin again from what it holds now. Source: proc(5), clear_refs"""
    Path(f"/proc/{process}/clear_refs").write_text("5", "utf-8")


def end_cleanly() -> None:
    """Let a SIGTERM end us as Ctrl-C does: what was started is stopped."""

    def ended(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGINT, ended)  # ignored in the background of a script


@contextmanager
def running(
    command: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, what it says going to `log`; stop it afterwards."""
    with log.open("ab") as out:
        child = subprocess.Popen(command, env=env, cwd=cwd, stdout=out, stderr=out)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            raise


def wait(url: str, child: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(url, timeout=seconds):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def free_ports(number: int) -> list[int]:
    """Return so many ports that nobody uses."""
    held = [socket.socket() for _ in range(number)]  # held together, else two could be the same
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
