"""The page of the GP's own system: her patients, what she knows of them, messages, and how she behaves."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from peers.gp_writing import KINDS

MESSAGES = {"DIALOG_HELSEFAGLIG": "Helsefaglig dialog", "DIALOG_FORESPORSEL": "Forespørsel",
            "DIALOG_SVAR": "Svar på forespørsel"}  # fmt: skip


def page(start: Mapping[str, Any], state: Mapping[str, Any], moods: Mapping[str, str]) -> str:
    """Return the page as HTML. start: what the practice was begun with; state: what has happened."""
    name = escape(start["practice"]["name"])
    people = {one["fnr"]: f"{one['given']} {one['family']}" for one in start["list"]}
    whom = f"<label>Pasient <select name=fnr>{_options(people)}</select></label>"
    entries = "".join(f"<tr>{_cells(one, 'at', 'type', 'what', 'way')}</tr>" for one in state["entries"])
    letters = "".join(f"<tr>{_cells(one, 'way', 'kind', 'title', 'text', 'state', 'msg_id')}</tr>"
                      for one in state["letters"])  # fmt: skip
    faults = "".join(f"<li>{escape(one)}" for one in state["faults"])
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>{name}</title>
<h1>{name}: {escape(start["doctor"]["name"])} i sitt eget system</h1>
<form method="post" action="/follow"><button>Hent nytt fra kommunen</button></form>
<h2>Egen journal</h2><table><tr><th>Når<th>Type<th>Hva<th>Fra</tr>{entries}</table>
<form method="post" action="/write"><h2>Skriv i den felles journalen</h2><p>{whom}
<label>Hva <select name="kind">{_options(KINDS)}</select></label>
<label>Tekst («C03CA01 Furosemid», «K77 Hjertesvikt», «62,8») <input name="text" required size="50"></label>
<label>Dose <input name="dose"></label></p><button>Lagre</button></form>
<form method="post" action="/send"><h2>Ny melding til {escape(start["home_care"]["name"])}</h2><p>{whom}
<label>Type <select name="kind">{_options(MESSAGES)}</select></label> <label>Emne <input name="title"></label>
<label>Svar på meldings-id <input name="answers"></label></p>
<p><label>Tekst<br><textarea name="text" rows="4" cols="60"></textarea></label></p><button>Send</button></form>
<h2>Meldinger</h2><table><tr><th>Vei<th>Type<th>Emne<th>Tekst<th>Status<th>Id</tr>{letters}</table>
<form method="post" action="/mood"><h2>Oppførsel</h2>
<label>Kontoret <select name="mood">{_options(moods, state["mood"])}</select></label><button>Sett</button></form>
<h2>Avvist av Akson</h2><ul>{faults}</ul></html>"""


def _options(every: Mapping[str, str], chosen: str = "") -> str:
    return "".join(f"<option value='{escape(one)}' {'selected' if one == chosen else ''}>{escape(what)}</option>"
                   for one, what in every.items())  # fmt: skip


def _cells(one: Mapping[str, Any], *names: str) -> str:
    return "".join(f"<td>{escape(str(one[name]))}" for name in names)
