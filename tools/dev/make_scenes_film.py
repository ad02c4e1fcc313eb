"""Film every scene for docs/, one after the other, before one visitor: `python -m tools.dev.make_scenes_film`.

The visitor is the one of the gallery (`tools/simulation/simulated_visit.py`); the picture is the program's own, on a
clock of its own, and scenes give way to each other as on the wall.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import moderngl
import numpy as np
from tqdm import tqdm

from engine.core.clock import Tick
from engine.networks.persona import Persona
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.renderer import Renderer
from engine.render.window.gl_context import standalone_context
from engine.scene.scene import Scene, load_scene
from engine.system.atomic_write import atomic_write
from engine.types import Alignment, ByteArray
from tools.command import command, command_parser
from tools.simulation.simulated_visit import ALONE_S, RATE_HZ, Rehearsal

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "scenes.mp4"
SIZE_WH = (640, 360)
FPS = 2 * RATE_HZ
FIRST_S, EACH_S, FADE_S = 4.5, 2.6, 0.7  # of the first scene, which is empty at first; of each other; of a transition
SPOKEN = 0.3  # loudness, for scenes that react to sound
MAX_BYTES = 2_500_000
QUALITIES = (26, 29, 32, 35)  # x264's constant rate factor, the best first
FIRST_SCENE = "gilded_mirror"


def seconds_of(count: int) -> float:
    """Length of a film of so many scenes."""
    return FIRST_S + (count - 1) * EACH_S


def pictures(
    ctx: moderngl.Context,
    scenes: Sequence[Scene],
    rehearsal: Rehearsal,
    alignment: Alignment,
    size_wh: tuple[int, int] = SIZE_WH,
) -> Iterator[ByteArray]:
    """Every frame of the film, (H, W, 3) uint8, `1 / FPS` s apart."""
    wall = ctx.simple_framebuffer(size_wh, components=4)
    quickly = {"seconds": FADE_S}
    left = [replace(scene, transition=scene.transition.model_copy(update=quickly)) for scene in scenes]
    with Renderer(ctx, ShaderLibrary(ROOT / "shaders"), left.pop(0), alignment, size_wh, 1.0) as mirror:
        before = 0
        for reflection in rehearsal.earlier():  # a second each: the archive has had visitors
            for _ in range(4):
                mirror.receive(None, reflection, Tick(before, before / 4, 0.25))
                before += 1
        began_s, index, next_s = before / 4, 0, FIRST_S
        for frame, reflection in rehearsal.answers(lambda: (mirror.scene.reflection.bits, mirror.wants_previews)):
            for step in range(FPS // RATE_HZ):
                time_s = index / FPS
                if left and time_s >= next_s:
                    mirror.prepare(left.pop(0))
                    next_s += EACH_S
                mirror.advance(lambda: True)
                tick = Tick(before + index, began_s + time_s, 1 / FPS)
                mirror.receive(frame if step == 0 else None, reflection if step == 0 else None, tick, SPOKEN)
                mirror.draw(wall, tick, reflection.generated_s + (step + 1) / FPS)
                index += 1
                drawn = np.frombuffer(wall.read(components=3), np.uint8).reshape(size_wh[1], size_wh[0], 3)
                yield np.ascontiguousarray(drawn[::-1])
    ctx.detect_framebuffer(0).use()  # the currently bound framebuffer must not be released
    wall.color_attachments[0].release()
    wall.release()


def as_mp4(frames: Sequence[ByteArray], most_bytes: int = MAX_BYTES) -> bytes:
    """The best H.264 film of frames (H, W, 3) that is no larger than `most_bytes`; the smallest if none is."""
    content = b""
    for quality in QUALITIES:
        content = _encoded(frames, quality)
        if len(content) <= most_bytes:
            break
    return content


def _encoded(frames: Sequence[ByteArray], quality: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scenes.mp4")  # what players need first is put there at the end: that takes a real file
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as film:
            stream = film.add_stream("libx264", rate=FPS, options={"crf": str(quality), "preset": "fast"})
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, FPS)
            for frame in frames:
                film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            film.mux(stream.encode(None))
        return path.read_bytes()


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("dev.make_scenes_film", "Film every scene for docs/.", "--output scenes.mp4")
    parser.add_argument("--model", default="portraits", metavar="NAME", help="a persona: a folder of models/")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE", help="the film, an .mp4 file")
    options = parser.parse_args(arguments)
    found = (path.stem for path in (ROOT / "scenes").glob("*.yaml"))
    names = sorted(found, key=lambda name: (name != FIRST_SCENE, name))
    scenes = [load_scene(ROOT / "scenes" / f"{name}.yaml", registry()) for name in names]
    persona = Persona.open(ROOT / "models" / options.model)
    rehearsal = Rehearsal(persona, seconds_of(len(scenes)) - ALONE_S)
    count = round(seconds_of(len(scenes)) * FPS)
    frames = list(tqdm(pictures(standalone_context(), scenes, rehearsal, persona.alignment), total=count, unit="frame"))
    content = as_mp4(frames)
    with atomic_write(options.output) as partial:
        partial.write_bytes(content)
    print(f"{options.output}: {len(content) / 1e6:.2f} MB, {len(frames) / FPS:.0f} s, {len(scenes)} scenes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
