"""Operators that put exactly one fault into a sound resource, and know the path at which it must be told.

tree        the places of a resource, found with the definitions
operators   all of them by name; shapes, primitives, companions, contents and texts hold them
"""
