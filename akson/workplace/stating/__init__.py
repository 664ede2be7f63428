"""Legeerklæring til NAV: the form as a doctor fills it in, from what the record knows; seen, then sent."""
