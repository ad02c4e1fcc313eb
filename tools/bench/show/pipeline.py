"""Whole show, measured from outside: `main.py` off screen with a moving portrait.

The portrait is scikit-image's astronaut.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from tqdm import tqdm

from engine.core.clock import Clock
from engine.core.errors import DeviceError
from tools.animate_portrait import write_clip
from tools.simulation.simulated_visit import CAMERA_WH, portrait

ROOT = Path(__file__).resolve().parents[3]
MEMORY_AT_S = (60, 300)
CLIP_S = 24
START_S = 1.0  # duration if only the start matters


def measure_pipeline(model: str, seconds: float, size: str) -> dict[str, Any]:
    """Start the program with empty caches, then again, and let the second one run.

    Args:
        model: name of the persona.
        seconds: duration of drawing.
        size: window size, `WxH`.

    Returns:
        `size`, the contents of `--stats`, `first_start_s` (`start_s` with empty caches), and `resident_mb` of the
                program and its children at the times of `MEMORY_AT_S` that were reached.

    Raises:
        DeviceError: the program fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder, "visitor.mp4")
        write_clip(portrait(), clip, seconds=CLIP_S, size_wh=CAMERA_WH, quiet=True)
        show = [sys.executable, "main.py", "--headless", "--live", "--model", model, "--source", str(clip)]
        show += ["--size", size]
        first, _ = _run(show, START_S, Path(folder), "first start")
        measured, memory_mb = _run(show, seconds, Path(folder), "pipeline")
    return {"size": size, **measured, "first_start_s": first["start_s"], "resident_mb": memory_mb}


def _run(show: Sequence[str], seconds: float, folder: Path, title: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Statistics and memory of one run; converted files are kept in `folder` for the next."""
    stats = folder / "stats.json"
    command = [*show, "--seconds", str(seconds), "--stats", str(stats)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "NARCISSUS_CACHE": str(folder / "cache")}) as program:
        memory_mb = watch_memory(program, seconds, title)
    if program.returncode:
        raise DeviceError(f"main.py ended with status {program.returncode}, so the show was not measured")
    measured: dict[str, Any] = json.loads(stats.read_text(encoding="utf-8"))
    return measured, memory_mb


def watch_memory(program: subprocess.Popen[bytes], seconds: float, title: str = "pipeline") -> dict[str, float]:
    """Resident memory of the program and its children, MB, at the times of `MEMORY_AT_S` after its start."""
    clock, began_s, memory_mb = Clock(), Clock().now_s(), {}
    moments = list(MEMORY_AT_S)
    with tqdm(total=round(seconds), unit=" s", desc=title) as bar:
        while program.poll() is None:
            clock.sleep_s(0.5)
            elapsed_s = clock.now_s() - began_s
            bar.update(min(round(elapsed_s), round(seconds)) - bar.n)
            if moments and elapsed_s >= moments[0]:
                memory_mb[f"after_{moments.pop(0)}_s"] = resident_mb(program.pid)
    return memory_mb


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its children, MB; 0 if it has ended."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return round(sum(member.memory_info().rss for member in family) / 1e6, 1)
    except psutil.NoSuchProcess:
        return 0.0
