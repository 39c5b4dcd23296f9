"""Speed as ratios, measured beside a peer in one run: ``python -m benchmarks``."""
