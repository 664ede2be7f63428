"""Search, compared with a naive evaluation: read every resource, ask every question of each, in plain Python.

The oracle is written from hl7.org/fhir/R4/search.html and never touches how Akson extracts, indexes or searches.
What it asks about stands in features.py; who sees what in the invented world stands in people.py.
"""
