"""Static files, read once at start and served from memory under addresses that hold their hash: cached for a year.

`akson.css` is the files of static/akson joined in the order of their names. Third-party files are copied by the build
from node_modules to static/vendor (never committed); `vendor` does it.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
VENDOR = {
    "ds-theme.css": "@digdir/designsystemet-css/dist/theme/designsystemet.css",
    "ds.css": "@digdir/designsystemet-css/dist/src/index.css",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}
_URL = re.compile(r'url\("([\w.-]+)"\)')
_SQUEEZED = (".css", ".js", ".svg")


@dataclass(frozen=True)
class File:
    """One file as it is sent."""

    body: bytes
    squeezed: bytes | None  # gzip
    kind: str


class Assets:
    """The static files, and the address of each."""

    def __init__(self, folder: Path = FOLDER, prefix: str = "/static/") -> None:
        self._prefix = prefix
        self._addresses: dict[str, str] = {}
        self._files: dict[str, File] = {}
        for name, body in sorted(
            _bodies(folder), key=lambda found: found[0].endswith(".css")
        ):  # css points to the rest
            self._add(name, body)

    def _add(self, name: str, body: bytes) -> None:
        stem, dot, ending = name.rpartition(".")
        if ending == "css":
            body = _URL.sub(lambda found: f'url("{self.address(found[1])}")', body.decode()).encode()
        hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}{dot}{ending}"
        kind = "text/javascript" if ending == "js" else mimetypes.guess_type(name)[0] or "font/woff2"
        squeezed = gzip.compress(body, 9, mtime=0) if name.endswith(_SQUEEZED) else None
        self._addresses[name] = self._prefix + hashed
        self._files[hashed] = File(body, squeezed, kind)

    def address(self, name: str) -> str:
        """Return the address of `name`; raises when the build has not put it there."""
        try:
            return self._addresses[name]
        except KeyError:
            raise LookupError(f"static file {name} is missing: run `make assets`") from None

    async def serve(self, request: Request) -> Response:
        """Answer GET /static/{name}."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response(status_code=404)
        headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
        headers["vary"] = "accept-encoding"
        if file.squeezed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.squeezed, media_type=file.kind, headers=headers | {"content-encoding": "gzip"})
        return Response(file.body, media_type=file.kind, headers=headers)


def vendor(node_modules: Path, into: Path = FOLDER / "vendor") -> list[Path]:
    """Copy the third-party files from `node_modules`; returns what was written. Raises OSError when one is missing."""
    into.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copyfile(node_modules / source, into / name)) for name, source in VENDOR.items()]


def _bodies(folder: Path) -> Iterator[tuple[str, bytes]]:
    yield "akson.css", b"".join(part.read_bytes() for part in sorted((folder / "akson").glob("*.css")))
    for file in (*folder.glob("*.*"), *folder.glob("vendor/*.*")):
        yield file.name, file.read_bytes()
