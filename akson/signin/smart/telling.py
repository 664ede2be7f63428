"""What the server says of itself, and what scopes mean in plain words. Pure."""

from __future__ import annotations

from typing import Any

from akson.fhir.scopes import Scope, parsed
from akson.signin import dpop
from akson.signin.smart.proving import ALGORITHMS

CAPABILITIES = (
    "launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-asymmetric",
    "sso-openid-connect", "context-ehr-patient", "context-standalone-patient", "context-banner", "permission-offline",
    "permission-online", "permission-patient", "permission-user", "permission-v1", "permission-v2",
)  # fmt: skip
SCOPES = ("openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access",
          "patient/*.cruds", "user/*.cruds", "system/*.cruds")  # fmt: skip
_NAMES = {
    "*": "alt i journalen", "Patient": "navn, fødselsdato og kontaktopplysninger",
    "Observation": "målinger og prøvesvar",
    "Condition": "diagnoser", "AllergyIntolerance": "allergier", "MedicationRequest": "forskrivninger",
    "MedicationStatement": "legemidler i bruk", "MedicationAdministration": "legemidler som er gitt",
    "Immunization": "vaksiner", "Procedure": "prosedyrer", "Encounter": "kontakter", "DocumentReference": "dokumenter",
    "DiagnosticReport": "svarrapporter", "CarePlan": "planer", "Goal": "mål", "Appointment": "timer",
    "Composition": "notater", "Communication": "meldinger", "Task": "oppgaver", "Practitioner": "hvem som arbeider her",
    "Organization": "enheter", "QuestionnaireResponse": "utfylte skjemaer",
    "ServiceRequest": "henvisninger og søknader",
}  # fmt: skip
_DOING = (("rs", "Se"), ("c", "Legge til"), ("u", "Endre"), ("d", "Fjerne"))
_PLAIN = {
    "openid": "Få vite hvem du er, uten fødselsnummer.",
    "offline_access": "Hente opplysninger også når du ikke er logget inn, i inntil 90 dager.",
    "online_access": "Fortsette så lenge du er logget inn.",
}


def configuration(url: str) -> dict[str, Any]:
    """Return what stands at /.well-known/smart-configuration, and at OpenID Connect's and OAuth's own place."""
    proofs = ["private_key_jwt"]
    return {
        "issuer": url,
        "jwks_uri": f"{url}/jwks",
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "introspection_endpoint": f"{url}/introspect",
        "revocation_endpoint": f"{url}/revoke",
        "token_endpoint_auth_methods_supported": [*proofs, "none"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": proofs,
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "scopes_supported": list(SCOPES),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "authorization_response_iss_parameter_supported": True,
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "capabilities": list(CAPABILITIES),
    }


def plain_words(scope: str) -> list[str]:
    """Return sentences that say what is given."""
    said = [_PLAIN[one] for one in scope.split() if one in _PLAIN]
    return [_sentence(read) for one in scope.split() if (read := parsed(one))] + said


def _sentence(scope: Scope) -> str:
    does = [verb for letters, verb in _DOING if set(letters) & set(scope.letters)]
    doing = (", ".join(does[:-1]) + " og " if len(does) > 1 else "") + does[-1]
    doing = doing[0] + doing[1:].lower()
    what = _NAMES.get(scope.type, scope.type)
    whose = "for denne pasienten" if scope.context == "patient" else "for alle du selv har tilgang til"
    codes = ", ".join(value.rpartition("|")[2] or value for _, values in scope.restriction for value in values)
    return f"{doing} {what} {whose}{f', bare {codes}' if codes else ''}."
