"""Profiles: what a StructureDefinition asks beyond R4 itself, as functions made when a profile is first met.

library     the StructureDefinitions, value sets and code systems of an installation
reading     a StructureDefinition as a tree of what it says, from its differential or its snapshot
compiling   the tree as checks; slicing tells which slice an element is of; matching compares with what is fixed
bindings    codes against value sets: those of the library, of R4, or of whoever is asked
extending   extensions by their own definitions
checking    a resource against all profiles it claims: `faults(resource, library)`
"""
