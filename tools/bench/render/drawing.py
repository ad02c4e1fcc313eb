"""Drawing time of scenes and their passes, at several moments of a visit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from pydantic import ValidationError
from tqdm import tqdm

from engine.app import SHADERS
from engine.config.display import DisplaySettings
from engine.core.clock import Clock
from engine.core.errors import ConfigError
from engine.core.samples import Samples, rate_per_s
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import Pass, pass_class, registry
from engine.render.renderer import Renderer
from engine.render.window.window import Window, open_window
from engine.scene.scene import PassSpec, Scene
from engine.show.drawing import SOFTWARE_SCALE
from tools.bench.render.visitor import Footage, Visitor

SIZES_WH = ((1280, 720), (1920, 1080))
FRAMES = 20  # per moment: for the whole scene, and again pass by pass
WARM_UP_FRAMES = 3
GROUND = ("room", "reflection")  # drawn below a pass that no scene uses
ALONE = "none"


class PassWatch:
    """Times `render` of every pass, finishing all drawing before and after it.

    Args:
        finish: waits until everything has been drawn.

    Attributes:
        is_on: whether it measures.
    """

    def __init__(self, finish: Callable[[], None]) -> None:
        self.is_on = False
        self._finish = finish
        self._clock = Clock()
        self._ms: defaultdict[Pass, list[float]] = defaultdict(list)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Instrument all registered passes within the context."""
        with ExitStack() as patches:
            for kind in registry():
                each = pass_class(kind)
                patches.enter_context(mock.patch.object(each, "render", self._around(each.render)))
            yield

    def take(self) -> dict[Pass, list[float]]:
        """Milliseconds per pass since the last call."""
        taken, self._ms = self._ms, defaultdict(list)
        return taken

    def _around(self, render: Callable[..., None]) -> Callable[..., None]:
        def timed(drawn: Pass, *arguments: Any) -> None:
            if not self.is_on:
                render(drawn, *arguments)
                return
            self._finish()
            began_s = self._clock.now_s()
            render(drawn, *arguments)
            self._finish()
            self._ms[drawn].append(1000 * (self._clock.now_s() - began_s))

        return timed


@dataclass(frozen=True)
class _Times:
    """Measurements of a scene at one moment, ms."""

    moment: str
    frames: list[float]
    passes: dict[Pass, list[float]]


def measure_drawing(
    footage: Footage,
    scenes: Mapping[str, Scene],
    sizes_wh: Sequence[tuple[int, int]] = SIZES_WH,
    frames: int = FRAMES,
) -> dict[str, Any]:
    """Draw every scene and every registered pass at every size.

    Returns:
        `renderer`, `render_scale`, and one row per scene and pass and size, for the most expensive moment; a pass used
                by several scenes is listed for the most expensive one, a pass that cannot be drawn alone with the
                reason.

    Raises:
        ConfigError: a scene cannot be drawn.
    """
    used = {spec.kind for scene in scenes.values() for spec in scene.passes}
    scene_rows: list[dict[str, Any]] = []
    pass_rows: list[dict[str, Any]] = []
    said: dict[str, Any] = {}
    for size_wh in sizes_wh:
        with open_window(DisplaySettings(), size_wh, headless=True) as window:
            said = {"renderer": window.renderer, "render_scale": render_scale(window)}
            watch, size = PassWatch(window.finish), f"{size_wh[0]}x{size_wh[1]}"
            with watch.installed():
                for name, scene in tqdm(scenes.items(), desc=f"drawing {size}", unit="scene"):
                    times = _draw(window, scene, footage, watch, frames)
                    scene_rows.append({"scene": name, "size": size, **_scene_row(times)})
                    pass_rows += [{"pass": kind, "scene": name, "size": size, **row} for kind, row in _pass_rows(times)]
                for kind in sorted(registry().keys() - used):
                    row = _draw_alone(window, kind, footage, watch, frames)
                    pass_rows.append({"pass": kind, "scene": ALONE, "size": size, **row})
    return {**said, "scenes": scene_rows, "passes": _dearest(pass_rows)}


def render_scale(window: Window) -> float:
    """Value of `display.render_scale: auto` on this machine."""
    return SOFTWARE_SCALE if window.is_software else 1.0


def _draw(window: Window, scene: Scene, footage: Footage, watch: PassWatch, frames: int) -> list[_Times]:
    """Draw frames of every moment; every second one pass by pass."""
    clock, times = Clock(), []
    with Renderer(
        window.ctx, ShaderLibrary(SHADERS), scene, footage.alignment, window.size_wh, render_scale(window)
    ) as mirror:
        visitor = Visitor(footage, mirror)
        for moment in visitor.moments():
            whole = []
            for index in range(-2 * WARM_UP_FRAMES, 2 * frames):
                watch.is_on = index >= 0 and index % 2 == 1
                began_s = clock.now_s()
                tick = visitor.step()
                mirror.draw(window.framebuffer, tick, tick.time_s)
                window.present()
                window.finish()
                if index >= 0 and not watch.is_on:
                    whole.append(1000 * (clock.now_s() - began_s))
            watch.is_on = False
            times.append(_Times(moment, whole, watch.take()))
    return times


def _draw_alone(window: Window, kind: str, footage: Footage, watch: PassWatch, frames: int) -> dict[str, Any]:
    """Draw a pass that no scene uses, with defaults, over a room and a face."""
    kinds = registry()
    try:
        passes = tuple(PassSpec(each, kinds[each]()) for each in (*GROUND, kind))
        times = _draw(window, Scene(kind, (1920, 1080), passes), footage, watch, frames)
    except (ConfigError, ValidationError) as error:
        return {"skipped": str(error).splitlines()[0]}
    return dict(_pass_rows(times)).get(kind, {"skipped": "it draws nothing with its defaults"})


def _scene_row(times: Sequence[_Times]) -> dict[str, Any]:
    worst = max(times, key=lambda time: sum(time.frames))
    per_s = rate_per_s(len(worst.frames), sum(worst.frames) / 1000)
    return {"moment": worst.moment, "ms": percentiles(worst.frames), "per_s": per_s}


def _pass_rows(times: Sequence[_Times]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Most expensive pass and moment for every kind."""
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for time in times:
        for drawn, durations in time.passes.items():
            width, height = drawn.context.size_wh
            row = {"moment": time.moment, "stage": f"{width}x{height}", "ms": percentiles(durations)}
            rows[drawn.kind].append(row)
    for kind, found in rows.items():
        yield kind, max(found, key=_median)


def _dearest(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of every pass from the scene in which it costs most at the last size, by name."""
    scenes = {}
    for row in sorted(rows, key=_median):  # stable, and the last one wins
        if row["size"] == rows[-1]["size"]:
            scenes[row["pass"]] = row["scene"]
    return sorted((row for row in rows if row["scene"] == scenes[row["pass"]]), key=lambda row: row["pass"])


def _median(row: Mapping[str, Any]) -> float:
    return float(row["ms"]["p50"]) if "ms" in row else 0.0


def percentiles(durations: Sequence[float]) -> dict[str, float]:
    """50th and 95th percentile."""
    samples = Samples(len(durations))
    for duration in durations:
        samples.add(duration)
    return samples.percentiles()
