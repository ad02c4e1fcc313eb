"""Draw every scene for README: `make gallery`, or `python -m tools.make_gallery [--scene NAME] [--model NAME]`.

A visitor (scikit-image's astronaut, whose head moves) stands before each scene for twelve seconds of a clock of its
own; what is on the wall then becomes `docs/NAME.jpg`. For the archive, strangers have been there before.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import moderngl
import numpy as np
import skimage.data
from PIL import Image
from tqdm import tqdm

from engine.clock import ManualClock
from engine.errors import NarcissusError
from engine.networks.inverter import Inverter
from engine.networks.latents import seed_latent
from engine.networks.persona import Persona
from engine.networks.runtime import open_generator
from engine.pipeline.face import FacePainter
from engine.pipeline.features import Featurizer
from engine.pipeline.latent import LatentFollower
from engine.reflection_settings import ReflectionSettings
from engine.render.context import standalone_context
from engine.render.mirror import Mirror
from engine.render.passes import registry
from engine.render.shader import ShaderLibrary
from engine.scene import Scene, load_scene
from engine.types import ByteArray, Frame, Latent, Reflection, Tick
from tools.moving_portrait import motion_at, moved

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SIZE_WH = (1280, 720)
CAMERA_WH = (640, 480)
RATE_HZ = 15
ALONE_S, STAY_S = 1.0, 12.0  # after twelve seconds the portrait is upright and in the middle
DRAWN_S = 4.0  # only the end is drawn: the waves of the pool need so long to come about
EARLIER_VISITS, VISIT_S = 13, 5.0
MAX_BYTES = 150_000
SEED = 4


class Rehearsal:
    """A visit on a manual clock: the same frames, features and faces for every scene.

    Args:
        persona: whom the mirror shows; with an inverter.
    """

    def __init__(self, persona: Persona) -> None:
        self._generator = open_generator(persona)
        self._inverter = Inverter.open(persona.inverter_path, persona)
        self._frames = list(_frames())
        with Featurizer("live") as featurizer:
            seen = [featurizer(frame) for frame in tqdm(self._frames, desc="measuring", unit="frame")]
        self._features = [None if index < ALONE_S * RATE_HZ else found for index, found in enumerate(seen)]
        self._somebody = next(found for found in self._features if found is not None)

    def visit(self) -> Iterator[tuple[Frame, Reflection]]:
        """Frame and reflection of every moment, 1 / `RATE_HZ` s apart."""
        clock = ManualClock()
        painter = FacePainter(self._generator, clock)
        start = seed_latent(SEED, self._generator.latent_size)
        self._inverter.reset()
        follower = LatentFollower(start, self._inverter, ReflectionSettings(), seed=SEED)
        for frame, features in zip(self._frames, self._features, strict=True):
            clock.advance(1 / RATE_HZ)
            now_s = clock.now_s()
            yield frame, painter.draw(follower.follow(features, now_s, now_s), with_previews=True)

    def earlier(self) -> Iterator[Reflection | None]:
        """Reflections of strangers who were there before, a second apart; None between their visits."""
        count = 0
        for stranger in range(EARLIER_VISITS):
            z = seed_latent(stranger, self._generator.latent_size)
            image, features = self._generator(z), replace(self._somebody)
            for _ in range(round(VISIT_S) + 2):
                count += 1
                yield Reflection(image, Latent(z, 1.0, features, 0.0), 0.0, count)
            for _ in range(6):
                count += 1
                yield Reflection(image, Latent(z, 0.0, None, 0.0), 0.0, count)


def _frames() -> Iterator[Frame]:
    portrait = np.ascontiguousarray(skimage.data.astronaut()[:300, 80:380])
    for index in range(round((ALONE_S + STAY_S) * RATE_HZ) + 1):
        time_s = index / RATE_HZ - ALONE_S
        yield Frame(moved(portrait, motion_at(time_s), CAMERA_WH), index / RATE_HZ, index)


def draw_scene(ctx: moderngl.Context, scene: Scene, rehearsal: Rehearsal, persona: Persona) -> ByteArray:
    """What is on the wall at the end of the visit, (H, W, 3) uint8."""
    wall = ctx.simple_framebuffer(SIZE_WH, components=4)
    dt_s = 1 / RATE_HZ
    with Mirror(ctx, ShaderLibrary(ROOT / "shaders"), scene, persona.alignment, SIZE_WH, 1.0) as mirror:
        time_s, index = 0.0, 0
        if any(spec.kind == "archive" for spec in scene.passes):
            for reflection in rehearsal.earlier():
                for step_s in (0.25, 0.25, 0.25, 0.25):
                    time_s, index = time_s + step_s, index + 1
                    mirror.update(None, reflection, Tick(index, time_s, step_s))
        drawn_from = len(rehearsal._frames) - DRAWN_S * RATE_HZ
        for count, (frame, reflection) in enumerate(rehearsal.visit()):
            time_s, index = time_s + dt_s, index + 1
            tick = Tick(index, time_s, dt_s)
            mirror.update(frame, reflection, tick)
            if count >= drawn_from:
                mirror.draw(wall, tick, reflection.generated_s + 1.0)
        pixels = np.frombuffer(wall.read(components=3), np.uint8).reshape(SIZE_WH[1], SIZE_WH[0], 3)
    return np.ascontiguousarray(pixels[::-1])


def as_jpeg(picture: ByteArray) -> bytes:
    """The best JPEG of a picture (H, W, 3) that is no larger than `MAX_BYTES`."""
    content = b""
    for quality in range(88, 20, -4):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        content = file.getvalue()
        if len(content) <= MAX_BYTES:
            break
    return content


def main() -> int:
    """Command line; the exit status is that of what went wrong, as for the mirror itself."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--scene", action="append", help="only this one; may be said again")
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--output", type=Path, default=DOCS)
    arguments = parser.parse_args()
    try:
        names = arguments.scene or sorted(path.stem for path in (ROOT / "scenes").glob("*.yaml"))
        scenes = {name: load_scene(ROOT / "scenes" / f"{name}.yaml", registry()) for name in names}
        persona = Persona.open(ROOT / "models" / arguments.model)
        rehearsal, ctx = Rehearsal(persona), standalone_context()
        for name, scene in tqdm(scenes.items(), desc="drawing", unit="scene"):
            content = as_jpeg(draw_scene(ctx, scene, rehearsal, persona))
            (arguments.output / f"{name}.jpg").write_bytes(content)
            tqdm.write(f"{arguments.output / name}.jpg: {len(content) / 1000:.0f} kB")
    except NarcissusError as error:
        print(f"make_gallery: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
