"""Surveillance of the access log: looks that stand out, found without anybody asking (docs/surveillance.md)."""
