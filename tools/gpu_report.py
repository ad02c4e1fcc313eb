"""Measure an NVIDIA card: `make gpu`, or `python -m tools.gpu_report`.

Runs `tests/gpu`, times the generator with each framework that has CUDA here, uploads to textures, and the whole show,
and writes `benchmarks/CARD.md`. Each part runs in its own process; parts that fail or lack packages are listed with the
reason, and the others continue.

Written on machines without a card: nothing here has run on one yet.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.core.errors import in_one_line
from tools.bench.gpu.card import describe_card, file_stem, missing, versions
from tools.bench.gpu.page import page
from tools.command import command, command_parser

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "benchmarks"
BACKENDS = ("jax", "torch", "tensorflow")
PACKAGES = ("jax", "torch", "tensorflow", "keras", "cupy", "moderngl", "numpy")
SHOW_NEEDS = ("moderngl", "pygame", "pydantic", "cv2", "mediapipe", "av", "keras")
PART_LIMIT_S = 900
SHOW_S = 20


def measure() -> dict[str, Any]:
    """Run all parts.

    Raises:
        CudaError: there is no card.
    """
    card = describe_card()
    parts: dict[str, Callable[[], Any]] = {
        "tests": run_tests,
        "generator": lambda: [time_generator(backend) for backend in BACKENDS],
        "upload": time_upload,
        "show": time_show,
    }
    result: dict[str, Any] = {"card": card, "python": platform.python_version(), "versions": versions(PACKAGES)}
    with tqdm(parts.items()) as bar:
        for name, part in bar:
            bar.set_description(name)
            result[name] = part()
    return result


def run_tests() -> dict[str, Any]:
    """Run `tests/gpu` alone, without the fixtures of the other tests, which need ModernGL."""
    lacking = missing(("pytest", "pytest_timeout"))
    if lacking:
        return {"skipped": lacking}
    command = ["pytest", "tests/gpu", "--confcutdir", "tests/gpu", "-q", "-rs", "-p", "no:cacheprovider"]
    try:
        done = _run(command)
    except subprocess.TimeoutExpired:
        return {"skipped": f"they did not end within {PART_LIMIT_S} s"}
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    reasons = [line for line in lines if line.startswith(("SKIPPED", "FAILED", "ERROR"))]
    return {"summary": lines[-1].strip("= ") if lines else "pytest said nothing", "reasons": reasons}


def time_generator(backend: str) -> dict[str, Any]:
    """See `tools.bench.gpu.generator`."""
    figures = _figures(
        ["tools.bench.gpu.generator", backend], (backend, "keras", "safetensors"), {"KERAS_BACKEND": backend}
    )
    return {"backend": backend} | figures


def time_upload() -> dict[str, Any]:
    """See `tools.bench.gpu.upload`."""
    return _figures(["tools.bench.gpu.upload"], ("moderngl",))


def time_show() -> dict[str, Any]:
    """Run the program off screen with the self-view, and read its statistics about uploads."""
    lacking = missing(SHOW_NEEDS)
    if lacking:
        return {"skipped": lacking}
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder, "stats.json")
        command = [str(ROOT / "main.py"), "--headless", "--live", "--source", "self", "--seconds", str(SHOW_S)]
        try:
            done = _run([*command, "--stats", str(stats)], is_module=False)
        except subprocess.TimeoutExpired:
            return {"skipped": f"it did not end within {PART_LIMIT_S} s"}
        if done.returncode or not stats.is_file():
            return {"skipped": _last_line(done)}
        said = [line for line in done.stderr.splitlines() if "faces" in line or "graphics card" in line]
        return json.loads(stats.read_text(encoding="utf-8")) | {"said": said}


def _figures(module: Sequence[str], needs: Sequence[str], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Figures of a part, or the reason why there are none."""
    lacking = missing(needs)
    if lacking:
        return {"skipped": lacking}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "figures.json")
        try:
            done = _run([*module, "--output", str(output)], environment)
        except subprocess.TimeoutExpired:
            return {"skipped": f"it did not end within {PART_LIMIT_S} s"}
        if done.returncode or not output.is_file():
            return {"skipped": _last_line(done)}
        figures: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
        return figures


def _run(
    command: Sequence[str], environment: dict[str, str] | None = None, *, is_module: bool = True
) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-m"] if is_module else [sys.executable]
    return subprocess.run(
        [*start, *command],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=PART_LIMIT_S,
        check=False,
    )


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return in_one_line(RuntimeError(lines[-1])) if lines else f"it ended with status {done.returncode}"


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 4 if there is no card."""
    parser = command_parser("gpu_report", "Measure an NVIDIA card.", "--output benchmarks/")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder for CARD.md; benchmarks/ if absent")
    options = parser.parse_args(arguments)
    result = measure()
    text = page(result)
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / f"{file_stem(result['card']['name'])}.md"
    path.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
