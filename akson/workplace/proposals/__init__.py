"""Forslag: what a message would add to the record, to be taken in or left out by whoever vouches for it."""
