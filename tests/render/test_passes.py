"""Each pass draws what it says, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.render.compositor import Compositor
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture import PixelTexture
from engine.render.glass_area import GlassArea
from engine.render.passes import base, registry
from engine.render.passes.base import Pass, register
from engine.render.passes.face_placement import put_face
from engine.render.passes.frame import Frame
from engine.scene.scene import PassSettings, PassSpec, Scene
from engine.types import Placement
from tests.render.conftest import STAGE_WH, START, Draw
from tests.render.pictures import ALIGNMENT, REST, centre_of_light, eye_mark, read_texture


@pytest.mark.parametrize("kind", sorted(registry()))
def test_every_pass_draws_at_every_shape_of_stage(draw: Draw, kind: str) -> None:
    for size_wh in ((64, 36), (36, 64), (40, 40)):
        light = draw(kind, size_wh=size_wh)
        assert light.shape == (size_wh[1], size_wh[0], 4)
        assert np.isfinite(light).all()
        assert light.min() >= 0.0


@pytest.mark.parametrize("kind", sorted(registry()))
def test_the_same_moment_is_the_same_picture(draw: Draw, kind: str) -> None:
    tick = Tick(7, 1.25, 0.04)
    assert (draw(kind, tick=tick, size_wh=(64, 36)) == draw(kind, tick=tick, size_wh=(64, 36))).all()


def test_duplicates_and_passes_without_settings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_PASSES", dict(base._PASSES))

    class Other(Pass):
        Settings = PassSettings

        def render(self, *_: object) -> None:
            raise NotImplementedError

    with pytest.raises(ValueError, match="a pass called room already exists: Room"):
        register("room")(Other)
    register("other")(Other)
    assert Other.kind == "other"
    assert registry()["other"] is PassSettings

    class Bare(Other):
        Settings = dict  # type: ignore[assignment]

    with pytest.raises(ValueError, match=r"Bare has no Settings derived from PassSettings"):
        register("bare")(Bare)


def test_eyes_stand_at_rest_where_composed(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    """The middle between the eyes is in the middle of the glass, at 42 % of its height, with nobody measured too."""
    for placement in (REST, None):
        left = centre_of_light(draw("reflection", {}, face(eye_mark(-1), placement)))
        right = centre_of_light(draw("reflection", {}, face(eye_mark(1), placement)))
        assert left[0] < 0.5 < right[0]
        assert (left[0] + right[0]) / 2 == pytest.approx(0.5, abs=0.01)
        assert (left[1] + right[1]) / 2 == pytest.approx(0.42, abs=0.02)


def eye_at(
    draw: Draw, face: Callable[..., FrameInputs], side: int, placement: Placement, **settings: float
) -> np.ndarray:
    """Where an eye is drawn, in stage heights."""
    x, y = centre_of_light(draw("reflection", settings, face(eye_mark(side), placement)))
    return np.array([x * STAGE_WH[0] / STAGE_WH[1], y])


def test_the_reflection_moves_as_the_viewer_does(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    rest = eye_at(draw, face, -1, REST)
    right = eye_at(draw, face, -1, replace(REST, x=0.6)) - rest
    down = eye_at(draw, face, -1, replace(REST, y=0.52)) - rest
    assert right[0] > 0.08
    assert abs(right[1]) < 0.01
    assert down[1] > 0.05
    assert abs(down[0]) < 0.01


def test_the_reflection_grows_as_the_viewer_comes_nearer(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    def distance(placement: Placement) -> float:
        return float(np.linalg.norm(eye_at(draw, face, 1, placement) - eye_at(draw, face, -1, placement)))

    at_rest = distance(REST)
    assert at_rest == pytest.approx(0.8 * ALIGNMENT.eye_distance, rel=0.1)
    assert distance(replace(REST, eye_distance=0.15)) > 1.15 * at_rest
    assert distance(replace(REST, eye_distance=0.07)) < 0.85 * at_rest


def test_the_reflection_tilts_clockwise(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    tilted = replace(REST, roll_rad=0.4)
    left, right = (eye_at(draw, face, side, tilted, follow=1.0) for side in (-1, 1))
    across = right - left
    assert across[0] > 0
    assert np.arctan2(across[1], across[0]) == pytest.approx(0.4, abs=0.05)  # y runs down: clockwise on the screen


def test_follow_zero_stays_composed(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    away = Placement(x=0.8, y=0.7, eye_distance=0.2, roll_rad=0.5, aspect=4 / 3)
    assert eye_at(draw, face, 1, away, follow=0.0) == pytest.approx(eye_at(draw, face, 1, REST), abs=1e-3)


def test_the_drawn_face_turns_with_what_the_head_did_since(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    view = face(eye_mark(1), REST)

    def eye(**changes: object) -> np.ndarray:
        settings = {"late": changes.pop("late", 1.0)}
        return np.array(centre_of_light(draw("reflection", settings, replace(view, **changes)))) * STAGE_WH  # px

    still = eye()
    right, up = eye(turned=(0.1, 0.0)) - still, eye(turned=(0.0, 0.1)) - still
    assert right[0] > 2 and abs(right[1]) < 0.5
    assert up[1] < -2 and abs(up[0]) < 0.5
    assert eye(turned=(0.1, 0.1), late=0.0) == pytest.approx(still)
    unseen = {"turned_before": (0.2, 0.0), "blend": 1.0}
    assert eye(**unseen) == pytest.approx(still, abs=0.05)


def test_two_faces_that_are_blended_turn_to_one_place(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    """The one before was drawn for a head that has turned further since."""
    view = replace(face(eye_mark(1), REST), turned=(0.0, 0.0), turned_before=(0.1, 0.0), blend=0.0)
    before = replace(view, previous=view.reflection)
    shown = np.array(centre_of_light(draw("reflection", {"late": 1.0}, before))) * STAGE_WH
    newest = np.array(centre_of_light(draw("reflection", {"late": 1.0}, replace(before, blend=1.0)))) * STAGE_WH
    assert shown[0] - newest[0] > 2


def test_an_edge_of_the_picture_is_not_moved_by_a_turn(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    y, x = (np.mgrid[0:64, 0:64] + 0.5) / 64
    ring = np.where(np.hypot((x - 0.5) / 1.25, (y - 0.53) / 1.62) > 0.25, 255, 0).astype(np.uint8)
    view = face(np.dstack([ring] * 3 + [np.full_like(ring, 255)]), REST)
    turned = draw("reflection", {"late": 1.0, "even": 0.0}, replace(view, turned=(0.2, 0.1)))
    still = draw("reflection", {"late": 1.0, "even": 0.0}, view)
    outside = still[..., :3].sum(axis=2) > 0.05
    assert np.abs(turned - still)[outside].mean() < 0.02 * still[outside].mean()


def test_the_face_cannot_leave_the_glass() -> None:
    glass = GlassArea(0.1, -0.05, 0.3, 0.35)
    knobs = {"follow": 1.0, "eye_line": 0.42, "viewer_eyes": 0.11, "size": 0.8}
    for x in (-3.0, 4.0):
        far = Placement(x=x, y=0.42, eye_distance=5.0, roll_rad=0.0, aspect=16 / 9)
        centre_x, _, per_side, _ = put_face(glass, ALIGNMENT, far, knobs)
        assert abs(centre_x - glass.x) <= glass.half_width
        assert 1 / per_side <= 0.8 * 2 * glass.half_height * np.exp(0.6) + 1e-9


def test_a_white_square_has_no_edge(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    """The one unforgivable thing: a picture without any background of its own still ends nowhere."""
    white = np.full((64, 64, 4), 255, np.uint8)
    for placement in (REST, replace(REST, x=0.55, eye_distance=0.13, roll_rad=0.3)):
        light = draw("reflection", {"even": 0.0, "size": 0.5}, face(white, placement))[..., 1]
        assert light.max() > 0.5
        steepest = max(np.abs(np.diff(light, axis=0)).max(), np.abs(np.diff(light, axis=1)).max())
        assert steepest < 0.25 * light.max()  # at least four pixels from light to dark on a stage of 180
        assert max(light[0].max(), light[:, 0].max(), light[:, -1].max()) == 0.0


def test_presence_brings_the_face_from_the_eyes_outward(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    white = np.full((64, 64, 4), 255, np.uint8)
    sums = [
        draw("reflection", {"idle": 0.0}, face(white, REST, presence))[..., 1].sum()
        for presence in (0.0, 0.3, 0.6, 1.0)
    ]
    assert sums[0] == 0.0
    assert sums[0] < sums[1] < sums[2] < sums[3]
    early = draw("reflection", {}, face(white, REST, 0.4))[..., 1]
    assert centre_of_light(early[..., None].repeat(3, axis=2))[1] < 0.55


def test_previous_and_newest_are_blended(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    black, white = (np.full((64, 64, 4), level, np.uint8) for level in (0, 255))
    old, new = face(black, REST), face(white, REST)
    brightness = [
        draw("reflection", {"even": 0.0}, replace(new, previous=old.reflection, blend=blend))[..., 1].sum()
        for blend in (0.0, 0.5, 1.0)
    ]
    assert brightness[0] < 0.1 * brightness[2]
    assert brightness[0] < brightness[1] < brightness[2]


def test_exposures_are_evened(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    dark, bright = (np.full((64, 64, 4), level, np.uint8) for level in (90, 200))

    def ratio(even: float) -> float:
        levels = [draw("reflection", {"even": even}, face(picture, REST))[..., 1].max() for picture in (dark, bright)]
        return float(levels[1] / levels[0])

    assert ratio(1.0) < 0.6 * ratio(0.0)


def test_the_room_shows_the_camera_upright(gl: moderngl.Context, draw: Draw) -> None:
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:45, :80] = (255, 0, 0)
    picture[45:, 80:] = (0, 0, 255)
    texture = PixelTexture(gl)
    texture.write(picture)
    light = draw("room", {}, FrameInputs(camera=texture.texture, camera_aspect=16 / 9))
    assert light[45, 80, :3].argmax() == 0
    assert light[45, 80, 0] == pytest.approx(0.25, abs=0.03)  # two stops down
    assert light[135, 240, 2] == pytest.approx(0.25, abs=0.03)
    assert light[45, 240, :3].max() < 0.02
    texture.close()


def test_the_room_is_unsharp_and_never_black(gl: moderngl.Context, draw: Draw) -> None:
    own = draw("room")
    assert own[..., :3].max(axis=2).min() > 0.002
    assert np.abs(np.diff(own[..., 1], axis=1)).max() < 0.02


def test_the_glass_bends_and_foxes(gl: moderngl.Context, library: ShaderLibrary) -> None:
    kinds = {"room": {}, "glass": {}}
    specs = [PassSpec(kind, registry()[kind](**knobs)) for kind, knobs in kinds.items()]
    lights = {}
    for name, knobs in {"clear": {"foxing": 0.0}, "foxed": {"foxing": 1.0}, "off": {"opacity": 0.0}}.items():
        scene = Scene("Glass", STAGE_WH, (specs[0], PassSpec("glass", registry()["glass"](**knobs))))
        with Compositor(gl, scene, library) as compositor:
            lights[name] = read_texture(compositor.render(FrameInputs(), START))[..., :3]
    edge = np.s_[:12, 60:-60]
    middle = np.s_[60:120, 120:200]
    assert lights["foxed"][edge].mean() < 0.8 * lights["clear"][edge].mean()
    assert lights["foxed"][middle].mean() == pytest.approx(lights["clear"][middle].mean(), rel=0.15)
    assert not np.allclose(lights["clear"], lights["off"], atol=1e-3)


def test_the_frame_leaves_the_glass_free_and_catches_the_key(draw: Draw) -> None:
    light = draw("frame")
    opening = Frame.opening(Frame.Settings(), STAGE_WH[0] / STAGE_WH[1])
    left, top, right, bottom = (
        round(edge * side) for edge, side in zip(opening.rect(STAGE_WH[0] / STAGE_WH[1]), STAGE_WH * 2, strict=True)
    )
    height, width = bottom - top, right - left
    inside = light[top + height // 4 : bottom - height // 4, left + width // 4 : right - width // 4, :3]
    assert inside.max() == 0.0
    gold_left = light[top:bottom, left - 16 : left - 2, :3].reshape(-1, 3)
    gold_right = light[top:bottom, right + 2 : right + 16, :3].reshape(-1, 3)
    red, green, blue = gold_left.mean(axis=0)
    assert red > 1.3 * green > 1.8 * blue  # warm metal
    assert gold_left.mean() > 1.2 * gold_right.mean()  # the key is on the left
    assert np.percentile(gold_left, 99) > 4 * np.median(gold_left)  # narrow lights on gilt


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3, 1.0, 9 / 16, 3.0, 0.3])
def test_frame_and_glass_fit_the_stage(aspect: float) -> None:
    opening = Frame.opening(Frame.Settings(), aspect)
    assert opening.half_width + opening.border <= aspect / 2
    assert opening.half_height + opening.border <= 0.5
    assert opening.half_width > 0.2 * min(aspect, 1.0)
    assert 0.0 < opening.corner < min(opening.half_width, opening.half_height)


def test_film_keeps_black_off_zero_and_white_at_one(gl: moderngl.Context, draw: Draw) -> None:
    black = draw("film", {"grain": 0.0})
    assert 0.001 < black[..., :3].min() <= black[..., :3].max() < 0.01
    grainy = draw("film", {"grain": 0.05}, tick=Tick(1, 0.0, 0.0))[..., :3]
    other = draw("film", {"grain": 0.05}, tick=Tick(2, 0.0, 0.0))[..., :3]
    assert grainy.std() > 0
    assert not (grainy == other).all()


def test_dust_drifts_and_is_small(draw: Draw) -> None:
    now, later = (draw("dust", {"motes": 400}, tick=Tick(0, time_s, 0.0))[..., 0] for time_s in (10.0, 11.0))
    assert now.max() > 0.02
    assert (now > 0.01).mean() < 0.02
    assert not (now == later).all()
