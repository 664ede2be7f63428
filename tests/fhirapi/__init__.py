"""The FHIR door, through HTTP on a real database: a story per test."""
