"""Benchmarks: `python -m tests.load [name …]`. They print ratios measured in one run; they assert nothing."""
