"""Backups of PostgreSQL: base backups and every change since, sealed for keys kept elsewhere, and the way back."""
