"""The picture that may leave this machine: as the wall shows it, and never with anything of the camera's picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from engine.core.clock import ManualClock, Tick
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.preview import IDLE_S, Preview, small
from engine.render.renderer import Renderer
from engine.scene.scene import PassSpec, Scene
from engine.types import ByteArray, Frame
from tests.render.pictures import ALIGNMENT

SIZE_WH = (96, 54)
DT_S = 1 / 30
Look = Callable[[Renderer], ByteArray]


def scene_of(*kinds: str) -> Scene:
    return Scene("Test", SIZE_WH, tuple(PassSpec(kind, registry()[kind]()) for kind in kinds))


class Watcher:
    """Somebody who may be looking."""

    looks = True


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def preview(gl: moderngl.Context, library: ShaderLibrary, watcher: Watcher) -> Iterator[Preview]:
    with Preview(gl, library, ManualClock(), lambda: watcher.looks) as preview:
        yield preview


def run(
    mirror: Renderer, preview: Preview, seconds: float, camera: ByteArray | None = None, start_s: float = 0.0
) -> None:
    """Show frame after frame."""
    for index in range(round(seconds / DT_S)):
        now_s = start_s + index * DT_S
        frame = None if camera is None else Frame(camera, now_s, index)
        tick = Tick(index, now_s, DT_S)
        mirror.receive(frame, None, tick)
        preview.draw(mirror, SIZE_WH, tick, now_s)
        mirror._ctx.finish()


@pytest.mark.parametrize("kinds", [("camera",), ("room", "between"), ("room", "glass")])
def test_the_camera_is_never_in_it(
    gl: moderngl.Context, library: ShaderLibrary, preview: Preview, kinds: tuple[str, ...]
) -> None:
    red = np.zeros((54, 96, 3), np.uint8)
    red[..., 0] = 255
    with Renderer(gl, library, scene_of(*kinds), ALIGNMENT, SIZE_WH, 1.0) as mirror:
        wall = gl.simple_framebuffer(SIZE_WH, components=4)
        run(mirror, preview, 1.0, red)
        mirror.draw(wall, Tick(30, 1.0, DT_S), 1.0)
        on_the_wall = np.frombuffer(wall.read(components=3), np.uint8).reshape(54, 96, 3)
        gl.detect_framebuffer(0).use()
        wall.color_attachments[0].release()
        wall.release()
        picture = preview.pictures.poll()

    assert picture is not None and picture.shape == (54, 96, 3)
    assert (on_the_wall[..., 0].astype(int) - on_the_wall[..., 1]).max() > 60 or kinds == ("room", "between")
    assert (picture[..., 0].astype(int) - picture[..., 1]).max() < 60


def test_it_is_drawn_five_times_a_second_and_only_while_somebody_looks(
    gl: moderngl.Context, library: ShaderLibrary, preview: Preview, watcher: Watcher
) -> None:
    with Renderer(gl, library, scene_of("room"), ALIGNMENT, SIZE_WH, 1.0) as mirror:
        run(mirror, preview, 3.0)
        assert 12 <= preview.pictures.put_count <= 15
        before, watcher.looks = preview.pictures.put_count, False
        run(mirror, preview, 1.0, start_s=3.0)
        assert preview.pictures.put_count == before and preview._shown is not None
        run(mirror, preview, 0.1, start_s=3.0 + IDLE_S + 1.0)
        assert preview._shown is None
        watcher.looks = True
        run(mirror, preview, 1.0, start_s=40.0)
        assert preview.pictures.put_count > before


def test_it_shows_black_what_is_held_and_another_scene(
    gl: moderngl.Context, library: ShaderLibrary, preview: Preview
) -> None:
    with Renderer(gl, library, scene_of("room", "film"), ALIGNMENT, SIZE_WH, 1.0) as mirror:
        run(mirror, preview, 1.0)
        lit = preview.pictures.poll()
        mirror.is_frozen = True
        run(mirror, preview, 1.0, start_s=1.0)
        held = preview.pictures.poll()
        run(mirror, preview, 1.0, start_s=2.0)
        assert held is not None and (held == preview.pictures.poll()).all()
        mirror.is_frozen, mirror.blackout.is_on = False, True
        run(mirror, preview, 1.5, start_s=3.0)
        black = preview.pictures.poll()
        mirror.blackout.is_on = False
        mirror.show_scene(scene_of("film"))
        run(mirror, preview, 1.5, start_s=4.5)
        other = preview.pictures.poll()

    assert lit is not None and black is not None and other is not None
    assert lit.mean() > 5 and (black == 0).all() and other.mean() < lit.mean() / 2


def test_its_size_is_small_even_and_never_larger_than_the_picture() -> None:
    assert small((1920, 1080)) == (480, 270)
    assert small((1080, 1920)) == (270, 480)
    assert small((64, 36)) == (64, 36)
    assert small((8192, 16)) == (480, 16)


def test_it_shows_what_is_set_from_outside(gl: moderngl.Context, library: ShaderLibrary, preview: Preview) -> None:
    with Renderer(gl, library, scene_of("room"), ALIGNMENT, SIZE_WH, 1.0) as mirror:
        run(mirror, preview, 1.0)
        lit = preview.pictures.poll()
        mirror.override({"room": {"exposure": 0.0}})
        run(mirror, preview, 1.0, start_s=1.0)
        dark = preview.pictures.poll()

    assert lit is not None and dark is not None and dark.mean() < 0.2 * lit.mean()


def test_of_a_scene_that_was_changed_only_the_changed_passes_are_built_anew(
    gl: moderngl.Context, library: ShaderLibrary, preview: Preview
) -> None:
    scene = scene_of("room", "film")
    with Renderer(gl, library, scene, ALIGNMENT, SIZE_WH, 1.0) as mirror:
        run(mirror, preview, 1.0)
        assert preview._shown is not None
        before = [part.drawn for part in preview._shown._parts]
        lit = preview.pictures.poll()
        room = replace(scene.passes[0], settings=registry()["room"](exposure=0.0, blur=0.1))
        mirror.reload(replace(scene, passes=(room, scene.passes[1])))
        run(mirror, preview, 1.0, start_s=1.0)
        assert preview._shown.scene is mirror.scene
        kept = [part.drawn for part in preview._shown._parts]
        dark = preview.pictures.poll()

    assert kept[1] is before[1] and kept[0] is not before[0]
    assert lit is not None and dark is not None and dark.mean() < 0.5 * lit.mean()
