"""Speed of the run-time form in one framework, with the framework's peak rates.

`tools.gpu_report` starts a process per framework, because Keras keeps its backend for life:

    python -m tools.bench.gpu.generator jax --output figures.json [--sizes 128 1024] [--runs 200]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.clock import Clock
from engine.core.errors import CudaError
from engine.networks.backends.gpu_backend import GpuEngine, GpuRuntime, start_backend
from engine.networks.persona import GENERATOR_FILE, Persona, write_description
from engine.networks.pggan.architecture import GeneratorSettings, variable_shapes
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.pggan.weight_file import write_network
from engine.types import Alignment, DeviceImage
from tools.bench.gpu.bound import SHAPES

PRECISIONS = ("float32", "bfloat16")
WARM_UP_RUNS = 20
MATRIX_SIDE, MATRIX_RUNS = 8192, 20
MOVED_BYTES, MOVE_RUNS = (1 << 26, 1 << 29), 20


def measure_generators(backend: str, sizes: Sequence[int], runs: int) -> list[dict[str, Any]]:
    """Time from latent to finished picture, ms, one picture at a time, for each size and precision.

    With CuPy, the picture stays on the card, as in the show; otherwise it is copied to host memory.
    """
    rows, has_cupy = [], find_spec("cupy") is not None
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            persona = random_persona(Path(folder, str(size)), SHAPES[size])
            for precision in PRECISIONS:
                engine = GpuRuntime(persona, backend, precision, lambda: has_cupy).open(persona.settings.resolution)
                rows.append({"size": size, "precision": precision} | _timed(engine, persona, runs))
    return rows


def _timed(engine: GpuEngine, persona: Persona, runs: int) -> dict[str, Any]:
    clock = Clock()
    latents = [seed_latent(seed, persona.settings.latent_size) for seed in range(WARM_UP_RUNS)]
    began_s = clock.now_s()
    image = engine.draw_one(latents[0])
    first_s = clock.now_s() - began_s
    milliseconds = []
    for run in range(WARM_UP_RUNS + runs):
        began_s = clock.now_s()
        image = engine.draw_one(latents[run % WARM_UP_RUNS])
        milliseconds.append((clock.now_s() - began_s) * 1000)
    p50, p95 = np.percentile(milliseconds[WARM_UP_RUNS:], [50, 95])
    stayed = isinstance(image, DeviceImage)
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "first_s": round(first_s, 1), "stayed": stayed}


def random_persona(folder: Path, settings: GeneratorSettings) -> Persona:
    """Persona with this architecture and initial weights; its pictures are not faces."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    arrays = {
        name: random.standard_normal(shape, np.float32) * np.float32(1.0 if name.endswith("weight") else 0.1)
        for name, shape in variable_shapes(settings).items()
    }
    write_network(folder / GENERATOR_FILE, settings, arrays)
    write_description(folder, "Random weights", Alignment())
    return Persona.open(folder)


def measure_peaks(side: int = MATRIX_SIDE, moved: Sequence[int] = MOVED_BYTES) -> dict[str, Any]:
    """Peak rates of this framework on this device: multiplications and additions per second of large matrix products,
    and bytes per second, read and written, by working set size."""
    from keras import ops

    matrix = np.random.default_rng(0).standard_normal((side, side), np.float32)
    operations = {}
    for precision in PRECISIONS:
        factor = ops.cast(ops.convert_to_tensor(matrix), precision)
        seconds = _seconds(lambda factor=factor: ops.matmul(factor, factor), MATRIX_RUNS)  # type: ignore[misc]
        operations[precision] = 2 * side**3 / seconds
    rates = {}
    for n_bytes in moved:
        numbers = ops.zeros((n_bytes // 4,), "float32")
        rates[str(2 * n_bytes)] = 2 * n_bytes / _seconds(lambda numbers=numbers: numbers + 1.0, MOVE_RUNS)  # type: ignore[misc]
    return {"operations_per_s": operations, "bytes_per_s": rates}


def _seconds(launch: Callable[[], Any], runs: int) -> float:
    """Best of three rounds; launches are queued without waiting, so that their latency is hidden."""
    from keras import ops

    clock, rounds = Clock(), []
    for _ in range(4):  # the first one compiles
        began_s = clock.now_s()
        for _ in range(runs):
            result = launch()
        ops.convert_to_numpy(ops.ravel(result)[0])  # waits for all of them
        rounds.append((clock.now_s() - began_s) / runs)
    return min(rounds[1:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 4 if the framework finds no card."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.gpu.generator", description="Time one framework.")
    parser.add_argument("backend", choices=("jax", "torch", "tensorflow"))
    parser.add_argument("--output", type=Path, required=True, help="JSON")
    parser.add_argument("--sizes", type=int, nargs="+", choices=tuple(SHAPES), default=list(SHAPES))
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args(arguments)
    try:
        start_backend(options.backend)
    except (CudaError, ImportError) as error:
        print(f"generator: {error}", file=sys.stderr)
        return CudaError.exit_status
    rows = measure_generators(options.backend, options.sizes, options.runs)
    figures = {"backend": options.backend, "rows": rows, "peaks": measure_peaks()}
    options.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
