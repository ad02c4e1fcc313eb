"""What the operator does to the picture: black, held still, read again from its files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.errors import ConfigError
from engine.render.blackout import Blackout
from engine.render.mirror import Mirror
from engine.render.passes import registry
from engine.render.shader import ShaderLibrary
from engine.scene import PassSpec, Scene
from engine.types import ByteArray, Tick
from tests.conftest import ROOT
from tests.render.pictures import ALIGNMENT

SIZE_WH = (64, 36)
DT_S = 1 / 30
Show = Callable[..., ByteArray]


def scene_of(*kinds: str) -> Scene:
    return Scene("Test", SIZE_WH, tuple(PassSpec(kind, registry()[kind]()) for kind in kinds))


@pytest.fixture
def shaders(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "shaders", tmp_path / "shaders"))


@pytest.fixture
def mirror(gl: moderngl.Context, shaders: Path) -> Iterator[Mirror]:
    """Grain makes every picture differ from the one before."""
    with Mirror(gl, ShaderLibrary(shaders), scene_of("room", "film"), ALIGNMENT, SIZE_WH, 1.0) as mirror:
        yield mirror


@pytest.fixture
def show(gl: moderngl.Context, mirror: Mirror) -> Iterator[Show]:
    """show(frames) -> what is on the wall after so many, (H, W, 3) uint8, row 0 bottom."""
    wall = gl.simple_framebuffer(SIZE_WH, components=4)
    count = iter(range(10_000))

    def run(frames: int = 1) -> ByteArray:
        for _ in range(frames):
            index = next(count)
            tick = Tick(index, index * DT_S, DT_S)
            mirror.update(None, None, tick)
            mirror.draw(wall, tick, tick.time_s)
        return np.frombuffer(wall.read(components=3), np.uint8).reshape(SIZE_WH[1], SIZE_WH[0], 3)

    yield run
    gl.detect_framebuffer(0).use()
    wall.color_attachments[0].release()
    wall.release()


def test_blackout_is_black_within_its_time_and_comes_back(mirror: Mirror, show: Show) -> None:
    before = float(show().mean())
    mirror.blackout.toggle()
    levels = [float(show().mean()) for _ in range(18)]  # 0.6 s
    assert levels == sorted(levels, reverse=True) and 0 < levels[5] < before
    assert (show() == 0).all()
    mirror.blackout.toggle()
    assert 0 < show(6).mean() < before
    assert show(12).mean() == pytest.approx(before, rel=0.05)


def test_a_fade_can_be_turned_round() -> None:
    blackout = Blackout()
    assert blackout.light == 1.0
    blackout.toggle()
    blackout.update(Tick(0, 0.0, 0.2))
    assert blackout.is_on and 0 < blackout.light < 1
    blackout.toggle()
    blackout.update(Tick(1, 0.2, 0.25))
    assert not blackout.is_on and blackout.light == 1.0


def test_a_held_picture_stands_still_while_time_goes_on(mirror: Mirror, show: Show) -> None:
    assert (show() != show()).any()
    mirror.is_frozen = True
    held = show()
    assert (show(20) == held).all()
    mirror.is_frozen = False
    assert (show() != held).any()


def test_a_held_picture_can_be_blacked_out_and_gives_way_to_another_scene(mirror: Mirror, show: Show) -> None:
    mirror.is_frozen = True
    held = show()
    mirror.blackout.toggle()
    assert (show(18) == 0).all()
    mirror.blackout.toggle()
    assert (show(18) == held).all()
    mirror.show_scene(scene_of("film"))
    other = show()
    assert other.mean() < held.mean() / 2
    assert (show(5) == other).all()


def test_reloading_draws_with_the_shaders_as_they_are_now(mirror: Mirror, show: Show, shaders: Path) -> None:
    before = float(show().mean())
    projector = shaders / "projector.frag"
    text = projector.read_text()
    projector.write_text(text.replace("* u_light", "* u_light * vec3(1.0, 0.0, 0.0)"))
    assert show().mean() == pytest.approx(before, rel=0.03)
    mirror.reload(mirror.scene)
    red = show()
    assert red[..., 0].mean() > 5 and red[..., 1:].max() == 0


def test_a_broken_shader_leaves_everything_as_it_was(mirror: Mirror, show: Show, shaders: Path) -> None:
    before = float(show().mean())
    (shaders / "projector.frag").write_text("#version 330 core\n\nvoid main() { oops }\n")
    with pytest.raises(ConfigError, match=r"^shaders/projector\.frag:3: "):
        mirror.reload(mirror.scene)
    shutil.copy(ROOT / "shaders" / "projector.frag", shaders)
    (shaders / "film.frag").write_text("#version 330 core\nvoid main() { oops }\n")
    with pytest.raises(ConfigError, match=r"^shaders/film\.frag:2: "):
        mirror.reload(mirror.scene)
    with pytest.raises(ConfigError, match=r"^shaders/film\.frag:2: "):
        mirror.resize((128, 72))
    mirror.resize((128, 72))
    assert show().mean() == pytest.approx(before, rel=0.03)


def test_a_uniform_of_another_type_is_told_with_its_line(mirror: Mirror, show: Show, shaders: Path) -> None:
    show()
    film = (shaders / "film.frag").read_text()
    line = next(n for n, text in enumerate(film.splitlines(), 1) if text.startswith("uniform float u_vignette"))
    film = film.replace("uniform float u_vignette", "uniform vec2 u_vignette").replace("u_vignette *", "u_vignette.x *")
    (shaders / "film.frag").write_text(film)
    with pytest.raises(ConfigError, match=rf"^shaders/film\.frag:{line}: u_vignette has another type"):
        mirror.reload(mirror.scene)
    assert show().mean() > 0
