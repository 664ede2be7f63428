"""Vital signs and what they mean: the kinds, the moments, NEWS2, how ill somebody is as far as is known."""
