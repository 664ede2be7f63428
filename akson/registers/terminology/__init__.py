"""Terminology: code systems, value sets and concept maps, loaded by an operator or written through the FHIR API.

store      writes; a code system whole or not at all         formats/   reads what is published, as concepts
finding    code systems and value sets by url and version    composing  a value set as a condition on concepts
ports      what the record asks                              expanding, validating, describing, translating
"""
