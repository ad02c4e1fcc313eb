"""Film README's moving picture, a real portrait next to its reflection: `python -m tools.dev.make_loop`.

The visitor is NASA's portrait of an astronaut, from scikit-image; the mirror next to it is drawn by the program itself
with the shipped persona, in simulated time. It is empty at first, then the face arrives and follows.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import moderngl
import numpy as np
from PIL import Image
from tqdm import tqdm

from engine.core.clock import Tick
from engine.core.easing import smoothstep
from engine.networks.persona import Persona
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.renderer import Renderer
from engine.render.window.gl_context import standalone_context
from engine.scene.scene import Scene, load_scene
from engine.system.atomic_write import atomic_write
from engine.types import Alignment, ByteArray
from tools.command import command, command_parser
from tools.simulation.simulated_visit import RATE_HZ, Rehearsal

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "mirror.webp"
MIRROR_WH, CAMERA_WH = (448, 252), (224, 252)
DRAWN_AT = 2  # oversampling
SECONDS, CUT_S, BEGIN_S = 6.0, 0.6, 0.4  # duration; cross-dissolve from end to start; skipped start of the visit
MAX_BYTES = 700_000  # the repository is not for films


def pictures(ctx: moderngl.Context, scene: Scene, rehearsal: Rehearsal, alignment: Alignment) -> Iterator[ByteArray]:
    """Frames of the visit, (252, 672, 3) uint8, `1 / RATE_HZ` s apart: the visitor, and their reflection."""
    size_wh = MIRROR_WH[0] * DRAWN_AT, MIRROR_WH[1] * DRAWN_AT
    wall = ctx.simple_framebuffer(size_wh, components=4)
    with Renderer(ctx, ShaderLibrary(ROOT / "shaders"), scene, alignment, size_wh, 1.0) as renderer:
        for index, (frame, reflection) in enumerate(rehearsal.visit(with_previews=False)):
            if index / RATE_HZ > BEGIN_S + SECONDS + CUT_S:
                break
            tick = Tick(index, index / RATE_HZ, 1 / RATE_HZ)
            renderer.receive(frame, reflection, tick)
            renderer.draw(wall, tick, reflection.generated_s + 1 / RATE_HZ)
            drawn = np.frombuffer(wall.read(components=3), np.uint8).reshape(size_wh[1], size_wh[0], 3)[::-1]
            if index / RATE_HZ >= BEGIN_S:
                mirror = cv2.resize(np.ascontiguousarray(drawn), MIRROR_WH, interpolation=cv2.INTER_AREA)
                yield np.hstack([visitor(frame.image), mirror])
    ctx.detect_framebuffer(0).use()  # the currently bound framebuffer must not be released
    wall.color_attachments[0].release()
    wall.release()


def visitor(image: ByteArray) -> ByteArray:
    """Central part of the camera's picture, at the height of the mirror."""
    height = CAMERA_WH[1]
    width = round(image.shape[1] * height / image.shape[0])
    whole = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    left = (width - CAMERA_WH[0]) // 2
    return np.asarray(whole[:, left : left + CAMERA_WH[0]], np.uint8)


def closed(frames: Sequence[ByteArray]) -> list[ByteArray]:
    """Frames of `SECONDS` whose end dissolves into their start."""
    count, cut = round(SECONDS * RATE_HZ), round(CUT_S * RATE_HZ)
    loop = list(frames[cut:count])
    for index in range(cut):
        share = smoothstep((index + 1) / (cut + 1))
        after = frames[min(count + index, len(frames) - 1)].astype(np.float32)
        loop.append(np.asarray(after * (1 - share) + frames[index].astype(np.float32) * share, np.uint8))
    return loop


def as_webp(frames: Sequence[ByteArray], most_bytes: int = MAX_BYTES) -> bytes:
    """Encode frames (H, W, 3) as the best animated WebP within `most_bytes`."""
    images = [Image.fromarray(frame) for frame in frames]
    content = b""
    for quality in (75, 65, 55, 45, 35, 25):
        file = io.BytesIO()
        images[0].save(
            file,
            "WEBP",
            save_all=True,
            append_images=images[1:],
            duration=round(1000 / RATE_HZ),
            loop=0,
            quality=quality,
            method=6,
        )
        content = file.getvalue()
        if len(content) <= most_bytes:
            break
    return content


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("dev.make_loop", "Film README's moving picture.", "--scene gilded_mirror")
    parser.add_argument("--scene", default="gilded_mirror", metavar="NAME", help="a file in scenes/")
    parser.add_argument("--model", default="portraits", metavar="NAME", help="persona: a folder of models/")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE", help="the animated WebP")
    options = parser.parse_args(arguments)
    persona = Persona.open(ROOT / "models" / options.model)
    scene = load_scene(ROOT / "scenes" / f"{options.scene}.yaml", registry())
    rehearsal = Rehearsal(persona)
    count = round((BEGIN_S + SECONDS + CUT_S) * RATE_HZ)
    frames = list(tqdm(pictures(standalone_context(), scene, rehearsal, persona.alignment), total=count, unit="frame"))
    content = as_webp(closed(frames))
    with atomic_write(options.output) as partial:
        partial.write_bytes(content)
    print(f"{options.output}: {len(content) / 1e6:.2f} MB, {SECONDS:g} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
