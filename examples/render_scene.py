"""Render a scene off screen: a drawn face stands before the mirror for two seconds of a clock of its own.

    python examples/render_scene.py pool --output pool.png

No camera, window or display is needed. Time is an argument: each `Tick` says how late it is and how much has passed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # run as a script, the repository is not on Python's path

from engine.core.clock import Tick  # noqa: E402
from engine.networks.backends.generator_runtime import open_generator  # noqa: E402
from engine.networks.persona import Persona  # noqa: E402
from engine.networks.pggan.latent_sphere import seed_latent  # noqa: E402
from engine.render.gl.shader_library import ShaderLibrary  # noqa: E402
from engine.render.passes import registry  # noqa: E402
from engine.render.renderer import Renderer  # noqa: E402
from engine.render.window.gl_context import standalone_context  # noqa: E402
from engine.scene.scene import load_scene  # noqa: E402
from engine.types import ByteArray, Latent, Reflection  # noqa: E402

FPS = 15


def render(persona: Persona, scene: Path, size_wh: tuple[int, int], seconds: float, seed: int = 7) -> ByteArray:
    """What is on the wall after `seconds`, (H, W, 3) uint8 RGB."""
    generator = open_generator(persona, threads=1)
    z = seed_latent(seed, generator.latent_size)
    face = generator(z)
    ctx = standalone_context()
    wall = ctx.simple_framebuffer(size_wh, components=4)
    try:
        shown = load_scene(scene, registry())
        with Renderer(ctx, ShaderLibrary(ROOT / "shaders"), shown, persona.alignment, size_wh, 1.0) as renderer:
            for index in range(round(seconds * FPS)):
                tick = Tick(index, index / FPS, 1 / FPS)
                # nobody's features are known, so the face hangs where a visitor usually stands
                reflection = Reflection(face, Latent(z, 1.0, None, tick.time_s), tick.time_s, index)
                renderer.receive(None, reflection, tick)
                renderer.draw(wall, tick, tick.time_s)
            pixels = np.frombuffer(wall.read(components=3), np.uint8).reshape(size_wh[1], size_wh[0], 3)
            return np.ascontiguousarray(pixels[::-1])  # OpenGL reads the bottom row first
    finally:
        ctx.detect_framebuffer(0).use()  # what is bound must not be released
        wall.release()
        ctx.release()


def main(arguments: Sequence[str] | None = None) -> None:
    """Render one picture into a file."""
    parser = argparse.ArgumentParser(description="Render a scene off screen.")
    parser.add_argument("scene", nargs="?", default="gilded_mirror", help="a file in scenes/, without .yaml")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "portraits", help="the persona's folder")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long the face has been there, s")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720), metavar=("W", "H"), help="px")
    parser.add_argument("--output", type=Path, default=Path("scene.png"))
    options = parser.parse_args(arguments)
    scene = ROOT / "scenes" / f"{options.scene}.yaml"
    width, height = options.size
    Image.fromarray(render(Persona.open(options.model), scene, (width, height), options.seconds)).save(options.output)
    print(options.output)


if __name__ == "__main__":
    main()
