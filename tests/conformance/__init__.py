"""Public test suites run against Akson: `make conformance`, or `python -m tests.conformance [suite ...]`.

Each suite is a module of this package; suites.py says what it has to offer. The suites themselves are read from the
folder `shared` beside the clone. What is known to fail stands in failures/<suite>.toml, each case with its reason.
"""
