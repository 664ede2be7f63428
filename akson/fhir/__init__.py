"""FHIR R4, pure: definitions, structure checks, search values, owners, the text of resources. Reads only its artefact.

definitions  the facts distilled from the specification (distil.py makes the artefact: `make definitions`)
types        the 146 resource types and their numbers
checks       take in a resource: check(body), check_resource(dict); structs, local, seen (fast) and walk (every fault)
pointing     what references point at, and where they may
bodies       cut, store and join the received text; slices of a Bundle; new references
search       search parameters and their values; dates and normalise for what is searched for
owners       whose record a resource belongs in; timeline: by which date it stands there
ucum         units: what they mean, and quantities that can be compared
profiles     what StructureDefinitions ask beyond R4; xml: FHIR XML, for what operators load
invariants   the rules between elements that R4 itself sets
fhirpath     expressions compiled to functions
outcome      faults as an OperationOutcome
"""
