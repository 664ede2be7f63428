"""Static files: addresses, caching, what is missing."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from akson.base.web.static import Assets


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "akson").mkdir()
    (tmp_path / "vendor").mkdir()
    (tmp_path / "akson" / "2.css").write_text("b{}")
    (tmp_path / "akson" / "1.css").write_text('a { src: url("inter.woff2"); }')
    (tmp_path / "vendor" / "inter.woff2").write_bytes(b"font")
    return Assets(tmp_path)


async def test_a_file_is_served_for_ever_under_the_address_that_holds_its_hash(assets: Assets) -> None:
    app = Starlette(routes=[Route("/static/{name}", assets.serve)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://akson.test") as browser:
        style = await browser.get(assets.address("akson.css"))
        assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert style.headers["content-type"].startswith("text/css")
        assert style.headers["content-encoding"] == "gzip"
        assert style.text == f'a {{ src: url("{assets.address("inter.woff2")}"); }}b{{}}'
        assert (await browser.get(assets.address("inter.woff2"))).content == b"font"
        assert (await browser.get("/static/akson.css")).status_code == 404


def test_a_missing_file_tells_what_to_do(assets: Assets) -> None:
    with pytest.raises(LookupError, match=r"ds\.css is missing"):
        assets.address("ds.css")
