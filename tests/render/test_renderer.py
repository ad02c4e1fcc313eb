"""What the operator does to the picture: black, held still, read again from its files."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from engine.render.fade_to_black import Blackout
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.passes.film import Film
from engine.render.passes.frame import Frame
from engine.render.renderer import RENEW_S, RENEW_UNSEEN_S, RENEWAL, Renderer
from engine.render.shader_trials import ShaderTrials
from engine.scene.scene import PassSpec, Scene
from engine.scene.transition import TransitionSettings
from engine.types import ByteArray, Reflection
from engine.visitor.visit_state import VisitState
from tests.conftest import ROOT
from tests.render.external import PretendedTrial
from tests.render.pictures import ALIGNMENT, synthetic_face
from tests.render.visits import SOMEBODY, hang_visitor

SIZE_WH = (64, 36)
DT_S = 1 / 30
CUT = TransitionSettings(seconds=0.0)
Show = Callable[..., ByteArray]


def scene_of(*kinds: str) -> Scene:
    return Scene("Test", SIZE_WH, tuple(PassSpec(kind, registry()[kind]()) for kind in kinds))


@pytest.fixture
def shaders(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "shaders", tmp_path / "shaders"))


@pytest.fixture
def mirror(gl: moderngl.Context, shaders: Path) -> Iterator[Renderer]:
    """Grain makes every picture differ from the one before."""
    with Renderer(gl, ShaderLibrary(shaders), scene_of("room", "film"), ALIGNMENT, SIZE_WH, 1.0) as mirror:
        yield mirror


@pytest.fixture
def show(gl: moderngl.Context, mirror: Renderer) -> Iterator[Show]:
    """show(frames) -> what is on the wall after so many, (H, W, 3) uint8, row 0 bottom."""
    wall = gl.simple_framebuffer(SIZE_WH, components=4)
    count = iter(range(10_000))

    def run(frames: int = 1) -> ByteArray:
        for _ in range(frames):
            index = next(count)
            tick = Tick(index, index * DT_S, DT_S)
            mirror.receive(None, None, tick)
            mirror.draw(wall, tick, tick.time_s)
        return np.frombuffer(wall.read(components=3), np.uint8).reshape(SIZE_WH[1], SIZE_WH[0], 3)

    yield run
    gl.detect_framebuffer(0).use()
    wall.color_attachments[0].release()
    wall.release()


def test_blackout_is_black_within_its_time_and_comes_back(mirror: Renderer, show: Show) -> None:
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
    blackout.fade(Tick(0, 0.0, 0.2))
    assert blackout.is_on and 0 < blackout.light < 1
    blackout.toggle()
    blackout.fade(Tick(1, 0.2, 0.25))
    assert not blackout.is_on and blackout.light == 1.0


def test_a_held_picture_stands_still_while_time_goes_on(mirror: Renderer, show: Show) -> None:
    assert (show() != show()).any()
    mirror.is_frozen = True
    held = show()
    assert (show(20) == held).all()
    mirror.is_frozen = False
    assert (show() != held).any()


def test_a_held_picture_can_be_blacked_out_and_gives_way_to_another_scene(mirror: Renderer, show: Show) -> None:
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


def test_reloading_draws_with_the_shaders_as_they_are_now(mirror: Renderer, show: Show, shaders: Path) -> None:
    before = float(show().mean())
    projector = shaders / "projector.frag"
    text = projector.read_text()
    projector.write_text(text.replace("* u_light", "* u_light * vec3(1.0, 0.0, 0.0)"))
    assert show().mean() == pytest.approx(before, rel=0.03)
    mirror.reload(mirror.scene)
    red = show()
    assert red[..., 0].mean() > 5 and red[..., 1:].max() == 0


def test_a_broken_shader_leaves_everything_as_it_was(mirror: Renderer, show: Show, shaders: Path) -> None:
    before = float(show().mean())
    (shaders / "projector.frag").write_text("#version 330 core\n\nvoid main() { oops }\n")
    with pytest.raises(ConfigError, match=r"^shaders/projector\.frag:3: "):
        mirror.reload(mirror.scene)
    shutil.copy(ROOT / "shaders" / "projector.frag", shaders)
    (shaders / "film.frag").write_text("#version 330 core\nvoid main() { oops }\n")
    with pytest.raises(ConfigError, match=r"^shaders/film\.frag:2: "):
        mirror.reload(mirror.scene)
    mirror.resize((128, 72))
    with pytest.raises(ConfigError, match=r"^shaders/film\.frag:2: "):
        mirror.advance(lambda: True)
    mirror.resize((128, 72))
    assert show().mean() == pytest.approx(before, rel=0.03)


def test_a_uniform_of_another_type_is_told_with_its_line(mirror: Renderer, show: Show, shaders: Path) -> None:
    show()
    film = (shaders / "film.frag").read_text()
    line = next(n for n, text in enumerate(film.splitlines(), 1) if text.startswith("uniform float u_vignette"))
    film = film.replace("uniform float u_vignette", "uniform vec2 u_vignette").replace("u_vignette *", "u_vignette.x *")
    (shaders / "film.frag").write_text(film)
    with pytest.raises(ConfigError, match=rf"^shaders/film\.frag:{line}: u_vignette has another type"):
        mirror.reload(mirror.scene)
    assert show().mean() > 0


def test_a_scene_that_is_coming_is_built_in_short_steps_while_the_old_one_goes_on(mirror: Renderer, show: Show) -> None:
    show()
    mirror.prepare(replace(scene_of("room", "frame"), transition=CUT))
    steps = 0
    while mirror.advance(lambda: False) is None:
        steps += 1
        assert mirror.scene.passes[-1].kind == "film"
        assert (show() != show()).any(), "the old one lives"
    assert steps > 6 and mirror.scene.passes[-1].kind == "frame"
    assert (show() == show()).mean() > 0.5, "without grain"


def test_two_scenes_are_seen_while_one_gives_way_to_the_other(mirror: Renderer, show: Show) -> None:
    bright = float(show().mean())
    mirror.prepare(replace(scene_of("film"), transition=TransitionSettings(seconds=1.0)))
    assert mirror.advance(lambda: True) is mirror.scene
    levels = [float(show().mean()) for _ in range(34)]
    dark = float(show(10).mean())
    assert levels[0] == pytest.approx(bright, rel=0.05)
    assert dark < bright / 2 and levels[-1] == pytest.approx(dark, rel=0.1)
    assert all(after <= before + 1.0 for before, after in itertools.pairwise(levels))
    assert dark < levels[15] < bright, "in the middle there is light of both"


def test_the_next_scene_waits_for_the_end_of_a_transition_and_the_last_wish_counts(
    mirror: Renderer, show: Show
) -> None:
    show()
    first, second, third = (replace(scene_of("film"), title=title) for title in "abc")
    mirror.prepare(first)
    mirror.advance(lambda: True)
    mirror.prepare(second)
    mirror.prepare(third)
    taken = [mirror.advance(lambda: True) for _ in range(60) if show() is not None]
    assert [scene.title for scene in taken if scene is not None] == ["c"]
    assert taken[40] is None, "1.5 s have not passed"


def test_a_held_picture_gives_way_with_a_cut(mirror: Renderer, show: Show) -> None:
    show()
    mirror.is_frozen = True
    mirror.prepare(scene_of("film"))
    mirror.advance(lambda: True)
    other = show()
    assert (show(20) == other).all() and other.mean() < 20


def test_a_picture_held_in_a_transition_survives_its_end_and_another_shader(
    mirror: Renderer, show: Show, shaders: Path
) -> None:
    show()
    mirror.prepare(scene_of("film"))
    mirror.advance(lambda: True)
    show(20)
    mirror.is_frozen = True
    held = show()
    assert (show(60) == held).all()
    text = (shaders / "transition.frag").read_text()
    (shaders / "transition.frag").write_text(text.replace("void main() {", "void main() {\n    if (false) discard;\n"))
    mirror.reload(mirror.scene)
    assert show().mean() < 20


def test_scenes_of_other_shapes_lie_where_each_would_lie(mirror: Renderer, show: Show) -> None:
    wide = show()
    tall = replace(
        scene_of("room", "film"), size_wh=(36, 64), transition=TransitionSettings(seconds=1.0, curve="linear")
    )
    mirror.prepare(tall)
    mirror.advance(lambda: True)
    middle = show(15)
    assert 0 < middle[:, :20].mean() < 0.9 * wide[:, :20].mean(), "beside the tall one the wide one fades"
    assert middle[:, 24:40].mean() == pytest.approx(wide[:, 24:40].mean(), rel=0.3)
    assert (show(20)[:, :20] == 0).all()


def test_a_size_that_changes_in_a_transition_waits_for_its_end(mirror: Renderer, show: Show) -> None:
    show()
    mirror.prepare(scene_of("film"))
    mirror.advance(lambda: True)
    show(3)
    mirror.resize((128, 72))
    assert mirror.advance(lambda: True) is None
    show(120)
    assert mirror.advance(lambda: True) is not None and mirror._compositor.size_wh == (128, 72)


def test_another_size_is_built_in_short_steps_while_the_picture_goes_on(mirror: Renderer, show: Show) -> None:
    before = show()
    mirror.resize((128, 72))
    assert mirror._compositor.size_wh != (128, 72)
    steps = 0
    while mirror.advance(lambda: False) is None:
        steps += 1
        assert show().mean() == pytest.approx(before.mean(), rel=0.1)
    assert steps > 4 and mirror._compositor.size_wh == (128, 72)


def test_a_scene_that_comes_into_another_size_is_not_mixed_with_what_was_smaller(mirror: Renderer, show: Show) -> None:
    show()
    mirror.prepare(scene_of("film"))
    mirror.resize((128, 72))
    assert mirror.advance(lambda: True) is not None and mirror._leaving is None


def test_a_size_that_changes_while_a_scene_is_built_builds_it_anew(mirror: Renderer, show: Show) -> None:
    show()
    mirror.prepare(replace(scene_of("film"), transition=CUT))
    mirror.advance(lambda: False)
    mirror.resize((128, 72))
    assert mirror.scene.passes[0].kind == "room"
    assert mirror.advance(lambda: True) is mirror.scene and mirror.scene.passes[0].kind == "film"


def test_what_a_save_does_not_touch_is_kept(mirror: Renderer, show: Show, shaders: Path) -> None:
    mirror.show_scene(scene_of("room", "frame", "film"))
    before = float(show().mean())
    room, frame, film = (part.drawn for part in mirror._compositor._parts)
    changed = scene_of("room", "frame", "film")
    passes = (changed.passes[0], changed.passes[1], replace(changed.passes[2], settings=Film.Settings(exposure=4.0)))
    mirror.reload(replace(changed, passes=passes))
    assert [part.drawn for part in mirror._compositor._parts] == [room, frame, film], "numbers are handed over"
    assert show().mean() > 1.5 * before, "and the new ones count"
    text = (shaders / "film.frag").read_text()
    (shaders / "film.frag").write_text(text.replace("void main() {", "// said\n\nvoid main() {"))
    mirror.reload(mirror.scene)
    assert mirror._compositor._parts[2].drawn is film, "a comment changes nothing"
    (shaders / "film.frag").write_text(text.replace("void main() {", "void main() {\n    if (false) discard;\n"))
    mirror.reload(mirror.scene)
    assert [part.drawn for part in mirror._compositor._parts[:2]] == [room, frame]
    assert mirror._compositor._parts[2].drawn is not film
    worn = replace(passes[1], settings=Frame.Settings(wear=0.1))
    mirror.reload(replace(changed, passes=(passes[0], worn, passes[2])))
    assert mirror._compositor._parts[0].drawn is room and mirror._compositor._parts[1].drawn is not frame
    narrow = replace(passes[1], settings=Frame.Settings(proportion=0.5))
    mirror.reload(replace(changed, passes=(passes[0], narrow, passes[2])))
    assert mirror._compositor._parts[0].drawn is not room, "its glass has another shape"
    assert show().mean() > 0


def test_a_broken_save_leaves_what_would_have_been_taken_over(mirror: Renderer, show: Show, shaders: Path) -> None:
    before = float(show().mean())
    (shaders / "film.frag").write_text("#version 330 core\nvoid main() { oops }\n")
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"^shaders/film\.frag:2: "):
            mirror.reload(mirror.scene)
    assert show().mean() == pytest.approx(before, rel=0.03)
    shutil.copy(ROOT / "shaders" / "film.frag", shaders)
    mirror.reload(mirror.scene)
    assert show().mean() == pytest.approx(before, rel=0.03)


def test_closing_time_forgets_the_strangers_of_the_evening(mirror: Renderer, show: Show) -> None:
    hang_visitor(mirror.archive, synthetic_face(0), 0)
    mirror.blackout.toggle()
    show(60)
    assert mirror.archive.count == 1  # the operator's black is not the end
    mirror.closing.is_on = True
    show(2)
    assert mirror.archive.count == 1
    show(60)
    assert mirror.archive.count == 0


def test_previews_are_asked_for_by_the_scene_that_shows_them(mirror: Renderer) -> None:
    assert not mirror.wants_previews
    mirror.show_scene(scene_of("mosaic", "film"))
    assert mirror.wants_previews


def test_an_echo_is_asked_for_by_the_scene_that_shows_it(mirror: Renderer) -> None:
    assert not mirror.wants_echo
    mirror.show_scene(scene_of("echo", "film"))
    assert mirror.wants_echo and not mirror.wants_previews


@pytest.mark.parametrize("ran_s", [3600.0, 30 * 86_400.0, 365 * 86_400.0])
def test_animation_is_the_same_after_an_hour_a_month_and_a_year(
    ran_s: float, gl: moderngl.Context, shaders: Path
) -> None:
    def frames(begins_s: float, count: int) -> list[ByteArray]:
        """The first pictures of a scene, `count` of them, whose time began at `begins_s`."""
        pictures = []
        for index in range(count):
            tick = Tick(index, begins_s + (index + 1) * DT_S, DT_S)
            mirror.receive(None, None, tick)
            mirror.advance(lambda: True)
            mirror.draw(wall, tick, tick.time_s)
            pictures.append(np.frombuffer(wall.read(components=3), np.uint8))
        return pictures

    scene = scene_of("room", "mosaic")
    seen = round(RENEWAL.seconds / DT_S)
    wall = gl.simple_framebuffer(SIZE_WH, components=4)
    with Renderer(gl, ShaderLibrary(shaders), scene, ALIGNMENT, SIZE_WH, 1.0) as mirror:
        first = frames(0.0, seen + 30)
    with Renderer(gl, ShaderLibrary(shaders), scene, ALIGNMENT, SIZE_WH, 1.0) as mirror:
        frames(0.0, 3)
        later = frames(ran_s - DT_S, seen + 31)[1:]  # in the first of them the scene is built anew
    gl.detect_framebuffer(0).use()
    wall.color_attachments[0].release()
    wall.release()
    assert not np.array_equal(first[-1], first[-30])
    for before, after in zip(first[seen:], later[seen:], strict=True):
        np.testing.assert_allclose(after.astype(int), before, atol=1)


def test_time_begins_anew_where_nobody_sees_it_and_at_the_latest_after_hours(mirror: Renderer, show: Show) -> None:
    show()
    wall_s = RENEW_UNSEEN_S + 100.0
    mirror.blackout.is_on = True
    mirror.receive(None, None, Tick(1, wall_s, 10.0))
    assert mirror._compositor.began_s == wall_s and mirror.advance(lambda: True) is None  # on a dark wall, at once
    mirror.blackout.is_on = False
    for index in range(20):
        mirror.receive(None, Reflection(synthetic_face(0), SOMEBODY, 0.0, index), Tick(3, wall_s + 1 + index / 4, 0.25))
    assert mirror.visit_state is not VisitState.IDLE
    mirror.receive(None, None, Tick(4, wall_s + RENEW_S - 1, DT_S))
    assert mirror.advance(lambda: True) is None
    mirror.receive(None, None, Tick(5, wall_s + RENEW_S, DT_S))
    assert mirror.advance(lambda: True) is mirror.scene
    assert mirror._compositor.began_s == wall_s + RENEW_S and mirror._leaving is not None


# -------------------------------------------------- shaders from outside


def external(file: str, **settings: object) -> Scene:
    passes = (PassSpec("room", registry()["room"]()), PassSpec("isf", registry()["isf"](file=file, **settings)))
    return Scene("Theirs", SIZE_WH, passes, transition=CUT)


def test_a_shader_from_outside_is_tried_before_it_is_shown_and_a_slow_one_never_is(
    gl: moderngl.Context, shaders: Path
) -> None:
    body = "void main() { gl_FragColor = vec4(1.0, 0.0, 0.0, 1.0); }"
    for name in ("fine.fs", "slow.fs"):
        (shaders / "foreign" / name).write_text(f'/*{{"ISFVSN": "2"}}*/\n{body}')
    trial, library = PretendedTrial(), ShaderLibrary(shaders)
    trials = ShaderTrials(library, trial)
    with Renderer(gl, library, external("fine.fs"), ALIGNMENT, SIZE_WH, 1.0, trials=trials) as mirror:
        assert trial.asked == ["fine.fs"]
        mirror.prepare(external("slow.fs"))
        with pytest.raises(ConfigError, match=r"slow\.fs: would take about 4\.2 s for a picture of 64x36 px"):
            while mirror.advance(lambda: True) is None:
                pass
        assert mirror.scene.passes[1].settings.model_dump()["file"] == "fine.fs"
        mirror.prepare(external("breath.fs"))
        while mirror.advance(lambda: True) is None:
            pass
        assert trial.asked == ["fine.fs", "slow.fs", "breath.fs"]


def test_a_scene_that_draws_sound_asks_for_it_and_gets_it(gl: moderngl.Context, shaders: Path) -> None:
    head = '/*{"ISFVSN": "2", "INPUTS": [{"NAME": "heard", "TYPE": "audio"}]}*/'
    body = "void main() { gl_FragColor = vec4(vec3(IMG_NORM_PIXEL(heard, vec2(0.9, 0.5)).r), 1.0); }"
    (shaders / "foreign" / "loud.fs").write_text(f"{head}\n{body}")
    library = ShaderLibrary(shaders)
    wall = gl.simple_framebuffer(SIZE_WH, components=4)
    with Renderer(
        gl, library, external("loud.fs"), ALIGNMENT, SIZE_WH, 1.0, trials=ShaderTrials(library, PretendedTrial())
    ) as mirror:
        assert mirror.wants_sound
        levels = []
        for index, sound in enumerate((None, np.ones(2048, np.float32), np.full(2048, -1.0, np.float32)), 1):
            tick = Tick(index, index * DT_S, DT_S)
            mirror.receive(None, None, tick, sound=sound)
            mirror.draw(wall, tick, 0.0)
            levels.append(int(np.frombuffer(wall.read(components=3), np.uint8).reshape(36, 64, 3)[18, 32, 0]))
        assert levels == pytest.approx([128, 255, 0], abs=3)
        mirror.show_scene(scene_of("room"))
        assert not mirror.wants_sound
    wall.color_attachments[0].release()
    wall.release()
