"""What the steps of the show take, alone and together: features, inverter, upload; start, pace and memory of the whole.

`tools.benchmark` asks for it.
"""

from tools.bench.show.pipeline import measure_pipeline
from tools.bench.show.steps import measure_steps
from tools.bench.show.tables import pipeline_tables, steps_table

__all__ = ["measure_pipeline", "measure_steps", "pipeline_tables", "steps_table"]
