"""Check scenes without opening the mirror: `python -m tools.check_scene [FILES]`.

Each file gets `ok` or sentences describing its errors. The exit status is 3 if any of them is wrong. `--schema`
regenerates scenes/schema.json, which editors use for completion and help.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.config.yaml_loader import shown_path
from engine.core.errors import ConfigError
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import pass_class, registry
from engine.scene.json_schema import scene_schema
from engine.scene.scene import PassSpec, load_scene
from engine.scene.values import read_picture
from tools.command import command_parser

ROOT = Path(__file__).resolve().parent.parent
SCENES, SHADERS = ROOT / "scenes", ROOT / "shaders"
SCHEMA = SCENES / "schema.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files named on the command line, or all scenes."""
    parser = command_parser("check_scene", "Check scenes for errors.", "scenes/pool.yaml")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILES", help="scene files; all of scenes/ if absent")
    parser.add_argument("--schema", action="store_true", help="regenerate scenes/schema.json, and check nothing")
    options = parser.parse_args(arguments)
    if options.schema:
        SCHEMA.write_text(schema_text(), encoding="utf-8", newline="\n")
        print(f"wrote {shown_path(SCHEMA)}")
        return 0
    paths: list[Path] = options.files or sorted(SCENES.glob("*.yaml"))
    if not paths:
        print(f"there are no scenes in {shown_path(SCENES)}", file=sys.stderr)
        return ConfigError.exit_status
    return 0 if all([_check(path) for path in paths]) else ConfigError.exit_status


def schema_text() -> str:
    """Required contents of scenes/schema.json."""
    summaries = {kind: (inspect.getdoc(pass_class(kind)) or "").split("\n\n")[0] for kind in registry()}
    return json.dumps(scene_schema(registry(), summaries), indent=1, ensure_ascii=False) + "\n"


def _check(path: Path) -> bool:
    try:
        scene = load_scene(path, registry())
        for picture in sorted(file for file in scene.files if file.suffix != ".yaml"):
            read_picture(picture)  # decodes it completely, unlike reading a scene, and so finds damage
    except ConfigError as error:
        print(error, file=sys.stderr)
        return False
    fixed = [
        f"passes[{index}].{spec.kind}.bind.{knob}"
        for index, spec in enumerate(scene.passes)
        for knob in spec.moving
        if knob in pass_class(spec.kind).baked
    ]
    for knob in fixed:
        print(
            f"{shown_path(path)}: {knob}: cannot follow a signal: it is only drawn once; set a number", file=sys.stderr
        )
    if fixed:
        return False
    problems = [text for spec in scene.passes for text in _foreign_problems(spec)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return False
    count = len(scene.passes)
    print(f"{shown_path(path)}: ok ({scene.title}, {count} pass{'es' if count != 1 else ''})")
    return True


def _foreign_problems(spec: PassSpec) -> list[str]:
    """Errors in the files named by the settings of a pass."""
    try:
        pass_class(spec.kind).check(spec.settings, ShaderLibrary(SHADERS))
    except ConfigError as error:
        return [spec.problem(str(error))]
    return []


if __name__ == "__main__":
    sys.exit(main())
