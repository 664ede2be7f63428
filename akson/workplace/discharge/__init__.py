"""Utskrivning: those who come home to us from hospital, how far each has come, and the report that goes with."""
