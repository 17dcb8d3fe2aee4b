"""Every system that the report names, at one budget, in one table: see `tests.benchmarks.systems.__main__`."""
