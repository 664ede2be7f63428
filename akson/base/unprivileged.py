"""PostgreSQL refuses to run as root. When we are root, this finds another user and a place that it can reach."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TypedDict

STORE = Path("/var/lib/akson")  # used by root alone, when the data folder is closed to the server's user


class Spawn(TypedDict, total=False):
    """What subprocess needs to start a program as another user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class User:
    """Whom the server runs as; without numbers it is ourselves."""

    uid: int | None = None
    gid: int | None = None

    @property
    def spawn(self) -> Spawn:
        """Return the arguments that make subprocess start a program as this user."""
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Tell whether this user can enter the folder, or run the program, `path`."""
        if self.uid is None:
            return os.access(path, os.X_OK)
        return subprocess.run(["test", "-x", str(path)], check=False, cwd="/", **self.spawn).returncode == 0

    def give(self, path: Path) -> None:
        """Make this user the owner of `path`."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_user() -> User:
    """Return ourselves, or, when we are root, the user `postgres` or `nobody`; no user is ever made."""
    if os.geteuid() != 0:
        return User()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(uid=entry.pw_uid, gid=entry.pw_gid)
    raise LookupError("we are root, and there is neither a user postgres nor nobody")


def room(path: Path, user: User) -> Path:
    """Return the folder `path`, made if missing and given to `user`.

    Where `user` cannot reach it (a clone under a closed /root), `path` becomes a link to a folder in STORE.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() and not user.reaches(path.parent):
        path.unlink(missing_ok=True)
        STORE.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.symlink_to(mkdtemp(prefix=f"{path.name}-", dir=STORE))
    folder = path.resolve()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    user.give(folder)
    return folder
