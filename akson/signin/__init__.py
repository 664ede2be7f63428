"""Who is this? Sign-in, browser sessions and tokens.

    model      the nouns: Persona, Client, Provider, Identity, TokenClaims (pure)
    jose dpop  signed tokens and proofs of possession, over joserfc (pure)
    keys       our own signing keys, a file that can be rotated while running
    tickets    what counts once: pushed requests, codes, states, jti; also attempts and revocations (database)
    issuer     our own small authorisation server; issuer_routes.py is its HTTP side, with the demo's persona picker
    remote     what other issuers publish: discovery, keys
    client     the OpenID Connect client, the same for our own issuer, HelseID and ID-porten
    verifier   access tokens at the FHIR API: Bearer and DPoP
    sessions   server-side browser sessions; screens.py holds the sign-in pages
    tokens     `akson token --as NAME`
    guard      what refuses to start in production

What lies here knows persons by national id and name only; roles are told by the application (`actors_for`).
"""
