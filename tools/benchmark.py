"""Measure the mirror on this machine: `make bench`, or `python -m tools.benchmark [--only PART ...] [--seconds 310]`.

Writes benchmarks/latest.json and benchmarks/report.md; if only some parts are measured, these are shown, and written
where `--output` says. The pipeline is measured from outside, as `main.py` runs it off screen before a moving portrait
(scikit-image's astronaut); the generator alone, in each precision; the stage by `tools.stage_timing`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from tqdm import tqdm

from engine.clock import Clock
from engine.errors import NarcissusError
from engine.networks.latents import seed_latent
from engine.networks.layout import GeneratorSettings, generator_layers
from engine.networks.persona import Persona
from engine.networks.runtime import open_generator
from tools.moving_portrait import write_clip
from tools.rehearsal import portrait
from tools.stage_timing import PARTS as STAGE_PARTS
from tools.stage_timing import measure_stage, stage_tables

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "benchmarks"
MEMORY_AT_S = (60, 300)
RUNS, WARM_UP_RUNS = 300, 30
PARTS = ("generator", "stage", "pipeline")
AIMS = {"drawn_per_s": 30.0, "reflections_per_s": 25.0, "age_p95_ms": 120.0}


def measure_generator(persona: Persona) -> list[dict[str, Any]]:
    """Median ms for one picture, in each precision that this machine offers."""
    rows = []
    for precision in ("float32", "bfloat16"):
        generator = open_generator(persona, precision=precision)
        latents = [seed_latent(seed, generator.latent_size) for seed in range(WARM_UP_RUNS)]
        milliseconds = median_ms(lambda i, draw=generator, z=latents: draw(z[i % len(z)]))  # type: ignore[misc]
        rows.append(
            {
                "size": generator.size_px,
                "form": "fused",
                "precision": generator.precision,
                "runtime": "narcissus",
                "ms": milliseconds,
            }
        )
        if generator.precision != precision:  # not offered here: the row says what was run instead
            break
    return rows


def median_ms(work: Callable[[int], object], runs: int = RUNS) -> float:
    """Median time of one call in ms, after a warm-up."""
    clock, durations = Clock(), []
    for i in range(WARM_UP_RUNS + runs):
        began_s = clock.now_s()
        work(i)
        durations.append(clock.now_s() - began_s)
    return round(statistics.median(durations[WARM_UP_RUNS:]) * 1000, 3)


def multiply_adds(settings: GeneratorSettings) -> int:
    """Multiply-adds of one picture in the run-time form, where an upsampling convolution has 4 taps for 9."""
    total = 0
    for layer in generator_layers(settings):
        if layer.name.startswith("ToRGB") and layer.name != "ToRGB_lod0":
            continue
        side = settings.resolution if layer.name == "ToRGB_lod0" else int(layer.name.partition("x")[0])
        if layer.kind == "dense":
            total += math.prod(layer.weight_shape)
        elif layer.name.rpartition("/")[2].startswith("Conv0"):
            total += side**2 * 4 * layer.weight_shape[-1] * layer.weight_shape[-2]
        else:
            total += side**2 * math.prod(layer.weight_shape)
    return total


def float32_bound_ms(settings: GeneratorSettings) -> float:
    """Time for those multiply-adds alone, at the rate at which NumPy multiplies large float32 matrices here."""
    side = 1024
    a = np.random.default_rng(0).standard_normal((side, side)).astype(np.float32)
    matrix_ms = median_ms(lambda _: a @ a, runs=30)
    return round(multiply_adds(settings) / side**3 * matrix_ms, 3)


def measure_pipeline(model: str, seconds: float, size: str) -> dict[str, Any]:
    """Run the program before a moving portrait and read its statistics and its memory."""
    with tempfile.TemporaryDirectory() as folder:
        clip, stats = Path(folder, "visitor.mp4"), Path(folder, "stats.json")
        write_clip(portrait(), clip, seconds=24, size_wh=(640, 480), quiet=True)
        command = [sys.executable, "main.py", "--headless", "--model", model, "--source", str(clip), "--size", size]
        command += ["--seconds", str(seconds), "--stats", str(stats)]
        with subprocess.Popen(command, cwd=ROOT) as program:
            memory_mb = watch_memory(program, seconds)
        if program.returncode:
            raise SystemExit(f"benchmark: main.py ended with status {program.returncode}")
        measured: dict[str, Any] = json.loads(stats.read_text(encoding="utf-8"))
    return {"size": size} | measured | {"resident_mb": memory_mb}


def watch_memory(program: subprocess.Popen[bytes], seconds: float) -> dict[str, float]:
    """Resident memory of the program and its children, MB, at the moments of `MEMORY_AT_S` after its start."""
    clock, began_s, memory_mb = Clock(), Clock().now_s(), {}
    moments = list(MEMORY_AT_S)
    with tqdm(total=round(seconds), unit=" s", desc="pipeline") as bar:
        while program.poll() is None:
            clock.sleep_s(0.5)
            elapsed_s = clock.now_s() - began_s
            bar.update(min(round(elapsed_s), round(seconds)) - bar.n)
            if moments and elapsed_s >= moments[0]:
                memory_mb[f"after_{moments.pop(0)}_s"] = resident_mb(program.pid)
    return memory_mb


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its children, MB."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return round(sum(member.memory_info().rss for member in family) / 1e6, 1)
    except psutil.NoSuchProcess:
        return 0.0


def machine() -> dict[str, Any]:
    """What was measured on."""
    names = [line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def report(result: Mapping[str, Any]) -> str:
    """The figures as a page that a person reads."""
    on = result["machine"]
    lines = ["# Benchmark", "", f"{on['processor']}, {on['cores']} cores.", ""]
    if "pipeline" in result:
        lines += pipeline_tables(result["pipeline"])
    if "generator" in result:
        lines += generator_table(result["generator"], result["bounds"])
    if "stage" in result:
        lines += stage_tables(result["stage"])
    return "\n".join(lines)


def pipeline_tables(pipeline: Mapping[str, Any]) -> list[str]:
    """Lines of what `measure_pipeline` found."""
    drawn, reflected = pipeline["frames"]["per_s"], pipeline["reflections"]["per_s"]
    age_ms = pipeline["reflections"]["age_ms"].get("p95", math.inf)
    memory = ", ".join(f"{value:.0f} MB {name.replace('_', ' ')}" for name, value in pipeline["resident_mb"].items())
    return [
        f"## The show, {pipeline['size']}, {pipeline['seconds']:.0f} s before a moving portrait",
        "",
        "| pipeline | measured | aim |",
        "|---|---|---|",
        f"| drawn frames per second | {drawn:.1f} | {AIMS['drawn_per_s']:.0f} or more |",
        f"| reflections per second | {reflected:.1f} | {AIMS['reflections_per_s']:.0f} or more |",
        f"| reflection age, 95th percentile | {age_ms:.0f} ms | {AIMS['age_p95_ms']:.0f} ms or less |",
        f"| start-up to first reflection | {pipeline['start_s']['first_reflection']} s | |",
        f"| resident memory | {memory or 'not measured'} | |",
        "",
        "| stage | median ms | 95th percentile ms |",
        "|---|---|---|",
        f"| drawing | {pipeline['frames']['draw_ms']['p50']} | {pipeline['frames']['draw_ms']['p95']} |",
        *(f"| {name} | {ms['p50']} | {ms['p95']} |" for name, ms in pipeline["stages_ms"].items() if ms),
        "",
    ]


def generator_table(rows: Sequence[Mapping[str, Any]], bounds: Mapping[str, Any]) -> list[str]:
    """Lines of what `measure_generator` found."""
    return [
        "## The generator alone",
        "",
        "| generator | precision | runtime | ms |",
        "|---|---|---|---|",
        *(f"| {row['size']}², {row['form']} | {row['precision']} | {row['runtime']} | {row['ms']} |" for row in rows),
        f"| bound: {bounds['multiply_adds'] / 1e6:.0f} M multiply-adds | float32 | "
        f"NumPy's matrix rate | {bounds['float32_ms']} |",
        "",
    ]


def measure(parts: Collection[str], model: str, seconds: float, size: str) -> dict[str, Any]:
    """Measure some of `PARTS` and of the stage's; `stage` is all of the latter.

    Raises:
        NarcissusError: something that is needed is missing or wrong.
    """
    persona = Persona.open(ROOT / "models" / model)
    result: dict[str, Any] = {"machine": machine()}
    if "generator" in parts:
        result["generator"] = measure_generator(persona)
        result["bounds"] = {
            "multiply_adds": multiply_adds(persona.settings),
            "float32_ms": float32_bound_ms(persona.settings),
        }
    of_stage = [part for part in STAGE_PARTS if part in parts or "stage" in parts]
    if of_stage:
        result["stage"] = measure_stage(persona, of_stage)
    if "pipeline" in parts:
        result["pipeline"] = measure_pipeline(model, seconds, size)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status is that of what went wrong, as for the mirror itself."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.benchmark", description="Measure the mirror on this machine."
    )
    parser.add_argument(
        "--only", nargs="+", choices=(*PARTS, *STAGE_PARTS), metavar="PART", help=", ".join((*PARTS, *STAGE_PARTS))
    )
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--seconds", type=float, default=310.0, help="of the pipeline; memory is read at 60 and 300 s")
    parser.add_argument("--size", default="1280x720", help="of the pipeline")
    parser.add_argument("--output", type=Path, help="folder; benchmarks/ where everything is measured")
    options = parser.parse_args(arguments)
    try:
        result = measure(options.only or PARTS, options.model, options.seconds, options.size)
    except NarcissusError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return error.exit_status
    page = report(result)
    output = options.output or (None if options.only else OUTPUT)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        (output / "latest.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        (output / "report.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
