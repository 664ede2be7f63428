"""HAPI FHIR JPA for R4 on the same PostgreSQL programs as ours: a small Maven project of our own, built on demand.

Built and fetched things go to data/peers/; nothing of them is kept with the sources. Versions are pinned in pom.xml.
"""
