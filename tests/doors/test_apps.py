"""`akson app`: what an operator registers, reads and removes, and the sentence that says why it cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey

from akson.cli import main

Command = Callable[..., Result]
BACK = ("--redirect", "https://app.example/tilbake")
KEY = ECKey.generate_key("P-384", private=True)


@pytest.fixture
def command(database_url: str, tmp_path: Path) -> Command:
    """`akson app ...` on a fresh database, as an operator types it."""
    env = {"AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path)}

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["app", *words], env=env)

    return run


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def key_file(folder: Path, content: Any) -> str:
    file = folder / "jwks.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(file)


def public(**more: Any) -> dict[str, Any]:
    return KEY.as_dict(private=False) | {"kid": "k1", "use": "sig", "alg": "ES384"} | more


def test_an_app_is_registered_listed_and_removed(command: Command) -> None:
    assert done(command("list")) == "Ingen apper er registrert.\n"
    id_ = done(command("add", "Kurve Appen", *BACK, "--launch", "https://app.example/start", "--rate", "90",
                       "--scope", "openid launch patient/*.rs")).strip()  # fmt: skip
    assert id_.startswith("kurve-appen-")
    told = done(command("list"))
    for part in (id_, "åpen", "Kurve Appen", "kan få: openid launch patient/*.rs", "svar til: https://app.example/tilbake",
                 "startes på: https://app.example/start", "forespørsler i minuttet: 90"):  # fmt: skip
        assert part in told
    assert done(command("remove", id_)) == ""
    assert done(command("list")) == "Ingen apper er registrert.\n"


def test_an_app_with_keys_says_so(command: Command, tmp_path: Path) -> None:
    file = key_file(tmp_path, {"keys": [public()]})
    assert (
        done(command("add", "Register", "--id", "register", "--jwks", file, "--scope", "system/*.rs")) == "register\n"
    )
    done(command("add", "Tilsyn", "--id", "tilsyn", "--jwks-url", "https://tilsyn.example/jwks", "--introspects",
                 "--scope", "system/Observation.rs"))  # fmt: skip
    told = done(command("list"))
    assert told.count("med nøkler") == 2 and "nøkler på: https://tilsyn.example/jwks" in told
    assert "spør om andres: ja" in told and "forespørsler" not in told


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--redirect", "http://app.example/"), "http://app.example/"),
    (("--redirect", "https://app.example/#del"), "https://app.example/#del"),
    (("--redirect", "javascript:alert(1)"), "javascript:alert(1)"),
    (("--launch", "app.example"), "app.example"),
    (("--id", "a b"), "id a b"),
    (("--id", "æ"), "id æ"),
    (("--scope", "patient/*.sr"), "patient/*.sr"),
    (("--scope", "patient/Observation.rs?date=2020"), "patient/Observation.rs?date=2020"),
    (("--scope", "alt"), "alt"),
    (("--scope", "system/*.rs"), "system/ uten nøkler"),
]


@pytest.mark.parametrize(("options", "what"), WRONG)
def test_what_makes_no_sense_is_told_in_a_sentence_and_nothing_is_registered(
    command: Command, options: tuple[str, ...], what: str
) -> None:
    given = ("add", "App", *options) if "--scope" in options else ("add", "App", "--scope", "openid", *options)
    result = command(*given)
    assert result.exit_code == 1
    assert result.output == f"Feil: Appen kan ikke registreres med {what}.\n"
    assert done(command("list")) == "Ingen apper er registrert.\n"


@pytest.mark.parametrize(
    "content",
    ["{tull", [], {}, {"keys": "k"}, {"keys": []}, {"keys": ["k"]}, {"keys": [public(kty="oct")]}, {"keys": [public(x="!")]},
     {"keys": [KEY.as_dict(private=True)]}],
)  # fmt: skip
def test_a_file_without_public_keys_is_refused(command: Command, tmp_path: Path, content: Any) -> None:
    result = command("add", "App", "--scope", "system/*.rs", "--jwks", key_file(tmp_path, content))
    assert result.exit_code == 1 and result.output.startswith("Feil: Appen kan ikke registreres med jwks")
    assert done(command("list")) == "Ingen apper er registrert.\n"


def test_one_name_is_one_app_and_an_unknown_one_cannot_be_removed(command: Command) -> None:
    done(command("add", "App", "--id", "app", "--scope", "openid", *BACK))
    again = command("add", "En annen", "--id", "app", "--scope", "openid", *BACK)
    assert (again.exit_code, again.output) == (1, "Feil: Det finnes alt en app som heter app.\n")
    assert "En annen" not in done(command("list"))
    gone = command("remove", "annen")
    assert (gone.exit_code, gone.output) == (1, "Feil: Det finnes ingen app som heter annen.\n")


@pytest.mark.parametrize(
    "words", [("add",), ("add", "App"), ("add", "App", "--scope", "openid", "--rate", "-1"), ("remove",)]
)
def test_what_is_left_out_or_no_number_is_asked_for(command: Command, words: tuple[str, ...]) -> None:
    assert command(*words).exit_code == 2


def test_the_help_is_norwegian(command: Command) -> None:
    told = done(command("--help"))
    assert "Registrer en app" in told and "Vis appene" in told and "Fjern en app" in told
