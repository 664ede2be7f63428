"""What an operator sets so that alerts are sent: all of it or nothing, and protected where real persons are."""

from __future__ import annotations

import pytest

from akson.base.errors import Refused
from akson.base.mail import Post
from akson.doors.running import environment_of
from akson.doors.settings import from_environment

GIVEN = {"AKSON_SMTP": "smtps://post.example:465", "AKSON_SMTP_FROM": "varsel@akson.example"}
REAL = {
    "AKSON_URL": "https://akson.example", "AKSON_STAFF_ISSUER": "https://helseid.example",
    "AKSON_CITIZEN_ISSUER": "https://idporten.example",
}  # fmt: skip


def test_what_is_set_is_what_is_sent_through() -> None:
    more = {"AKSON_SMTP_USER": "akson", "AKSON_SMTP_PASSWORD": "hemmelig", "AKSON_SMS_DOMAIN": "sms.example"}
    settings = from_environment({"AKSON_ENV": "test", **GIVEN, **more})
    assert settings.reaching == ("mail", "sms") and "hemmelig" not in repr(settings)
    assert settings.ways and settings.ways.sms_domain == "sms.example"
    assert settings.ways.post == Post(host="post.example", port=465, tls=True, secure=False, user="akson",
                                      password="hemmelig", sender="varsel@akson.example")  # fmt: skip
    assert from_environment(environment_of(settings, {})) == settings


def test_without_a_server_nothing_is_sent() -> None:
    settings = from_environment({"AKSON_ENV": "test"})
    assert settings.ways is None and settings.reaching == ()


def test_production_sends_nothing_without_tls() -> None:
    settings = from_environment({"AKSON_ENV": "production", **REAL, **GIVEN, "AKSON_SMTP": "smtp://post.example:587"})
    ways = settings.ways
    assert ways and isinstance(ways.post, Post) and ways.post.secure and not ways.post.tls


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (GIVEN | {"AKSON_SMTP": "https://post.example:465"}, "AKSON_SMTP"),
        (GIVEN | {"AKSON_SMTP": "post.example:465"}, "AKSON_SMTP"),
        (GIVEN | {"AKSON_SMTP": "smtps://post.example"}, "AKSON_SMTP"),
        (GIVEN | {"AKSON_SMTP": "smtps://post.example:port"}, "AKSON_SMTP"),
        (GIVEN | {"AKSON_SMTP": "smtps://["}, "AKSON_SMTP"),
        (GIVEN | {"AKSON_SMTP": "smtps://akson:hemmelig@post.example:465"}, "AKSON_SMTP"),
        (GIVEN | {"AKSON_SMTP_FROM": ""}, "AKSON_SMTP_FROM"),
        (GIVEN | {"AKSON_SMTP_FROM": "Akson <varsel@akson.example>"}, "AKSON_SMTP_FROM"),
        ({"AKSON_SMTP_FROM": "varsel@akson.example"}, "AKSON_SMTP_FROM"),
        (GIVEN | {"AKSON_SMTP_USER": "akson"}, "AKSON_SMTP_USER"),
        ({"AKSON_SMTP_USER": "akson", "AKSON_SMTP_PASSWORD": "hemmelig"}, "AKSON_SMTP_USER"),
        ({"AKSON_SMS_DOMAIN": "sms.example"}, "AKSON_SMS_DOMAIN"),
        (GIVEN | {"AKSON_SMS_DOMAIN": "4790000000@sms.example"}, "AKSON_SMS_DOMAIN"),
    ],
)
def test_half_a_setting_stops_the_start(given: dict[str, str], what: str) -> None:
    with pytest.raises(Refused) as refused:
        from_environment({"AKSON_ENV": "test", **given})
    assert refused.value.code == "AK-L011" and what in refused.value.text
