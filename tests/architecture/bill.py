"""The bill of materials (CycloneDX JSON) of what an installation runs on: `make sbom`.

The Python packages come from requirements.txt with their hashes, by cyclonedx-py; what queues at a broker take besides from
requirements-amqp.txt, and the browser's files from the lock of npm.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from akson.base.web.static import VENDOR
from tests.architecture.audit import Pin, pins_in

ROOT = Path(__file__).parents[2]


def bill() -> dict[str, Any]:
    """Return the bill as CycloneDX says it."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-format", "JSON", "--spec-version", "1.5",
               "--pyproject", "pyproject.toml", "--mc-type", "application", "requirements.txt"]  # fmt: skip
    made: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    held = {one["name"].lower() for one in made.get("components", [])}
    queues = [one for one in _queues() if one["name"].lower() not in held]
    made["components"] = [*made.get("components", []), *queues, *_browser()]
    return made


def _queues() -> list[dict[str, Any]]:
    """Return the packages of installations that meet others at a broker."""
    pinned = pins_in(ROOT / "requirements-amqp.txt")
    return [_library("pypi", name, version) for name, version in pinned]


def _library(kind: str, name: str, version: str) -> dict[str, Any]:
    one = Pin(kind=kind, name=name, version=version, runs=True)
    return {"type": "library", "bom-ref": f"{kind}-{name}", "name": name, "version": version, "purl": one.purl}


def _browser() -> list[dict[str, Any]]:
    """Return the packages whose files are copied to browsers."""
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    names = sorted({"/".join(file.split("/")[:2]) for file in VENDOR.values()})
    return [_library("npm", name, locked[f"node_modules/{name}"]["version"]) for name in names]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(bill(), indent=1) + "\n", "utf-8")
