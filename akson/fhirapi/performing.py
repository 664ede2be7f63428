"""Carries out one call and turns every refusal into an answer."""

from __future__ import annotations

from msgspec.structs import replace

from akson.base.database import AWAY
from akson.base.errors import Refused
from akson.fhir.issues import Invalid
from akson.fhirapi import answers, repeating, shaping
from akson.fhirapi.addresses import Interaction
from akson.fhirapi.answers import Answer, Headers
from akson.fhirapi.calls import Call
from akson.fhirapi.export import KICK_OFFS
from akson.fhirapi.once import Done
from akson.fhirapi.refusing import as_seen
from akson.signin.verifier import challenge


async def perform(call: Call, interaction: Interaction) -> Answer:
    """Return the answer to `call`, also when it is refused."""
    try:
        if not call.query or call.method != "GET" or interaction in KICK_OFFS:
            return await interaction(call)
        shape, query = shaping.parted(call.type, call.query)
        return shaping.shaped(await interaction(replace(call, query=query)), shape)
    except Done as done:
        return await repeating.again(call, done.results[0])
    except Invalid as fault:
        return answers.invalid(fault)
    except Refused as refused:
        return refusal(as_seen(refused))
    except AWAY:  # anything else the database says is a fault of ours and goes to the doors
        return answers.refusal(Refused("AK-F014"), headers=((b"retry-after", b"2"),))


def refusal(refused: Refused) -> Answer:
    """Return a refusal with the headers that belong to it."""
    headers: Headers = ()
    if refused.status == 401:
        headers = ((b"www-authenticate", challenge(refused).encode()),)
    elif refused.status == 429 and "seconds" in refused.values:
        headers = ((b"retry-after", str(refused.values["seconds"]).encode()),)
    elif refused.code == "AK-S009":
        headers = ((b"retry-after", b"10"),)
    elif refused.code == "AK-F002":
        headers = ((b"allow", str(refused.values["allowed"]).encode()),)
    elif refused.status == 429:
        headers = ((b"retry-after", b"60"),)
    return answers.refusal(refused, headers=headers)
