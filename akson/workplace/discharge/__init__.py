"""Utskrivning: those who come home to us from hospital, and how far each has come."""
