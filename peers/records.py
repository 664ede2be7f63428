"""What Vestfjell sykehus has in its own record, and how it gives insight in it by the national trust framework.

HelseID's part and the hospital's: a token for a signed assertion that carries an attestation, bound to a key; with it
FHIR R4 about the one patient whose number stands in the header. No code shared with Akson. In the moods "taus" and
"feilkode" it does not answer, and says no. All persons are invented.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from peers.tokens import Proofs

ISSUER: Final = "/helseid"
FHIR: Final = "/fhir"
_CLIENT: Final = "akson"
_CLAIM: Final = "nhn:tillitsrammeverk:parameters"
_LASTS: Final = 60  # seconds of a token
_PERSONS: Final = "urn:oid:2.16.578.1.12.4.1.4.1"
_LETTER: Final = """Innlagt med forverret hjertesvikt. Furosemid intravenøst i tre døgn, ned 3,8 kg.
Ekko viser EF 38 %. Nyrefunksjonen falt noe. Hun er informert om å veie seg hver morgen.
Konklusjon: Utskrives til hjemmet. Ny kontroll i hjertesviktpoliklinikken."""
IDS: Final = {"14834142059": "v-1001"}  # of those who have been there, by national number


def _concept(text: str) -> dict[str, Any]:
    return {"text": text}


def _status(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def held(fnr: str) -> list[dict[str, Any]]:
    """Return what the hospital has about a patient, with the patient first; nothing about strangers."""
    if fnr not in IDS:
        return []
    about, doctor = {"reference": f"Patient/{IDS[fnr]}"}, {"display": "Overlege Marit Lie, hjerteavdelingen"}
    return [
        {"resourceType": "Patient", "id": IDS[fnr], "identifier": [{"system": _PERSONS, "value": fnr}]},
        {"resourceType": "AllergyIntolerance", "id": "v-a1", "patient": about,
         "code": _concept("Jodholdig kontrastmiddel"),
         "clinicalStatus": _status("allergyintolerance-clinical", "active"),
         "verificationStatus": _status("allergyintolerance-verification", "confirmed"),
         "reaction": [{"manifestation": [_concept("utslett")]}], "recordedDate": "2025-03-04", "recorder": doctor},
        {"resourceType": "Condition", "id": "v-c1", "subject": about, "code": _concept("Kronisk nyresvikt, stadium 3b"),
         "clinicalStatus": _status("condition-clinical", "active"), "recordedDate": "2025-03-04", "recorder": doctor},
        {"resourceType": "DocumentReference", "id": "v-d1", "status": "current", "subject": about, "author": [doctor],
         "description": "Epikrise, hjerteavdelingen", "date": "2026-11-20T12:40:00+01:00",
         "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/v-b1"}}]},
        {"resourceType": "DocumentReference", "id": "v-d2", "status": "current", "subject": about, "author": [doctor],
         "description": "Ekkokardiografi", "date": "2026-11-18T09:10:00+01:00",
         "content": [{"attachment": {"contentType": "application/pdf", "url": "Binary/v-b2"}}]},
        {"resourceType": "Binary", "id": "v-b1", "contentType": "text/plain",
         "data": base64.b64encode(_LETTER.encode()).decode()},
        {"resourceType": "Binary", "id": "v-b2", "contentType": "application/pdf",
         "data": base64.b64encode(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n").decode()},
    ]  # fmt: skip


@dataclass(frozen=True)
class Token:
    """An access token. jkt: thumbprint of the key it is bound to; details: the attestation it carries."""

    jkt: str
    details: Mapping[str, Any]
    until: float


@dataclass
class Records:
    """The record, and who may look into it. keys: file of the one client's public keys; url: of the hospital."""

    keys: Path
    url: str
    proofs: Proofs = field(default_factory=Proofs)
    used: set[str] = field(default_factory=set)  # jti of assertions
    tokens: dict[str, Token] = field(default_factory=dict)
    looks: list[dict[str, str]] = field(default_factory=list)  # the hospital's own log

    def grant(self, form: Mapping[str, str], proof: str) -> str:
        """Return a token for an assertion with an attestation. Raises ValueError, JoseError, KeyError, OSError."""
        known = KeySet.import_key_set(json.loads(self.keys.read_text("utf-8")))
        claims = jwt.decode(form["client_assertion"], known, algorithms=["ES256"]).claims
        now = time.time()
        if claims["iss"] != _CLIENT or claims["sub"] != _CLIENT or claims["aud"] != f"{self.url}{ISSUER}":
            raise ValueError("not for us")
        if claims["exp"] < now or claims["jti"] in self.used or form["grant_type"] != "client_credentials":
            raise ValueError("over, or used")
        self.used.add(claims["jti"])
        jkt = self.proofs.key(proof, "POST", f"{self.url}{ISSUER}/token")
        token = secrets.token_urlsafe(32)
        self.tokens[token] = Token(jkt, claims["assertion_details"], now + _LASTS)
        return token

    def caller(self, headers: Mapping[str, str], method: str, path: str) -> Mapping[str, Any]:
        """Return the attestation of who asks. Raises ValueError, JoseError, KeyError."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        token = self.tokens[given]
        proven = self.proofs.key(headers["dpop"], method, f"{self.url}{path}", token=given)
        if kind != "DPoP" or token.until < time.time() or token.jkt != proven:
            raise ValueError("not theirs")
        return token.details

    def look(self, details: Mapping[str, Any], fnr: str, path: str) -> None:
        """Note who looks at whose record, and why. Raises KeyError, ValueError where the attestation lacks that."""
        who, why = details["practitioner"], details["care_relationship"]
        if details["type"] != _CLAIM or why["purpose_of_use"]["code"] not in ("TREAT", "ETREAT", "COC"):
            raise ValueError("no attestation")
        self.looks.append({
            "who": f"{who['identifier']['name']}, HPR {who['hpr_nr']['id']}", "from": who["legal_entity"]["name"],
            "why": why["purpose_of_use"]["code"], "decision": why["decision_ref"]["id"], "patient": fnr, "what": path,
        })  # fmt: skip


def routes(kept: Records, mood: Callable[[], str]) -> list[Route]:
    """Return where tokens are given and the record is read."""

    async def metadata(_: Request) -> Response:
        at = f"{kept.url}{ISSUER}"
        return JSONResponse({
            "issuer": at, "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/keys",
            "authorization_endpoint": f"{at}/authorize", "pushed_authorization_request_endpoint": f"{at}/par",
        })  # fmt: skip

    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            given = kept.grant(form, request.headers.get("dpop", ""))
        except (JoseError, ValueError, KeyError, TypeError, OSError):
            return JSONResponse({"error": "invalid_client"}, status_code=400)
        return JSONResponse({"access_token": given, "token_type": "DPoP", "expires_in": _LASTS})

    async def read(request: Request) -> Response:
        if mood() == "taus":
            return Response(status_code=503)
        path, fnr = request.url.path, request.headers.get("person-id", "")
        try:
            details = kept.caller(request.headers, request.method, path)
            kept.look(details, fnr, path.removeprefix(f"{FHIR}/"))
        except (JoseError, ValueError, KeyError, TypeError):
            return Response(status_code=401, headers={"www-authenticate": 'DPoP algs="ES256"'})
        if mood() == "feilkode":
            return Response(status_code=403)
        return _answer(request, held(fnr))

    return [
        Route(f"{ISSUER}/.well-known/openid-configuration", metadata),
        Route(f"{ISSUER}/token", token, methods=["POST"]),
        Route(f"{FHIR}/{{type}}", read), Route(f"{FHIR}/{{type}}/{{id}}", read),
    ]  # fmt: skip


def _answer(request: Request, every: list[dict[str, Any]]) -> Response:
    of_type = [one for one in every if one["resourceType"] == request.path_params["type"]]
    if id_ := request.path_params.get("id"):
        one = next((each for each in of_type if each["id"] == id_), None)
        return JSONResponse(one, media_type="application/fhir+json") if one else Response(status_code=404)
    patient = request.query_params.get("patient", every[0]["id"] if every else "")
    hits = of_type if every and patient == every[0]["id"] else []
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(hits)}
    if hits:
        bundle["entry"] = [{"resource": one, "search": {"mode": "match"}} for one in hits]
    return JSONResponse(bundle, media_type="application/fhir+json")
