"""A knob written into its scene: nothing else in the file changes, and nobody's edits are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine.control.commented_yaml
from engine.control.layers import Layer
from engine.control.parameter import ControlError
from engine.control.register import Register
from engine.control.scene_parameters import scene_knobs
from engine.control.scene_saver import SceneSaver
from engine.control.show_parameters import SHOW, show_parameters
from engine.core.clock import ManualClock
from engine.core.errors import ConfigError
from engine.render.passes import registry
from engine.scene.library import SceneLibrary
from engine.scene.scene import load_scene
from tests.conftest import ROOT

POOL = """\
# What a visitor sees: a pool.
format: 1
title: Pool                     # for people
size: [1920, 1080]
passes:
  - room: {exposure: 0.3}       # dim

  - reflection: {who: "all", bind: {opacity: "0.2 + presence"}}
  - film:
      grain: 0.02               # coarse
      states: {idle: {exposure: 0.5}}
  - picture: {tint: "#c8a050"}
  - picture:
      # the last of all
"""
CHILD = "format: 1\nextends: pool\ntitle: Child   # mine\npasses:\n  - film: {bloom: 0.1}   # more\n"


class Room:
    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.yaml"
        self.register = Register(ManualClock())
        library = SceneLibrary(folder, (), registry())
        self.register.declare("show", show_parameters(library.names(), name, 3))
        knobs = scene_knobs(library.load(name))
        grounds = {address: knob.ground for address, knob in knobs.items()}
        self.register.declare("scene", (knob.parameter for knob in knobs.values()), grounds)
        self.saver = SceneSaver(self.register, library)

    def save(self, where: str, value: object) -> str:
        address = f"/narcissus/scene/{where}"
        self.register.set(address, value, Layer.PANEL)
        return self.saver.save(address)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pool.yaml").write_text(POOL)
    (tmp_path / "child.yaml").write_text(CHILD)
    return tmp_path


@pytest.mark.parametrize(
    ("where", "value", "line", "instead"),
    [
        ("room/exposure", 0.41239, "  - room: {exposure: 0.3}       # dim", "  - room: {exposure: 0.4124}       # dim"),
        ("film/grain", 0.0, "      grain: 0.02               # coarse", "      grain: 0               # coarse"),
        ("picture/tint", (1.0, 0.0, 0.5), '  - picture: {tint: "#c8a050"}', '  - picture: {tint: "#ff0080"}'),
        ("picture/fit", "contain", '{tint: "#c8a050"}', '{tint: "#c8a050", fit: contain}'),
        ("reflection/idle", 0.25, 'presence"}}', 'presence"}, idle: 0.25}'),
    ],
)
def test_one_knob_changes_and_nothing_else(folder: Path, where: str, value: object, line: str, instead: str) -> None:
    room = Room(folder, "pool")
    assert room.save(where, value).startswith(f"{folder.as_posix()}/pool.yaml: {where.replace('/', '.')} is ")

    def squeezed(text: str) -> str:
        return "\n".join(" ".join(each.split()) for each in text.splitlines())

    assert squeezed(room.path.read_text()) == squeezed(POOL.replace(line, instead))


def test_the_second_of_a_kind_that_says_nothing_yet(folder: Path) -> None:
    room = Room(folder, "pool")
    room.save("picture_2/brightness", 2.5)
    scene = load_scene(room.path, registry())
    assert [spec.settings.model_dump().get("brightness") for spec in scene.passes][-2:] == [1.0, 2.5]
    assert "# the last of all" in room.path.read_text()


def test_a_scene_that_extends_another_says_it_itself(folder: Path) -> None:
    room = Room(folder, "child")
    room.save("film/grain", 0.05)
    room.save("room/exposure", 1.0)
    assert (folder / "pool.yaml").read_text() == POOL
    text = room.path.read_text()
    assert "  - film: {bloom: 0.1, grain: 0.05} # more" in text and "title: Child   # mine" in text
    scene = load_scene(room.path, registry())
    assert scene.passes[0].settings.model_dump()["exposure"] == 1.0
    with pytest.raises(ControlError, match="several passes picture; give each a name"):
        room.save("picture_2/brightness", 2.0)


@pytest.mark.parametrize("where", ["reflection/opacity", "film/exposure"])
def test_what_moves_is_not_fixed_by_the_way(folder: Path, where: str) -> None:
    room = Room(folder, "pool")
    with pytest.raises(ControlError, match="which a fixed value would end"):
        room.save(where, 0.5)
    assert room.path.read_text() == POOL


def test_what_was_edited_by_hand_is_kept(folder: Path) -> None:
    room = Room(folder, "pool")
    edited = POOL.replace("# dim", "# dimmer") + "  - dust: {brightness: 0.9}   # new\n"
    room.path.write_text(edited)
    room.save("film/grain", 0.03)
    text = room.path.read_text()
    assert "# dimmer" in text and "dust: {brightness: 0.9}   # new" in text and "grain: 0.03" in text


def test_what_is_edited_while_it_is_being_saved_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room, edits = Room(folder, "pool"), [POOL.replace("# dim", "# by hand")]
    read = engine.control.commented_yaml._bytes

    def read_then_edit(path: Path) -> bytes:
        found = read(path)
        if edits:
            path.write_text(edits.pop())
        return found

    monkeypatch.setattr(engine.control.commented_yaml, "_bytes", read_then_edit)
    room.save("film/grain", 0.03)
    assert "# by hand" in room.path.read_text() and "grain: 0.03" in room.path.read_text()


def test_a_file_that_is_broken_now_stays_as_it_is(folder: Path) -> None:
    room = Room(folder, "pool")
    broken = POOL.replace("exposure: 0.3", "exposure: 99")
    room.path.write_text(broken)
    with pytest.raises(ConfigError, match=r"pool.yaml:6: passes\[0\].room.exposure: must be between 0 and 4"):
        room.save("film/grain", 0.03)
    assert room.path.read_text() == broken and sorted(path.name for path in folder.iterdir()) == [
        "child.yaml",
        "pool.yaml",
    ]


def test_every_scene_that_ships_is_written_without_another_change() -> None:
    for path in sorted((ROOT / "scenes").glob("*.yaml")):
        text = path.read_text()
        assert engine.control.commented_yaml._changed(path, text.encode(), lambda data: None).decode() == text


def test_what_is_no_knob_is_not_saved(folder: Path) -> None:
    room = Room(folder, "pool")
    with pytest.raises(ControlError, match="is no knob of the scene"):
        room.saver.save(f"{SHOW}/calm")
