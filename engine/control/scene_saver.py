"""Scene saver: writes what a knob is set to into the file of the scene on the wall.

What a scene has from another that it extends is written into its own file, and the other stays as it is.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from engine.config.yaml_loader import shown_path
from engine.control.commented_yaml import change_yaml, flow_map, written
from engine.control.parameter import ROOT, ControlError, Value
from engine.control.register import Register
from engine.control.show_parameters import SHOW
from engine.scene.library import SceneLibrary
from engine.scene.pass_spec import PassSpec
from engine.scene.scene import Scene
from engine.scene.scene_file import read_scene_text

_HEAD = f"{ROOT}/scene/"


class SceneSaver:
    """Saves knobs; from any thread but the one that draws, for it waits for the disk.

    Args:
        register: knows values, and which scene is on the wall.
        library: knows files.
    """

    def __init__(self, register: Register, library: SceneLibrary) -> None:
        self._register, self._library = register, library
        self._lock = threading.Lock()

    def save(self, address: str) -> str:
        """Write the present value of a knob into its scene; returns a sentence.

        Raises:
            ControlError: it is no knob, it follows signals, or the file cannot be written.
            ConfigError: the file is wrong.
        """
        name = self._register.value(f"{SHOW}/scene")
        value = self._register.value(address)
        if not address.startswith(_HEAD) or not isinstance(name, str):
            raise ControlError(f"{address}: is no knob of the scene, and cannot be saved into it")
        pass_name, _, rest = address.removeprefix(_HEAD).partition("/")
        knob, path = rest.replace("/", "."), self._library.path(name)
        with self._lock:
            scene = self._library.load(name)
            spec = next((spec for spec in scene.passes if spec.name == pass_name), None)
            if spec is None:
                raise ControlError(f"{shown_path(path)}: has no pass {pass_name}, of which {knob} could be saved")
            _refuse_moving(spec, knob, path)

            def change(data: Any) -> None:
                _set_knob(_entry(data, scene, spec, path), knob, value, path)

            change_yaml(path, change, self._library.check)
        return f"{shown_path(path)}: {pass_name}.{knob} is {written(value)} now"


def _refuse_moving(spec: PassSpec, knob: str, path: Path) -> None:
    if knob not in spec.moving:
        return
    what = "has values in the parts of a visit" if knob in spec.by_state else "follows signals"
    raise ControlError(
        f"{shown_path(path)}: {spec.name}.{knob} {what}, which a fixed value would end; take that out of the file first"
    )


def _entry(data: Any, scene: Scene, spec: PassSpec, path: Path) -> Any:
    """The mapping of a pass's knobs in the file; begun where there is none."""
    passes = data.setdefault("passes", [])
    is_whole = data.get("extends") is None
    entry = passes[scene.passes.index(spec)] if is_whole else _entry_by_name(passes, spec, path)
    if entry[spec.kind] is None:
        entry[spec.kind] = flow_map()
    return entry[spec.kind]


def _entry_by_name(passes: Any, spec: PassSpec, path: Path) -> Any:
    """The entry of a pass in a scene that extends another; begun where it says nothing of it so far."""
    for entry in passes:
        ((kind, knobs),) = entry.items()
        if ((knobs or {}).get("name") or kind) == spec.name:
            return entry
    if spec.name not in {entry.name for entry in read_scene_text(path).passes}:
        raise ControlError(
            f"{shown_path(path)}: the scene that it extends has several passes {spec.kind}; give each a name: there"
        )
    named = {} if spec.name == spec.kind else {"name": spec.name}
    passes.append({spec.kind: flow_map(**named)})
    return passes[-1]


def _set_knob(knobs: Any, knob: str, value: Value, path: Path) -> None:
    outer, _, inner = knob.partition(".")
    if not inner:
        knobs[knob] = written(value)
    elif inner in (knobs.get(outer) or {}):
        knobs[outer][inner] = written(value)
    else:
        raise ControlError(f"{shown_path(path)}: does not say {knob} itself; the scene that it extends does")
