"""The platforms' side on loopback: strict, stateful servers and a crowd for demo, tests and benchmarks."""
