"""What is counted of the answers, and what the operator is told."""

from __future__ import annotations

from pathlib import Path

import httpx
from prometheus_client import generate_latest
from starlette.applications import Starlette

from akson.doors.health import REGISTRY, Counted, health_routes
from akson.exchange.seals.trust import Trust
from akson.record.office import Office
from tests.exchange.authority import Authority


async def test_a_method_that_a_client_made_up_is_counted_among_the_others() -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Counted(Starlette())), base_url="http://a.test"
    ) as client:
        await client.request("XMADEUP", "/start")
    counted = generate_latest(REGISTRY).decode()
    assert 'method="OTHER"' in counted and "XMADEUP" not in counted


async def test_who_asks_whether_it_is_ready_hears_of_a_file_that_stops_what_comes_sealed(
    office: Office, tmp_path: Path
) -> None:
    trust = Trust(Authority("Tillit", 1).trusted_in(tmp_path))
    app = Starlette(routes=health_routes(office, trust))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a.test") as client:
        for made, told in ((b"", {}), (b"-----BEGIN X509 CRL-----", {"unreadable": ["half.crl"]})):
            if made:
                (tmp_path / "half.crl").write_bytes(made)
            answer = await client.get("/health/ready")
            assert (answer.status_code, answer.json()) == (200, {"status": "ready", **told})
