"""Cost of recording for a show, in drawn frames."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.app import SHADERS
from engine.config.display import DisplaySettings
from engine.config.recorder import RecorderSettings
from engine.core.clock import Clock
from engine.core.errors import DeviceError
from engine.core.samples import rate_per_s
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.output.recorder import Recorder
from engine.render.renderer import Renderer
from engine.render.window.window import Window, open_window
from engine.scene.scene import Scene
from tools.bench.render.drawing import render_scale
from tools.bench.render.visitor import Footage, Visitor

SIZE_WH = (1280, 720)
ROUNDS, ROUND_S = 4, 2.5


def measure_recording(
    footage: Footage, scene: Scene, size_wh: tuple[int, int] = SIZE_WH, rounds: int = ROUNDS, round_s: float = ROUND_S
) -> dict[str, Any]:
    """Draw as fast as possible, alternately with and without recording, so that both see the same load.

    Returns:
        `size`, drawn frames per second `with` and `without`, their `ratio`, and the number of frames the film `drops`.

    Raises:
        DeviceError: the film cannot be written.
    """
    drawn = {False: 0, True: 0}
    seconds = {False: 0.0, True: 0.0}
    drops = 0
    with tempfile.TemporaryDirectory() as folder, open_window(DisplaySettings(), size_wh, headless=True) as window:
        scale = render_scale(window)
        with Renderer(window.ctx, ShaderLibrary(SHADERS), scene, footage.alignment, size_wh, scale) as mirror:
            visitor = Visitor(footage, mirror)
            visitor.is_there = True
            _draw_for(round_s / 2, window, mirror, visitor, None)  # a warm-up
            for number in tqdm(range(2 * rounds), "recording", unit="round"):
                is_filmed = number % 4 in (1, 2)  # without, with, with, without: drift is shared equally
                recorder = _recorder(window, Path(folder, f"{number}.mp4")) if is_filmed else None
                count, elapsed_s = _draw_for(round_s, window, mirror, visitor, recorder)
                drawn[is_filmed] += count
                seconds[is_filmed] += elapsed_s
                drops += _finish(recorder)
    without, filmed = (rate_per_s(drawn[is_filmed], seconds[is_filmed]) for is_filmed in (False, True))
    return {
        "size": f"{size_wh[0]}x{size_wh[1]}",
        "without_per_s": without,
        "with_per_s": filmed,
        "ratio": round(filmed / without, 3),
        "drops": drops,
    }


def _draw_for(
    seconds: float, window: Window, mirror: Renderer, visitor: Visitor, recorder: Recorder | None
) -> tuple[int, float]:
    """Draw for a duration, at least once; returns the number of frames and the time taken, s."""
    clock = Clock()
    began_s, count, elapsed_s = clock.now_s(), 0, 0.0
    while count == 0 or elapsed_s < seconds:
        tick = visitor.step()
        mirror.draw(window.framebuffer, tick, tick.time_s)
        window.finish()
        if recorder is not None:
            recorder.capture(window.framebuffer, elapsed_s)
        window.present()
        count += 1
        elapsed_s = clock.now_s() - began_s
    return count, elapsed_s


def _recorder(window: Window, path: Path) -> Recorder:
    return Recorder(window.ctx, path, window.size_wh, Clock(), RecorderSettings())


def _finish(recorder: Recorder | None) -> int:
    """Finish a film; returns the number of dropped frames."""
    if recorder is None:
        return 0
    recorder.close()
    if recorder.error is not None:
        raise DeviceError(recorder.error)
    return recorder.drops
