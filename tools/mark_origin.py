"""Mark films and pictures with their origin, or verify them: `python -m tools.mark_origin FILES [--verify]`.

The show and tools.render mark what they write; this is for what was written without a mark, or cut off by a kill. A
mark says that a trained network drew the file, by which model and for which scenes: a C2PA manifest inside, or a signed
JSON file beside what can hold none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.app import MODELS, SCENES
from engine.config.config import load_config
from engine.config.validation import is_name
from engine.core.errors import ConfigError, ModelError
from engine.networks.persona import Persona
from engine.origin.marker import OriginMarker, read_mark
from engine.origin.statement import ASSERTION, Origin, scene_hashes
from tools.command import command, command_parser

NAME = "mark_origin"
CHANGED = 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command_parser(NAME, "Mark films and pictures with their origin, or verify marks.", "recordings/*.mp4")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="films, pictures, or folders of pictures")
    parser.add_argument("--verify", action="store_true", help="mark nothing; say what the marks say")
    parser.add_argument("--scenes", nargs="*", default=[], metavar="NAME", help="scenes that are seen in them")
    parser.add_argument("--model", metavar="NAME", help="the persona in them; that of the configuration if absent")
    parser.add_argument(
        "--config", type=Path, default=Path("config.yaml"), metavar="FILE", help="the installation's file"
    )
    return parser.parse_args(arguments)


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Mark or verify every file; a status of 1 says that one has changed since it was marked."""
    options = parse(arguments)
    missing = next((path for path in options.files if not path.exists()), None)
    if missing is not None:
        raise ConfigError(f"{missing}: there is no such file")
    if options.verify:
        return max(_verify(path) for path in options.files)
    config = load_config(options.config)
    name = options.model or config.persona.model
    if not is_name(name):
        raise ModelError(f"--model {name[:100]}: a persona's name is that of a folder in {MODELS}")
    persona, marker = Persona.open(MODELS / name), OriginMarker(config.provenance)
    scenes = scene_hashes(SCENES, [scene for scene in options.scenes if is_name(scene)])
    for path in options.files:
        print(marker.mark(path, Origin(persona.name, persona.generator_sha256, scenes)))
    return 0


def _verify(path: Path) -> int:
    is_whole, told = read_mark(path)
    own = next((each["data"] for each in told.get("assertions", []) if each["label"] == ASSERTION), told)
    scenes = ", ".join(scene["name"] for scene in own.get("scenes", [])) or "no scene named"
    state = "as it was marked" if is_whole else "CHANGED since it was marked"
    print(f"{path}: {state}; {own.get('persona', '?')}, {str(own.get('generator_sha256', '?'))[:12]}; {scenes}")
    return 0 if is_whole else CHANGED


if __name__ == "__main__":
    sys.exit(main())
