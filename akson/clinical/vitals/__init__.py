"""Vital signs and NEWS2."""
