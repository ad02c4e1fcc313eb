"""Speed of rendering a session, relative to real time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av

from engine.app import ROOT
from engine.core.clock import Clock
from engine.core.errors import DeviceError
from tools.animate_portrait import write_clip
from tools.bench.render.drawing import SIZES_WH
from tools.render import main as render_session
from tools.simulation.simulated_visit import CAMERA_WH, portrait

SESSION_S, FPS = 5.0, 30


def measure_offline(
    model: str,
    sizes_wh: Sequence[tuple[int, int]] = SIZES_WH,
    record: Callable[[str, Path], None] | None = None,
    render: Callable[[Sequence[str]], int] = render_session,
) -> list[dict[str, Any]]:
    """Render a session of a few seconds, including program start.

    Args:
        model: name of the persona.
        sizes_wh: film sizes.
        record: creates the session; by default with the show itself.
        render: takes the arguments of `tools.render` and returns its exit status.

    Returns:
        For each size `fps` and `seconds` of the film, `took_s`, and `speed` relative to real time.

    Raises:
        DeviceError: the show or the rendering fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        session = Path(folder, "show.narc")
        (record or record_session)(model, session)
        return [_render(render, session, size_wh) for size_wh in sizes_wh]


def record_session(model: str, path: Path, seconds: float = SESSION_S) -> None:
    """Record a session of a show with the moving portrait.

    Raises:
        DeviceError: the show fails.
    """
    clip = path.with_suffix(".mp4")
    write_clip(portrait(), clip, seconds=24, size_wh=CAMERA_WH, quiet=True)
    command = [sys.executable, "main.py", "--headless", "--live", "--model", model, "--source", str(clip)]
    command += ["--seconds", str(seconds), "--session", str(path)]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        raise DeviceError(f"main.py ended with status {status}, so there is no session to render")


def _render(render: Callable[[Sequence[str]], int], session: Path, size_wh: tuple[int, int]) -> dict[str, Any]:
    size = f"{size_wh[0]}x{size_wh[1]}"
    film = session.with_name(f"{size}.mp4")
    clock = Clock()
    began_s = clock.now_s()
    status = render([str(session), "--output", str(film), "--size", size, "--fps", str(FPS)])
    took_s = clock.now_s() - began_s
    if status:
        raise DeviceError(f"tools.render ended with status {status}")
    seconds = film_seconds(film)
    return {
        "size": size,
        "fps": FPS,
        "seconds": seconds,
        "took_s": round(took_s, 2),
        "speed": round(seconds / took_s, 3),
    }


def film_seconds(path: Path) -> float:
    """Duration of a film, s."""
    with av.open(str(path)) as film:
        return round(sum(1 for _ in film.decode(video=0)) / FPS, 2)
