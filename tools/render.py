"""Render a session: `python -m tools.render FILE.narc --output FILE.mp4 [--size 3840x2160] [--fps 60]`.

Draws the show recorded by `main.py --session FILE.narc` at any size and rate, in its own scenes or another one, with
its own persona or another one. Latents between two reflections are interpolated and drawn too. After an interruption,
the same command resumes.

The file ending selects the format: .mp4 H.264, .mov ProRes, .mkv FFV1 (lossless), a folder of PNG files without one;
--codec overrides it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from engine.cli import picture_size
from engine.config.config import load_config
from engine.config.display import DisplaySettings
from engine.config.provenance import ProvenanceSettings
from engine.core.clock import ManualClock
from engine.core.errors import ConfigError, ModelError
from engine.features.featurizer import Featurizer
from engine.networks.backends.generator_runtime import open_generator
from engine.networks.backends.upscaled_generator import with_upscaler
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import file_sha256
from engine.origin.marker import OriginMarker
from engine.origin.statement import Origin, scene_hashes
from engine.pipeline.generator_step import GeneratorStep
from engine.pipeline.reflection_analyzer import ReflectionAnalyzer
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.window.window import open_window
from engine.scene.library import SceneLibrary
from engine.session.reader import Session
from engine.system.logging_setup import set_up_logging
from engine.system.shutdown import terminated_as_interrupted
from tools.command import INTERRUPTED, command, command_parser
from tools.film.render_loop import add_film_options, film_settings, make_film
from tools.film.segments import open_parts
from tools.film.session_renderer import SessionDrawing

ROOT = Path(__file__).resolve().parents[1]


@command(interrupted="interrupted before the first picture")
def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; returns the exit status. `root` contains models/, scenes/ and shaders/."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    options = _parse(arguments)
    with terminated_as_interrupted():
        return _render(options, root)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser(
        "render", "Render a recorded session.", "evening.narc --output evening.mp4 --size 1920x1080"
    )
    parser.add_argument("session", type=Path, metavar="FILE.narc", help="session recorded by main.py --session")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="film to write, or folder for PNG files"
    )
    parser.add_argument("--size", type=picture_size, metavar="WxH", help="frame size, px; as in the show if absent")
    parser.add_argument("--scene", metavar="NAME", help="scene to use instead of those that were shown")
    parser.add_argument("--model", metavar="NAME", help="persona to use instead of the recorded one")
    add_film_options(parser, slowest_fps=4.0)  # at lower rates, movement would jump
    return parser.parse_args(arguments)


def _render(options: argparse.Namespace, root: Path) -> int:
    session = Session(options.session)
    if session.note:
        print(f"render: {session.note}", file=sys.stderr)
    scene_library = SceneLibrary(root / "scenes", (), registry())
    names = [options.scene] if options.scene else list(session.scenes)
    scenes = {name: scene_library.load(name) for name in names}
    persona = _open_persona(session, options.model, root / "models")
    size_wh = options.size or (session.head.width, session.head.height)
    with ExitStack() as open_until_end:
        window = open_until_end.enter_context(open_window(DisplaySettings(), size_wh, headless=True))
        described = _described(session, persona, options.scene, root)
        parts = open_parts(options.output, size_wh, film_settings(options), described, options.codec)
        paint = GeneratorStep(with_upscaler(open_generator(persona), persona), ManualClock()).draw
        library = ShaderLibrary(root / "shaders")
        listener = ReflectionAnalyzer(lambda: Featurizer("static"), ManualClock(), waits=True)
        open_until_end.callback(listener.close)
        drawing = SessionDrawing(
            session, scenes, paint, persona.alignment, window, library, options.fps, options.scene, listener=listener
        )
        pictures = drawing.pictures(min(parts.done, drawing.count))
        is_whole = make_film("render", pictures, drawing.count, parts, options.fps)
    if not is_whole:
        return INTERRUPTED
    _mark(options.output, Origin(persona.name, persona.generator_sha256, scene_hashes(root / "scenes", names)), root)
    return 0


def _mark(path: Path, origin: Origin, root: Path) -> None:
    """Mark the film with its origin; where that fails, say so and leave it as it is."""
    config = root / "config.yaml"
    settings = load_config(config).provenance if config.is_file() else ProvenanceSettings()
    trouble = OriginMarker(settings).try_mark(path, lambda: origin)
    if trouble:
        print(f"render: {trouble}", file=sys.stderr)


def _open_persona(session: Session, asked: str | None, models: Path) -> Persona:
    """Persona of the session, or the requested one.

    Raises:
        ModelError: it is missing, uses other latents, or has another generator without an explicit request.
    """
    head = session.head
    persona = Persona.open(models / (asked or head.persona))
    if persona.settings.latent_size != head.latent_size:
        raise ModelError(
            f"{session.path} has latents of {head.latent_size} numbers, and {persona.generator_path} takes "
            f"{persona.settings.latent_size}: choose another with --model"
        )
    if persona.generator_sha256 != head.generator_sha256:
        which = f"{persona.generator_path} is not the generator that answered ({head.generator_sha256[:12]})"
        if asked is None:
            raise ModelError(f"{which}: its faces would be others; --model {persona.name} draws them all the same")
        print(f"render: {which}: the faces are others", file=sys.stderr)
    return persona


def _described(session: Session, persona: Persona, scene: str | None, root: Path) -> Mapping[str, Any]:
    """Everything the pictures depend on, except size and rate."""
    looks = hashlib.sha256()
    for path in sorted([*(root / "scenes").rglob("*.yaml"), *(root / "shaders").rglob("*.*")]):
        if path.is_file():
            looks.update(path.name.encode() + _content(path))
    return {
        "session": file_sha256(session.path),
        "generator": persona.generator_sha256,
        "scene": scene,
        "look of scenes and shaders": looks.hexdigest(),
    }


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; change its permissions or take it away") from error


if __name__ == "__main__":
    set_up_logging()
    sys.exit(main())
