"""Draw every scene for docs/: `make gallery`, or `python -m tools.dev.make_gallery [--scene NAME] [--model NAME]`.

A simulated visitor (scikit-image's astronaut, whose head moves) stands in front of each scene for twelve seconds of
simulated time, and somebody speaks; the final picture becomes `docs/NAME.jpg`. For the archive, other visitors have
been there before.
"""

from __future__ import annotations

import io
import sys
from itertools import islice
from pathlib import Path

import moderngl
import numpy as np
from PIL import Image
from tqdm import tqdm

from engine.core.clock import Tick
from engine.networks.persona import Persona
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.renderer import Renderer
from engine.render.window.gl_context import standalone_context
from engine.scene.scene import Scene, load_scene
from engine.types import Alignment, ByteArray
from tools.command import command, command_parser
from tools.simulation.simulated_visit import RATE_HZ, Rehearsal

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SIZE_WH = (1280, 720)
DRAWN_S = 4.0  # only the end is drawn: the waves of the pool take this long to develop
SPOKEN = 0.3  # loudness, for scenes that react to sound
MAX_BYTES = 105_000


def draw_scene(
    ctx: moderngl.Context,
    scene: Scene,
    rehearsal: Rehearsal,
    alignment: Alignment,
    size_wh: tuple[int, int] = SIZE_WH,
    until_s: float | None = None,
) -> ByteArray:
    """Final picture (H, W, 3) uint8, at `until_s` of the visit; at its end if None."""
    wall = ctx.simple_framebuffer(size_wh, components=4)
    dt_s = 1 / RATE_HZ
    with Renderer(ctx, ShaderLibrary(ROOT / "shaders"), scene, alignment, size_wh, 1.0) as mirror:
        time_s, index = 0.0, 0
        if any(spec.kind == "archive" for spec in scene.passes):
            for reflection in rehearsal.earlier():
                for step_s in (0.25, 0.25, 0.25, 0.25):
                    time_s, index = time_s + step_s, index + 1
                    mirror.receive(None, reflection, Tick(index, time_s, step_s))
        end = len(rehearsal.frames) if until_s is None else round(until_s * RATE_HZ)
        drawn_from = end - DRAWN_S * RATE_HZ
        visit = rehearsal.visit(scene.reflection.bits, with_previews=mirror.wants_previews)
        for count, (frame, reflection) in enumerate(islice(visit, end)):
            time_s, index = time_s + dt_s, index + 1
            tick = Tick(index, time_s, dt_s)
            mirror.receive(frame, reflection, tick, SPOKEN)
            if count >= drawn_from:
                mirror.draw(wall, tick, reflection.generated_s + 1.0)
        pixels = np.frombuffer(wall.read(components=3), np.uint8).reshape(size_wh[1], size_wh[0], 3)
    ctx.detect_framebuffer(0).use()  # the currently bound framebuffer must not be released
    wall.color_attachments[0].release()
    wall.release()
    return np.ascontiguousarray(pixels[::-1])


def as_jpeg(picture: ByteArray) -> bytes:
    """Encode a picture (H, W, 3) as the best JPEG within `MAX_BYTES`."""
    content, image = b"", Image.fromarray(picture)
    for quality in range(88, 20, -4):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        content = file.getvalue()
        if len(content) <= MAX_BYTES:
            break
    return content


@command()
def main() -> int:
    """Run the command; the exit status is that of the error, as for the mirror itself."""
    parser = command_parser("dev.make_gallery", (__doc__ or "").partition("\n")[0], "--scene pool")
    parser.add_argument("--scene", action="append", help="draw only this scene; may be repeated")
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--output", type=Path, default=DOCS)
    arguments = parser.parse_args()
    names = arguments.scene or sorted(path.stem for path in (ROOT / "scenes").glob("*.yaml"))
    scenes = {name: load_scene(ROOT / "scenes" / f"{name}.yaml", registry()) for name in names}
    persona = Persona.open(ROOT / "models" / arguments.model)
    rehearsal, ctx = Rehearsal(persona), standalone_context()
    for name, scene in tqdm(scenes.items(), desc="drawing", unit="scene"):
        content = as_jpeg(draw_scene(ctx, scene, rehearsal, persona.alignment))
        (arguments.output / f"{name}.jpg").write_bytes(content)
        tqdm.write(f"{arguments.output / name}.jpg: {len(content) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
