"""Profiles: what a StructureDefinition asks beyond R4 itself, as functions made when a profile is first met.

library     the StructureDefinitions, value sets, code systems and questionnaires of an installation
reading     a StructureDefinition as a tree of what it says, from its differential or its snapshot
compiling   the tree as checks; slicing tells which slice an element is of; matching compares with what is fixed
bindings    codes against value sets: those of the library, of R4, or of whoever is asked
checking    a resource against all profiles it claims, extensions by their own definitions: `faults(resource, library)`
answers     a QuestionnaireResponse against its Questionnaire; enabling tells which items are to be answered
everything  all that $validate tells; sense is what R4 asks in words only
running     what one check carries along; spots are elements with their places
"""
