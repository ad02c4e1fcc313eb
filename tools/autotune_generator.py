"""Find the fastest variant of the generator on this machine: `python -m tools.autotune_generator`.

A show starts with the default variant, measures the others with its own pictures and caches the fastest; this command
prints the cached result, and `--again` measures at once, on an otherwise idle machine. `--layers` profiles the graph.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from engine.config.config import load_config
from engine.core.clock import Clock
from engine.networks.backends.generator_runtime import open_openvino
from engine.networks.backends.graph_variants import PRECISIONS
from engine.networks.backends.openvino_backend import OpenVinoEngine, OpenVinoRuntime, TryingEngine, compile_options
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.system.openvino_loader import openvino_core
from engine.types import FloatArray
from tools.command import command, command_parser

ROOT = Path(__file__).resolve().parent.parent
PICTURES, WARM_UP_PICTURES = 40, 5


def thread_counts(asked: int | None) -> tuple[int | None, ...]:
    """Thread counts a show may use: all if a graphics card renders, half if the processor does."""
    return (asked,) if asked is not None else (None, max(1, (os.cpu_count() or 2) // 2))


def measure(runtime: OpenVinoRuntime, title: str) -> None:
    """Run the tournament of all variants, and cache the winner."""
    if runtime.choice is not None:
        runtime.choice.forget()
    runtime.is_settled = len(runtime.forms) == 1
    engine = TryingEngine(runtime, Clock(), trial_after=0, rest=0)
    latents = seed_latents(range(8), runtime.settings.latent_size)
    with tqdm(unit=" pictures", desc=title, leave=False, disable=None) as progress:
        while not runtime.is_settled:
            engine.draw(latents[int(progress.n) % 8][None])
            progress.update()


def picture_ms(engine: OpenVinoEngine, latents: FloatArray) -> float:
    """Median duration of a picture."""
    clock, durations = Clock(), []
    for index in range(WARM_UP_PICTURES + PICTURES):
        began_s = clock.now_s()
        engine.draw(latents[index % len(latents)][None])
        durations.append(clock.now_s() - began_s)
    return 1000 * statistics.median(durations[WARM_UP_PICTURES:])


def layer_table(runtime: OpenVinoRuntime) -> str:
    """OpenVINO's profile of each operation: minimum time in µs, and the selected kernel."""
    size_px = runtime.settings.resolution
    options = compile_options(runtime.form.precision, runtime.threads) | {"PERF_COUNT": "YES"}
    request = openvino_core().compile_model(runtime.graph(runtime.form, size_px), "CPU", options).create_infer_request()
    latents = seed_latents(range(8), runtime.settings.latent_size)
    durations: dict[tuple[str, str, str], list[float]] = {}
    for index in range(WARM_UP_PICTURES + PICTURES):
        request.infer([latents[index % 8][None]])
        for node in request.profiling_info:
            if index >= WARM_UP_PICTURES and node.status == node.Status.EXECUTED:
                key = node.node_name, node.node_type, node.exec_type
                durations.setdefault(key, []).append(node.real_time.total_seconds() * 1e6)
    least = {key: min(found) for key, found in durations.items()}  # other load makes it longer, never shorter
    lines = [f"  {us:8.0f} µs  {name:16} {kind:24} {kernel}" for (name, kind, kernel), us in least.items()]
    return "\n".join([*lines, f"  {sum(least.values()):8.0f} µs  in all"])


def report(persona: Persona, precision: str, threads: int | None, options: argparse.Namespace) -> None:
    """Print the result for one number of threads, after measuring it if requested."""
    runtime = open_openvino(persona, precision, threads, is_tuned=True)
    title = f"{persona.name}, {persona.settings.resolution} px, {precision}, {threads or 'all'} threads"
    if options.again:
        measure(runtime, title)
    assert runtime.choice is not None
    remembered = runtime.choice.read()
    print(f"{title}: {remembered or f'not measured yet; begins with {runtime.form}'}")
    for form, ratio in runtime.choice.ratios().items():
        print(f"  {ratio:5.2f} times as long as the best before it: {form}")
    if options.again or options.layers:
        engine = runtime.open_form(runtime.form, persona.settings.resolution)
        latents = seed_latents(range(8), persona.settings.latent_size)
        print(f"  a picture takes {picture_ms(engine, latents):.2f} ms")
    if options.layers:
        print(layer_table(runtime))


@command()
def main(arguments: Sequence[str] | None = None, models: Path = ROOT / "models") -> int:
    """Run the command; the exit status is that of the error, as for the mirror itself."""
    parser = command_parser("autotune_generator", __doc__.partition(":")[0] + ".", "--again")
    parser.add_argument("--model", help="persona; the one in config.yaml if absent")
    parser.add_argument("--precision", choices=PRECISIONS, help="number format; as in config.yaml if absent")
    parser.add_argument(
        "--threads",
        type=int,
        help="processor threads; as in config.yaml if absent, and if that is null, all and half of them",
    )
    parser.add_argument(
        "--again", action="store_true", help="measure now, a few seconds per variant, and cache the result"
    )
    parser.add_argument("--layers", action="store_true", help="show the time of each operation in the selected variant")
    options = parser.parse_args(arguments)
    config = load_config(ROOT / "config.yaml")
    persona = Persona.open(models / (options.model or config.persona.model))
    precision = options.precision or config.reflection.precision
    for threads in thread_counts(options.threads or config.reflection.threads):
        report(persona, precision, threads, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
