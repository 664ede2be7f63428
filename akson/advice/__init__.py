"""Advice: named rules that say when something is advised against, and why. Pure; shown inline, never in the way."""
