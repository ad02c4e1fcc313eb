"""List the parameters that OSC, the panel, MIDI and keys set: `python -m tools.list_parameters [--json]`.

Opens no mirror: what a scene says stands in its file, and values are those that hold while nobody sets anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.config.config import Config, load_config
from engine.control.cues import Cues
from engine.control.device_parameters import audio_parameters, camera_parameters, projector_parameters
from engine.control.parameter import Parameter, Value, range_text
from engine.control.register import Register
from engine.control.scene_parameters import scene_knobs
from engine.control.show_parameters import show_parameters, state_parameters
from engine.core.clock import Clock
from engine.render.passes import registry
from engine.render.projection.settings_file import open_venue
from engine.scene.library import SceneLibrary
from engine.scene.scene import Scene
from tools.command import command, command_parser

SCENES = Path(__file__).resolve().parent.parent / "scenes"


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each parameter, or JSON."""
    parser = command_parser("list_parameters", "List every parameter with its range.", "--scene pool")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"), metavar="FILE", help="the installation's")
    parser.add_argument("--scene", metavar="NAME", help="whose knobs are listed; if absent, those of config.yaml's")
    parser.add_argument("--all", action="store_true", help="list the knobs of every scene, each address once")
    parser.add_argument("--json", action="store_true", help="print all there is to know of each, as JSON")
    options = parser.parse_args(arguments)
    config = load_config(options.config)
    library = SceneLibrary(SCENES, config.scene.scenes, registry(), config.reflection)
    names = library.names() if options.all else (options.scene or config.scene.name,)
    register = _filled(config, options.config.parent, library, [library.load(name) for name in names])
    listed = [(each, register.value(address)) for address, each in register.parameters().items()]
    if options.json:
        print(json.dumps([parameter.as_json(value) for parameter, value in listed], indent=1, ensure_ascii=False))
    else:
        for line in _lines(listed):
            print(line)
    return 0


def _filled(config: Config, beside: Path, library: SceneLibrary, scenes: Sequence[Scene]) -> Register:
    register = Register(Clock())
    register.declare("show", show_parameters(library.names(), config.scene.name, config.reflection.people))
    register.declare("state", state_parameters())
    Cues(beside / config.control.cues, register, print)
    register.declare("camera", camera_parameters(config.camera))
    register.declare("audio", audio_parameters(config.audio))
    register.declare("projector", projector_parameters(open_venue(Path(config.display.venue))))
    knobs = {address: knob for scene in scenes for address, knob in scene_knobs(scene).items()}
    grounds = {address: knob.ground for address, knob in knobs.items()}
    register.declare("scene", (knob.parameter for knob in knobs.values()), grounds)
    return register


def _lines(listed: Sequence[tuple[Parameter, Value]]) -> Iterator[str]:
    wide = max(len(parameter.address) for parameter, _ in listed)
    for parameter, value in listed:
        allowed = range_text(parameter)
        kind = f"{parameter.kind}{' ' + allowed if allowed else ''}"
        is_set = value is not None and value != ""
        yield f"{parameter.address:{wide}}  {kind}{f', {_shown(value)}' if is_set else ''}: {parameter.description}"
    yield f"{len(listed)} parameters, {sum(parameter.is_writable for parameter, _ in listed)} of which can be set"


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "#" + "".join(f"{round(255 * share):02x}" for share in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    raise SystemExit(main())
