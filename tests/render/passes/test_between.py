"""The print of two people: eyes upon eyes, lights first, and the sheet around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from engine.render.frame_inputs import FrameInputs
from engine.render.gl.texture import PixelTexture
from engine.render.passes import registry
from engine.render.passes.print import Print
from engine.scene.scene import load_scene
from engine.types import ByteArray, Placement
from tests.conftest import ROOT
from tests.render.conftest import STAGE_WH, Draw
from tests.render.pictures import REST, centre_of_light, eye_mark

Face = Callable[..., FrameInputs]
Camera = Callable[[ByteArray, FrameInputs], FrameInputs]
PLAIN: dict[str, object] = {"grain": 0.0, "even": 0.0, "follow": 0.8, "clarity": 0.0}
TILTED = Placement(x=0.56, y=0.47, eye_distance=0.13, roll_rad=0.25, aspect=4 / 3)


@pytest.fixture
def camera(gl: moderngl.Context) -> Iterator[Camera]:
    """camera(picture, view) -> that view with this picture from the camera."""
    textures: list[PixelTexture] = []

    def add(picture: ByteArray, view: FrameInputs) -> FrameInputs:
        textures.append(PixelTexture(gl))
        textures[-1].write(picture)
        return replace(view, camera=textures[-1].texture, camera_aspect=picture.shape[1] / picture.shape[0])

    yield add
    for texture in textures:
        texture.close()


def camera_eye(side: int, placement: Placement, height: int = 240) -> ByteArray:
    """White where an eye of a viewer with this placement is, black elsewhere."""
    width = round(height * placement.aspect)
    y, x = (np.mgrid[0:height, 0:width] + 0.5) / height
    along = side * placement.eye_distance / 2
    eye_x = placement.x * placement.aspect + along * np.cos(placement.roll_rad)
    eye_y = placement.y + along * np.sin(placement.roll_rad)
    lit = np.hypot(x - eye_x, y - eye_y) < 0.24 * placement.eye_distance
    return np.ascontiguousarray(np.repeat(np.where(lit, 255, 0).astype(np.uint8)[..., None], 3, axis=2))


def halves(left: int, right: int, shape: tuple[int, int, int], middle: float = 0.5) -> ByteArray:
    picture = np.full(shape, 255, np.uint8)
    split = round(shape[1] * middle)
    picture[:, :split, :3], picture[:, split:, :3] = left, right
    return picture


@pytest.mark.parametrize("placement", [replace(REST, aspect=4 / 3), TILTED])
def test_both_faces_coincide(draw: Draw, face: Face, camera: Camera, placement: Placement) -> None:
    black = np.zeros((240, 320, 3), np.uint8)
    for side in (-1, 1):
        stranger = camera(black, face(eye_mark(side), placement))
        viewer = camera(camera_eye(side, placement), face(np.zeros((64, 64, 4), np.uint8), placement))
        at = []
        for share, view in ((1.0, stranger), (0.0, viewer)):
            light = draw("between", PLAIN | {"share": share}, view)
            at.append(np.array(centre_of_light(np.clip(light - 0.15, 0.0, None))) * STAGE_WH)
        assert np.linalg.norm(at[0] - at[1]) < 2.0  # px of a stage of 180


def test_lights_go_over_first(draw: Draw, face: Face, camera: Camera) -> None:
    """How far the light and the dark half of both have gone over, at shares from 0 to 1."""
    placement = replace(REST, aspect=4 / 3)
    view = camera(halves(235, 130, (240, 320, 3)), face(halves(185, 60, (64, 64, 4)), placement))
    sides = [np.s_[66:100, 145:157, 1], np.s_[66:100, 163:175, 1]]
    drawn = {share: draw("between", PLAIN | {"share": share}, view) for share in (0.0, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)}
    gone = {
        share: [float(((light - drawn[0.0])[at] / (drawn[1.0] - drawn[0.0])[at]).mean()) for at in sides]
        for share, light in drawn.items()
    }
    assert all(light >= dark - 1e-3 for light, dark in gone.values())
    assert max(light - dark for light, dark in gone.values()) > 0.5
    for side in (0, 1):
        assert np.all(np.diff([gone[share][side] for share in sorted(gone)]) > -1e-3)


def test_it_is_no_cross_fade(draw: Draw, face: Face, camera: Camera) -> None:
    """Where half has gone over, most places show the one or the other, not the mean of both."""
    view = camera(halves(200, 200, (240, 320, 3)), face(halves(90, 90, (64, 64, 4)), replace(REST, aspect=4 / 3)))
    at = np.s_[66:100, 145:175, 1]
    none, all_of_it = (draw("between", PLAIN | {"share": share}, view)[at] for share in (0.0, 1.0))
    spreads = []
    for share in np.linspace(0.3, 0.8, 11):
        gone = (draw("between", PLAIN | {"share": float(share)}, view)[at] - none) / (all_of_it - none)
        spreads.append(gone.std() if 0.3 < gone.mean() < 0.7 else 0.0)
    assert max(spreads) > 0.2


def test_without_a_camera_the_stranger_is_alone(draw: Draw, face: Face) -> None:
    view = face(halves(200, 200, (64, 64, 4)), REST)
    drawn = [draw("between", PLAIN | {"share": share}, view) for share in (0.0, 1.0)]
    assert (drawn[0] == drawn[1]).all()
    assert drawn[0][80, 160, 1] > 0.2


def share_of(presence: float, dwell: float, speed: float = 0.0) -> float:
    scene = load_scene(ROOT / "scenes" / "between.yaml", registry())
    spec = next(spec for spec in scene.passes if spec.kind == "between")
    return spec.bound_values({"presence": presence, "dwell": dwell, "speed": speed})["share"]


def test_the_share_grows_with_dwelling_and_falls_with_haste() -> None:
    shares = [share_of(1.0, dwell) for dwell in (0.0, 5.0, 10.0, 20.0, 60.0)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == pytest.approx(0.9)
    assert share_of(1.0, 60.0, speed=1.5) < 0.5


def test_nothing_blinks_when_the_viewer_leaves() -> None:
    """Dwelling ends at half presence; whoever had dwelt or not, the share is the same there."""
    assert share_of(0.5, 60.0) == pytest.approx(share_of(0.5, 0.0)) == pytest.approx(0.9)


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3, 1.0, 9 / 16, 3.0, 0.3])
def test_the_sheet_fits_the_stage(aspect: float) -> None:
    opening = Print.opening(Print.Settings(), aspect)
    assert 0.2 * min(aspect, 1.0) < opening.half_width < aspect / 2 - opening.border
    assert opening.half_height + opening.border < 0.5


def test_the_margin_is_paper_on_dark_ground(draw: Draw) -> None:
    light = draw("print")[..., :3]
    opening = Print.opening(Print.Settings(), STAGE_WH[0] / STAGE_WH[1])
    left = 160 - (opening.half_width + 0.5 * opening.border) * STAGE_WH[1]
    paper = light[60:120, round(left) - 1 : round(left) + 2].mean(axis=(0, 1))
    ground = light[60:120, : round(left) - 12].mean(axis=(0, 1))
    assert light[60:120, 130:190].max() < 0.02
    assert paper.mean() > 5.0 * ground.mean()
    assert ground.min() > 0.002
    assert paper[0] > paper[2]


def test_a_deckle_is_ragged(draw: Draw) -> None:
    def outline(deckle: float) -> np.ndarray:
        bright = draw("print", {"deckle": deckle})[:, :160, 1] > 0.08
        return bright[40:140].argmax(axis=1)

    assert outline(1.0).std() > outline(0.0).std()
