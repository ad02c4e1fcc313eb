"""What is wrong at the start of a show: one sentence each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import engine.app
import engine.show.scene_switcher
from engine.core.errors import ConfigError, DeviceError, ModelError, NarcissusError
from tests.app.shows import SCENE, app


@pytest.mark.parametrize(
    ("spoil", "options", "kind", "message"),
    [
        (lambda p: (p / "config.yaml").unlink(), {}, ConfigError, "config.yaml"),
        (
            lambda p: (p / "config.yaml").write_text("camera: {widht: 3}\n"),
            {},
            ConfigError,
            "config.yaml:1: camera.widht",
        ),
        (lambda p: None, {"scene": "pool"}, ConfigError, "there is no scene 'pool': scenes has plain"),
        (
            lambda p: (p / "scenes" / "plain.yaml").write_text(SCENE.replace("film", "flim")),
            {},
            ConfigError,
            "scenes/plain.yaml:8: passes[2].flim",
        ),
        (lambda p: None, {"model": "nobody"}, ModelError, "there is no persona 'nobody'"),
        (
            lambda p: (p / "models" / "tiny" / "generator.safetensors").write_bytes(b"?" * 100),
            {},
            ModelError,
            "generator.safetensors",
        ),
        (lambda p: (p / "models/tiny/inverter.safetensors").write_bytes(b"?"), {}, ModelError, "inverter.safetensors"),
        (lambda p: None, {"source": "nothing.mp4"}, NarcissusError, "nothing.mp4"),
        (lambda p: (p / "text.png").write_text("no"), {"source": "text.png"}, DeviceError, "text.png"),
        (lambda p: None, {"size_wh": (1, 1)}, ConfigError, "a picture of 1x1 px cannot be shown"),
        (lambda p: None, {"record": Path("out.avi")}, ConfigError, "out.avi cannot hold H.264, being a .avi file"),
    ],
)
def test_what_is_wrong_at_the_start_is_one_sentence(
    place: Path,
    blind: None,
    spoil: Callable[[Path], Any],
    options: dict[str, Any],
    kind: type[NarcissusError],
    message: str,
) -> None:
    spoil(place)
    with pytest.raises(kind) as told:
        app(**options).run()
    assert message in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("kept", [{"record": Path("file/out.mp4")}, {"session": Path("file/out.narc")}])
def test_off_screen_what_cannot_be_kept_ends_it_with_one_sentence(
    place: Path, blind: None, kept: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    (place / "file").write_text("")
    with pytest.raises(DeviceError, match=r"file/out\.\w+ cannot be created: its folder is not a folder"):
        app(**kept).run()
    assert "cannot be created" not in caplog.text, "main.py prints what is raised"


def test_a_stage_without_opengl_is_one_sentence(place: Path, blind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_context(**_: Any) -> None:
        raise RuntimeError("libEGL.so.1 is missing")

    def no_library() -> None:
        raise OSError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr("engine.render.window.gl_context.RobustContext", no_library)
    monkeypatch.setattr("moderngl.create_context", no_context)
    with pytest.raises(DeviceError, match="install libgl1, libegl1") as told:
        app().run()
    assert "\n" not in str(told.value)


def test_a_broken_shader_at_the_start_is_told_with_file_and_line(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(engine.app.SHADERS, place / "shaders")
    lines = (place / "shaders" / "room.frag").read_text().splitlines()
    end = next(number for number, line in enumerate(lines, 1) if line.startswith("void main"))
    lines.insert(end, "    this is no GLSL;")
    (place / "shaders" / "room.frag").write_text("\n".join(lines))
    monkeypatch.setattr(engine.app, "SHADERS", place / "shaders")
    with pytest.raises(ConfigError, match=rf"room\.frag:{end + 1}"):
        app().run()
