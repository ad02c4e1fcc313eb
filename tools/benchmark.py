"""Measure the mirror on this machine: `make bench`, or `python -m tools.benchmark [--only PART ...] [--quick]`.

Writes benchmarks/latest.json and benchmarks/report.md; partial and quick measurements are printed, and written only to
`--output`. The generator is compared with other runtimes (`tools.bench.generator`), single steps and the whole show are
measured by `tools.bench.show`, rendering by `tools.bench.render`. Everything takes about twelve minutes on two idle
cores; `--quick` about three.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from engine.core.clock import Clock
from engine.networks.persona import Persona
from tools.bench.generator import generator_tables, measure_generators
from tools.bench.generator.worker_pool import BENCH_PYTHON
from tools.bench.render import PARTS as STAGE_PARTS
from tools.bench.render import measure_stage, stage_tables
from tools.bench.show import measure_pipeline, measure_steps, pipeline_tables, steps_table
from tools.command import command, command_parser

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "benchmarks"
PARTS = ("generator", "steps", "drawing", "pipeline")  # of `make bench`
CHOICES = (*dict.fromkeys((*PARTS, "stage", *STAGE_PARTS)),)  # `stage` means all of its parts
SECONDS, QUICK_SECONDS = 75.0, 15.0
INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2", "asimd")  # the best one present says most
TITLES = {"generator": "the generator", "steps": "the steps", "stage": "the stage", "pipeline": "the show"}


@dataclass(frozen=True)
class Options:
    """Selection of measurements.

    Attributes:
        parts: from `CHOICES`.
        model: name of the persona.
        seconds: duration of the pipeline benchmark.
        size: window size of the pipeline benchmark, `WxH`.
        quick: fewer networks, sizes and runs.
        contenders: Python interpreter of the other runtimes' environment.
    """

    parts: Collection[str] = PARTS
    model: str = "portraits"
    seconds: float = SECONDS
    size: str = "1280x720"
    quick: bool = False
    contenders: Path = BENCH_PYTHON


def measure(options: Options) -> dict[str, Any]:
    """Run the selected measurements.

    Raises:
        NarcissusError: something required is missing or wrong.
    """
    persona = Persona.open(ROOT / "models" / options.model)
    parts, quick = options.parts, options.quick
    of_stage = [part for part in STAGE_PARTS if part in parts or "stage" in parts]
    result: dict[str, Any] = {"machine": machine(), "quick": quick}
    clock, took_s = Clock(), {}
    began_s = clock.now_s()
    if "generator" in parts:
        result |= measure_generators(persona, quick=quick, guests_python=options.contenders)
        took_s["generator"] = clock.now_s() - began_s
    if "steps" in parts:
        result["steps"] = measure_steps(persona, quick=quick)
        took_s["steps"] = clock.now_s() - began_s
    if of_stage:
        result["stage"] = measure_stage(persona, of_stage, quick=quick)
        took_s["stage"] = clock.now_s() - began_s
    if "pipeline" in parts:
        result["pipeline"] = measure_pipeline(options.model, options.seconds, options.size)
        took_s["pipeline"] = clock.now_s() - began_s
    return result | {"took_s": _differences(took_s)}


def _differences(ends_s: Mapping[str, float]) -> dict[str, float]:
    """Durations, from the end times."""
    begins_s = (0.0, *ends_s.values())
    return {name: round(end_s - begin_s, 1) for (name, end_s), begin_s in zip(ends_s.items(), begins_s, strict=False)}


def machine() -> dict[str, Any]:
    """Description of this machine and its current load."""
    names = re.findall(r"(?m)^model name\s*:\s*(.*)$", _cpuinfo())
    flags = set(next(iter(re.findall(r"(?m)^(?:flags|Features)\s*:\s*(.*)$", _cpuinfo())), "").split())
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "instructions": [name for name in INSTRUCTIONS if name in flags],
        "load": round(psutil.getloadavg()[0], 2),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def report(result: Mapping[str, Any]) -> str:
    """Report page of the figures."""
    lines = ["# Benchmark", "", *_machine_lines(result), ""]
    if "pipeline" in result:
        lines += pipeline_tables(result["pipeline"])
    if "steps" in result:
        lines += steps_table(result["steps"])
    if "stage" in result:
        lines += stage_tables(result["stage"])
    if "generator" in result:
        lines += generator_tables(result)
    return "\n".join(lines)


def _machine_lines(result: Mapping[str, Any]) -> list[str]:
    on = result["machine"]
    has = f" with {', '.join(on['instructions'])}" if on["instructions"] else ""
    ours = {row["device"] for row in result.get("generator", ()) if row["runtime"] == "narcissus" and "ms" in row}
    lines = [
        f"{on['processor']}, {on['cores']} cores{has}; {on['memory_gb']:.0f} GB; {on['system']}; "
        f"Python {on['python']}.",
        *(f"The generator is drawn by the {device}." for device in sorted(ours)),
    ]
    took = [f"{TITLES[name]} {seconds:.0f} s" for name, seconds in result["took_s"].items()]
    lines.append(f"Measuring took {sum(result['took_s'].values()) / 60:.0f} minutes: {', '.join(took)}.")
    if on["load"] > 0.5:
        lines.append(
            f"The machine was busy (load {on['load']}): times are too long, and only alternating measurements can be "
            "compared, by their ratios."
        )
    if result["quick"]:
        lines.append("This was a quick measurement: few networks, sizes and turns.")
    return lines


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is that of the error, as for the mirror itself."""
    given = _parse(arguments)
    options = Options(
        given.only or PARTS,
        given.model,
        given.seconds or (QUICK_SECONDS if given.quick else SECONDS),
        given.size,
        given.quick,
        given.contenders,
    )
    result = measure(options)
    page = report(result)
    output = given.output or (None if given.only or given.quick else OUTPUT)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        (output / "latest.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        (output / "report.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("benchmark", "Measure the mirror on this machine, in about twelve minutes.", "--quick")
    parser.add_argument("--only", nargs="+", choices=CHOICES, metavar="PART", help=", ".join(CHOICES))
    parser.add_argument(
        "--quick", action="store_true", help="finish in about three minutes, with fewer networks and turns"
    )
    parser.add_argument("--model", default="portraits")
    parser.add_argument(
        "--seconds",
        type=float,
        help="duration of the pipeline benchmark, s; 75, or 15 with --quick; memory is read at 60 and 300",
    )
    parser.add_argument("--size", default="1280x720", help="of the pipeline")
    parser.add_argument(
        "--contenders",
        type=Path,
        default=BENCH_PYTHON,
        metavar="PYTHON",
        help="Python interpreter with the runtimes to compare with; that of .venv-bench",
    )
    parser.add_argument("--output", type=Path, help="folder for the report; benchmarks/ for a full measurement")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
