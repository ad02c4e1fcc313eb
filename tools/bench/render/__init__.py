"""Rendering benchmarks: drawing, reloading, recording, rendering sessions. Called by `tools.benchmark`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from engine.app import SCENES
from engine.networks.persona import Persona
from engine.render.passes import registry
from engine.scene.scene import load_scene
from tools.bench.render.drawing import FRAMES, SIZES_WH, measure_drawing
from tools.bench.render.filming import measure_recording
from tools.bench.render.offline import measure_offline
from tools.bench.render.reloading import measure_reloading
from tools.bench.render.tables import drawing_tables, offline_table, recording_table, reload_table
from tools.bench.render.visitor import film_visitor

__all__ = ["PARTS", "measure_stage", "stage_tables"]

TABLES: Mapping[str, Callable[[Any], list[str]]] = {
    "drawing": drawing_tables,
    "reload": reload_table,
    "recording": recording_table,
    "offline": offline_table,
}
PARTS = tuple(TABLES)
FILMED = "gilded_mirror"


QUICK_FRAMES = 6


def measure_stage(persona: Persona, parts: Collection[str] = PARTS, *, quick: bool = False) -> dict[str, Any]:
    """Measure some of `PARTS` with the shipped scenes; in quick mode, one size and few frames.

    Raises:
        NarcissusError: a scene cannot be shown, or a film cannot be written.
    """
    scenes = {path.stem: load_scene(path, registry()) for path in sorted(SCENES.glob("*.yaml"))}
    footage = film_visitor(persona)
    result: dict[str, Any] = {}
    if "drawing" in parts:
        sizes_wh, frames = (SIZES_WH[:1], QUICK_FRAMES) if quick else (SIZES_WH, FRAMES)
        result["drawing"] = measure_drawing(footage, scenes, sizes_wh, frames)
    if "reload" in parts:
        result["reload"] = measure_reloading(footage)
    if "recording" in parts:
        result["recording"] = {"scene": FILMED} | measure_recording(footage, scenes[FILMED])
    if "offline" in parts:
        result["offline"] = measure_offline(persona.name)
    return result


def stage_tables(stage: Mapping[str, Any]) -> list[str]:
    """Report lines about the result of `measure_stage`."""
    return [line for part, figures in stage.items() for line in TABLES[part](figures)]
