"""The bill of materials (CycloneDX JSON) of what an installation runs on: `make sbom`.

The Python packages come from requirements.txt with their hashes, by cyclonedx-py; the browser's files from the lock of npm.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from akson.base.web.static import VENDOR

ROOT = Path(__file__).parents[2]


def bill() -> dict[str, Any]:
    """Return the bill as CycloneDX says it."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-format", "JSON", "--spec-version", "1.5",
               "--pyproject", "pyproject.toml", "--mc-type", "application", "requirements.txt"]  # fmt: skip
    made: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    made["components"] = [*made.get("components", []), *_browser()]
    return made


def _browser() -> list[dict[str, Any]]:
    """Return the packages whose files are copied to browsers."""
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    names = sorted({"/".join(file.split("/")[:2]) for file in VENDOR.values()})
    return [
        {
            "type": "library", "bom-ref": f"npm-{name}", "name": name, "version": locked[f"node_modules/{name}"]["version"],
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{locked[f'node_modules/{name}']['version']}",
        }
        for name in names
    ]  # fmt: skip


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(bill(), indent=1) + "\n", "utf-8")
