"""Akson: one shared record for the health and care services of Norwegian municipalities.

The building. A floor imports only floors below it (tested); what a floor has to tell those above it writes as news.

    cli  app  doors             DOORS    compose everything; the only readers of settings, clock and environment
    workplace  portal  fhirapi  FACES    staff's pages | citizens' pages | FHIR REST, one file per interaction
    clinical/*                  WORK     one folder per thing a person does: notes, vitals
    exchange  subscriptions     BRIDGES  messages to and from everyone outside | news for those who follow them
    advice                               rules that say when something is advised against, and why; pure
    patient                     PERSON   identity, banner, opening a record
    record                      JOURNAL  versions, search, write sets, facts, chain, erasure; owns the record's tables
    access                      TRUST    who may do what, why: named rules over facts
    signin                      TRUST    OpenID Connect, sessions, our own authorisation server
    registers                   TRUST    outside truths: identifiers, codes, terminology
    audit                       TRUST    who looked: append, seal, verify, and the citizen's view
    fhir                        GROUND   R4 definitions as types, checks and search values; pure
    base                        GROUND   database, Work, jobs, web kit, ids, errors

One thread through all of it: a nurse sends a form; `clinical/vitals/screens.py` reads it, `actions.py` makes an
Observation, `record.journal.create` checks its structure, asks access and queues it; leaving the Work writes versions,
search values, chain and news in one round trip and commits; the access log is durable; then the page goes out.
"""
