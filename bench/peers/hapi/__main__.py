"""python -m bench.peers.hapi: build HAPI FHIR, start it on an empty database, and serve until Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from tempfile import mkdtemp

from bench.peers.hapi.server import started


def main() -> None:
    """Serve until told to stop, then leave nothing."""
    folder = Path(mkdtemp(prefix="hapi-"))
    folder.chmod(0o755)  # the database server's user must pass through
    try:
        with started(folder) as hapi:
            sys.stdout.write(f"HAPI FHIR R4: http://127.0.0.1:{hapi.port}/fhir\n")
            sys.stdout.flush()
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
