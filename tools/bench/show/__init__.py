"""Benchmarks of the show: single steps (features, inverter, upload), and the whole (start, pace, memory).

Called by `tools.benchmark`.
"""

from tools.bench.show.pipeline import measure_pipeline
from tools.bench.show.steps import measure_steps
from tools.bench.show.tables import pipeline_tables, steps_table

__all__ = ["measure_pipeline", "measure_steps", "pipeline_tables", "steps_table"]
