"""The database's shape as text, for people to read and for a test to compare: `make docs` writes docs/schema.sql."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

from akson.base.migrate import migrate
from akson.base.postgres import Postgres

ROOT = Path(__file__).parents[2]
MAJOR = "15"  # other versions word the same shape otherwise
_NOISE = re.compile(r"^(--.*|\\.*|SET .*|SELECT pg_catalog\.set_config.*)\n", re.MULTILINE)


def shape(postgres: Postgres, database: str) -> str:
    """Return the definition of everything in `database`, without what differs from run to run."""
    found = postgres.binaries
    command = [str(found.folder / "pg_dump"), "--schema-only", "--no-owner", postgres.url_of(database)]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True, env=found.environment).stdout
    return re.sub(r"\n{3,}", "\n\n", _NOISE.sub("", dumped)).strip() + "\n"


def can_compare(postgres: Postgres) -> bool:
    """Tell whether the server is of the version whose wording is kept, and its pg_dump is at hand."""
    program = postgres.binaries.folder / "pg_dump"
    if not program.exists():
        return False
    told = subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, check=True, env=postgres.binaries.environment
    )
    return f") {MAJOR}." in told.stdout


def main() -> None:
    """Migrate an empty database and write its shape to the file named on the command line."""
    folder = Path(mkdtemp(prefix="akson-schema-"))
    folder.chmod(0o755)
    try:
        with Postgres(folder, fast=True) as postgres:
            if not can_compare(postgres):
                sys.exit(f"docs/schema.sql is written with PostgreSQL {MAJOR}")
            asyncio.run(migrate(postgres.url, ROOT / "migrations", datetime.now(UTC)))
            Path(sys.argv[1]).write_text(shape(postgres, "akson"), "utf-8")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
