"""The wire to the database is local or verified; whoever stands in front is named."""

from __future__ import annotations

import pytest

from akson.base.errors import Refused
from akson.doors.guarding import is_open
from akson.doors.settings import from_environment

PRODUCTION = {
    "AKSON_ENV": "production", "AKSON_URL": "https://akson.example", "AKSON_STAFF_ISSUER": "https://helseid.example",
}  # fmt: skip
URLS = [
    ("", False), ("postgresql:///akson", False), ("postgresql://akson@/akson?host=/run/postgresql", False),
    ("postgresql://akson:pw@127.0.0.1:5432/akson", False), ("postgresql://akson@localhost/akson", False),
    ("postgresql://akson@[::1]:5432/akson", False), ("postgresql://%2Frun%2Fpostgresql/akson", False),
    ("postgresql://akson@db.example/akson", True), ("postgresql://akson@10.0.0.5:5432/akson", True),
    ("postgresql://akson@db.example/akson?sslmode=require", True), ("postgresql://akson@[fd00::1]/akson", True),
    ("postgresql://akson@db.example/akson?sslmode=prefer", True), ("postgresql:///akson?host=db.example", True),
    ("postgresql://akson@127.0.0.1,db.example/akson", True), ("postgresql:///akson?host=127.0.0.1,10.0.0.5", True),
    ("postgresql://akson@db.example/akson?sslmode=verify-full", False),
    ("postgresql://akson@db.example/akson?sslmode=verify-ca&sslrootcert=/etc/ca.pem", False),
    ("postgresql://akson@db.example/akson?sslmode=verify-full&sslmode=disable", True),
]  # fmt: skip


@pytest.mark.parametrize(("url", "open_"), URLS)
def test_production_does_not_start_where_others_could_read_what_goes_to_the_database(url: str, open_: bool) -> None:
    assert is_open(url) is open_
    env = PRODUCTION | {"AKSON_DATABASE_URL": url}
    if not open_:
        assert from_environment(env).database_url == url
        return
    with pytest.raises(Refused, match="AK-L009") as no:
        from_environment(env)
    assert "sslmode=verify-full" in no.value.text


@pytest.mark.parametrize(("given", "refused"), [
    ({"AKSON_CLAMAV": "/run/clamav/clamd.ctl"}, ""), ({"AKSON_CLAMAV": "127.0.0.1:3310"}, ""),
    ({"AKSON_CLAMAV": "[::1]:3310"}, ""), ({"AKSON_CLAMAV": "localhost:3310"}, ""),
    ({"AKSON_CLAMAV": "scanner.example:3310"}, "AK-L009"), ({"AKSON_CLAMAV": "10.0.0.7:3310"}, "AK-L009"),
    ({"AKSON_WITNESS": "https://vitne.example"}, ""), ({"AKSON_WITNESS": "http://vitne.example"}, "AK-L011"),
    ({"AKSON_AMQP_URL": "amqps://broker.example:5671"}, ""),
    ({"AKSON_AMQP_URL": "amqp://broker.example:5672"}, "AK-L011"),
    ({"AKSON_EDI_URL": "http://edi.example", "AKSON_EDI_SCOPE": "x"}, "AK-L011"),
    ({"AKSON_HPR_URL": "http://hpr.example", "AKSON_MASKINPORTEN": "https://m.example", "AKSON_MASKINPORTEN_CLIENT": "x"},
     "AK-L011"), ({"AKSON_CITIZEN_ISSUER": "http://idporten.example"}, "AK-L009"),
])  # fmt: skip
def test_production_calls_nobody_where_others_could_read_it(given: dict[str, str], refused: str) -> None:
    env = PRODUCTION | given
    assert from_environment(env | {"AKSON_ENV": "test"})
    if not refused:
        assert from_environment(env)
        return
    with pytest.raises(Refused, match=refused):
        from_environment(env)


@pytest.mark.parametrize(("given", "refused"), [("0", True), ("1000", False), ("no", True)])
def test_production_does_not_start_where_anybody_may_search_for_everybody(given: str, refused: bool) -> None:
    env = PRODUCTION | {"AKSON_SEARCHES": given, "AKSON_CLIENT_RATE": "0"}
    if not refused:
        assert from_environment(env).searches == int(given)
        return
    with pytest.raises(Refused, match="AK-L011"):
        from_environment(env)


def test_a_load_test_lifts_the_rates_of_programs_and_pages_not_of_searches_for_persons() -> None:
    settings = from_environment({"AKSON_ENV": "test", "AKSON_CLIENT_RATE": "0"})
    assert (settings.rate, settings.searches) == (0, 500)


@pytest.mark.parametrize("given", ["0.0.0.0/0", "::/0", "*", "a proxy", "10.0.0.0/8,0.0.0.0/0", "10.0.0.1/8"])
def test_not_everybody_may_say_where_a_browser_comes_from(given: str) -> None:
    with pytest.raises(Refused, match="AK-L011"):
        from_environment({"AKSON_ENV": "test", "AKSON_PROXIES": given})


def test_a_named_proxy_may() -> None:
    assert (
        from_environment({"AKSON_ENV": "test", "AKSON_PROXIES": "10.0.0.1,fd00::/64"}).proxies == "10.0.0.1,fd00::/64"
    )


@pytest.mark.parametrize("given", ["sikkerhet@akson.example", "http://akson.example", "mailto:a b", "https://a\n"])
def test_a_contact_is_an_address_that_can_be_followed(given: str) -> None:
    with pytest.raises(Refused, match="AK-L011"):
        from_environment({"AKSON_ENV": "test", "AKSON_SECURITY_CONTACT": given})
