"""Readers of what is published: each turns a source into concepts and whole resources, one by one.

fhir     resources, Bundles and packages          lists    code and name: ICPC-2, ICD-10, ATC, NLK
snomed   SNOMED CT RF2                            volven   many Norwegian lists in one file
loinc    LOINC's CSV                              claml    classifications in ClaML
"""
