"""Start a scene file: `python -m tools.new_scene NAME [--from SCENE | --shader FILE]` writes scenes/NAME.yaml.

The file is valid and commented, and has room, reflection and film, with every knob, its range and its default as a
comment to uncomment. With `--from` it extends another scene, whose passes it lists. With `--shader` it shows an ISF or
Shadertoy shader over the reflection, with all its inputs and their allowed values; a file from elsewhere is copied into
shaders/foreign/.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from engine.config.validation import Name, allowed
from engine.config.yaml_loader import shown_path
from engine.core.errors import ConfigError
from engine.render.passes import pass_class, registry
from engine.scene.library import SceneLibrary
from engine.scene.scene import load_scene
from engine.scene.scene_file import SceneText, read_scene_text
from tools.check_scene import SCENES, SHADERS
from tools.command import command, command_parser
from tools.scene_of_shader import bring_in, shader_pass

PASSES = ("room", "reflection", "film")
WIDTH = 118

_HEAD = """\
# yaml-language-server: $schema=schema.json
# What a visitor sees, in one sentence.
format: 1
"""
_REST = """\
# visit: {notice_s: 0.8, arrive_s: 2, leave_s: 4}    # durations, s: hesitation, arrival, departure
# transition: {seconds: 1.5, curve: smooth}          # fade into this scene: smooth, linear, early or late
"""
_MOVED = """\
# A knob that is one number can follow signals, or have a value for each state of a visit:
#     bind: {opacity: "0.2 + 0.8 * lag(presence, 1.5)"}
#     states: {idle: {opacity: 0.1}, dwell: {opacity: 1}}
"""


@command()
def main(arguments: Sequence[str] | None = None, folder: Path = SCENES, shaders: Path = SHADERS) -> int:
    """Write the scene; returns the exit status."""
    parser = command_parser("new_scene", "Begin a scene.", "night_pool --from pool")
    parser.add_argument("name", type=_name, metavar="NAME", help="name of the file in scenes/, without .yaml")
    begun = parser.add_mutually_exclusive_group()
    begun.add_argument("--from", dest="parent", type=_name, metavar="SCENE", help="scene to extend")
    begun.add_argument("--shader", type=Path, metavar="FILE", help="ISF or Shadertoy shader to show")
    options = parser.parse_args(arguments)
    path = folder / f"{options.name}.yaml"
    if options.shader is not None and not path.exists():
        file = bring_in(options.shader, shaders)
        write_new(path, scene_of_shader(options.name, file, shaders))
    else:
        write_new(path, _text(options.name, options.parent, folder))
    load_scene(path, registry())
    print(f"wrote {shown_path(path)}: look at it with python main.py --scene {options.name}, and save it while it runs")
    return 0


def _text(name: str, parent: str | None, folder: Path) -> str:
    if parent is None:
        return new_scene(name, PASSES)
    scene_library = SceneLibrary(folder, (), registry())
    scene_library.load(parent)  # reports errors in it
    return extending_scene(name, read_scene_text(scene_library.path(parent)))


def new_scene(name: str, kinds: Sequence[str]) -> str:
    """Text of a scene with some passes, all knobs as comments."""
    passes = "\n".join(_commented_pass(kind) for kind in kinds)
    size = "size: [1920, 1080]              # of the stage, px; [1080, 1920] for a wall that stands upright\n"
    return f"{_HEAD}title: {_title(name)}\n{size}{_REST}{_MOVED}passes:\n{passes}"


def scene_of_shader(name: str, file: str, shaders: Path) -> str:
    """Text of a scene that shows a file from `shaders/foreign/` over the reflection."""
    head = new_scene(name, ())
    return f"{head}  - room: {{}}\n  - reflection: {{}}\n{shader_pass(file, shaders)}  - film: {{}}\n"


def extending_scene(name: str, parent: SceneText) -> str:
    """Text of a scene that extends another, initially changing only its title."""
    stem = parent.paths[0].stem
    named = ((entry.kind, "" if entry.name == entry.kind else f"name: {entry.name}") for entry in parent.passes)
    listed = "\n".join(f"#   - {kind}: {{{given}}}" for kind, given in named)
    changes = (
        f"# The passes of {stem}, in order; uncomment one to change it, and `passes:` with it. "
        "`remove: true` takes one away;\n"
        "# a pass that is not among them is new, and comes last or where `before: film` or `after: room` puts it.\n"
    )
    return f"{_HEAD}extends: {stem}\ntitle: {_title(name)}\n{_REST}{_MOVED}{changes}# passes:\n{listed}\n"


def write_new(path: Path, text: str) -> None:
    """Write a new file.

    Raises:
        ConfigError: it exists, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise ConfigError(f"{shown_path(path)} exists already: choose another name, or move it away") from error
    except OSError as error:
        raise ConfigError(f"{shown_path(path)} cannot be written: {error.strerror}") from error


def _commented_pass(kind: str) -> str:
    summary = " ".join((inspect.getdoc(pass_class(kind)) or "").split("\n\n")[0].split())
    lines = [*_comment(summary, "  "), f"  - {kind}:"]
    schema = registry()[kind].model_json_schema()
    for knob, about in schema["properties"].items():
        what = " ".join(about.get("description", "").split())
        lines += _comment(f"{what} It must be {allowed(about)}.", "      ")
        lines.append(f"      # {knob}: {_yaml(about.get('default'))}")
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _yaml(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return f'"{value}"' if isinstance(value, str) else str(value)


def _title(name: str) -> str:
    return f'"{name.replace("_", " ").replace("-", " ").strip().capitalize() or name}"'


def _name(text: str) -> str:
    try:
        return TypeAdapter(Name).validate_python(text)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(
            f"must be a name of letters, digits, '_', '-' and '.', without a folder or an ending, not '{text}'"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
