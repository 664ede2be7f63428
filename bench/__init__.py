"""Measures what the hot paths cost, against the speed budgets; `make bench` runs it, README.md explains it."""
