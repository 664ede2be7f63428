"""Registers: one file per outside truth (identifiers, codes, people, professionals, organisations)."""
