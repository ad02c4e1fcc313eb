"""How long each pass takes to draw: `python -m tools.time_passes [--scene NAME] [--size 1280x720] [--scale 0.5]`.

Every scene is drawn off screen with its first pass alone, with the first two, and so on, the others at no opacity; what
a pass adds is its time. Of many drawings the fastest counts: whatever else the machine does only makes them slower.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import moderngl
from tqdm import tqdm

from engine.clock import Clock
from engine.errors import NarcissusError
from engine.networks.persona import Persona
from engine.render.context import standalone_context
from engine.render.mirror import Mirror
from engine.render.passes import registry
from engine.render.shader import ShaderLibrary
from engine.scene import Scene, load_scene
from engine.types import Alignment, Tick
from tools.rehearsal import RATE_HZ, Rehearsal, Visit

ROOT = Path(__file__).resolve().parent.parent
DRAWINGS = 40


def fastest_ms(
    ctx: moderngl.Context, scene: Scene, visit: Visit, alignment: Alignment, size_wh: tuple[int, int], scale: float
) -> float:
    """Time of the fastest drawing of a scene, ms, at the end of a visit."""
    clock, times_s = Clock(), []
    wall = ctx.simple_framebuffer(size_wh, components=4)
    try:
        with Mirror(ctx, ShaderLibrary(ROOT / "shaders"), scene, alignment, size_wh, scale) as mirror:
            for index, (frame, reflection) in enumerate(visit):
                tick = Tick(index, index / RATE_HZ, 1 / RATE_HZ)
                mirror.update(frame, reflection, tick)
                if index < len(visit) - DRAWINGS:
                    continue
                ctx.finish()
                began_s = clock.now_s()
                mirror.draw(wall, tick, reflection.generated_s)
                ctx.finish()
                times_s.append(clock.now_s() - began_s)
    finally:
        ctx.detect_framebuffer(0).use()  # what is bound must not be released
        wall.color_attachments[0].release()
        wall.release()
    return min(times_s) * 1000


def first_passes(scene: Scene, count: int) -> Scene:
    """A scene of which only the first passes are seen; the others still say where the glass is."""
    unseen = tuple(
        replace(
            spec,
            settings=spec.settings.model_copy(update={"opacity": 0.0}),
            bind={knob: expression for knob, expression in spec.bind.items() if knob != "opacity"},
        )
        for spec in scene.passes[count:]
    )
    return replace(scene, passes=(*scene.passes[:count], *unseen))


def time_scene(
    ctx: moderngl.Context, scene: Scene, visit: Visit, alignment: Alignment, size_wh: tuple[int, int], scale: float
) -> list[float]:
    """What each pass of a scene adds, ms; the last number is the whole scene."""
    totals = [
        fastest_ms(ctx, first_passes(scene, count), visit, alignment, size_wh, scale)
        for count in range(1, len(scene.passes) + 1)
    ]
    return [total - before for total, before in zip(totals, [0.0, *totals], strict=False)] + [totals[-1]]


def main() -> int:
    """Command line; the exit status is that of what went wrong, as for the mirror itself."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--scene", action="append", help="only this one; may be said again")
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--scale", type=float, default=0.5, help="of the stage; 0.5 is what software OpenGL draws at")
    arguments = parser.parse_args()
    width, _, height = arguments.size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        parser.error(f"--size must be WIDTHxHEIGHT in px, e.g. 1280x720, not '{arguments.size}'")
    try:
        names = arguments.scene or sorted(path.stem for path in (ROOT / "scenes").glob("*.yaml"))
        scenes = {name: load_scene(ROOT / "scenes" / f"{name}.yaml", registry()) for name in names}
        persona = Persona.open(ROOT / "models" / arguments.model)
        visit, ctx = list(Rehearsal(persona).visit()), standalone_context()
        print(
            f"{ctx.info['GL_RENDERER']}, {arguments.size}, scale {arguments.scale:g}; ms of the fastest of {DRAWINGS}"
        )
        for name, scene in tqdm(scenes.items(), unit="scene"):
            size_wh = (int(width), int(height))
            *parts, whole = time_scene(ctx, scene, visit, persona.alignment, size_wh, arguments.scale)
            told = ", ".join(f"{spec.kind} {ms:.1f}" for spec, ms in zip(scene.passes, parts, strict=True))
            tqdm.write(f"{name}: {whole:.1f} ms ({told})")
    except NarcissusError as error:
        print(f"time_passes: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
