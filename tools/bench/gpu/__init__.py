"""GPU benchmarks of the mirror, called by `tools.gpu_report`, which reports missing parts of a machine.

Written on machines without a card: nothing here has run on one yet.
"""
