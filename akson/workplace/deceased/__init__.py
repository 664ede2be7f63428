"""Dødsfall: what a message told of one, confirmed by a human; taken back when it was wrong."""
