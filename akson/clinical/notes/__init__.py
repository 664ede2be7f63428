"""Notes: writing, signing, reading."""
