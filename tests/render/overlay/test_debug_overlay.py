"""What the operator sees of the camera: landmarks on the face, the picture upright in its corner, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.overlay.debug_overlay import Inspection, camera_rect, places_of
from tests.render.overlay.test_overlay import extent, release, seen
from tests.render.pictures import measured_viewer

SIZE_WH = (640, 360)
GREY = 128
VIEWER = measured_viewer(middle=(200.0, 300.0))  # in a picture of 640 x 480: left of its middle, below it


@pytest.fixture
def inspection(gl: moderngl.Context, library: ShaderLibrary) -> Iterator[Inspection]:
    with Inspection(gl, library) as inspection:
        yield inspection


@pytest.fixture
def target(gl: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    framebuffer = gl.framebuffer([gl.texture(SIZE_WH, 4)])
    framebuffer.clear(GREY / 255, GREY / 255, GREY / 255, 1.0)
    yield framebuffer
    release(gl, framebuffer)


@pytest.fixture
def camera(gl: moderngl.Context) -> Iterator[moderngl.Texture]:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24] = (200, 0, 0)  # red above, green below on the right
    picture[24:, 32:] = (0, 200, 0)
    texture = gl.texture((64, 48), 3, picture.tobytes(), alignment=1)
    yield texture
    texture.release()


def view(camera: moderngl.Texture | None, *, is_there: bool = True) -> FrameInputs:
    return FrameInputs(camera=camera, camera_aspect=4 / 3, features=VIEWER if is_there else None)


def test_it_draws_only_what_is_asked_for_and_there(
    inspection: Inspection, target: moderngl.Framebuffer, camera: moderngl.Texture
) -> None:
    inspection.draw(target, view(camera))
    inspection.shows_landmarks = inspection.shows_camera = True
    inspection.draw(target, view(None, is_there=False))
    assert (seen(target) == GREY).all()


def test_landmarks_lie_where_the_face_is_as_if_the_camera_covered_the_picture(
    inspection: Inspection, target: moderngl.Framebuffer, camera: moderngl.Texture
) -> None:
    assert places_of(VIEWER) == pytest.approx(VIEWER.landmarks_px[:, :2] / (640, 480), abs=1e-4)
    inspection.shows_landmarks = True
    inspection.draw(target, view(camera))
    picture = seen(target)
    left, top, right, bottom = extent((picture != GREY).any(axis=2))
    x, y = VIEWER.landmarks_px[:, 0], VIEWER.landmarks_px[:, 1] - 60  # a fourth of the camera's height is not seen
    assert (left, right) == pytest.approx((x.min(), x.max()), abs=4)
    assert (top, bottom) == pytest.approx((y.min(), y.max()), abs=4)
    assert picture.max() > 200 and picture.min() < 110, "light dots with dark rims"


def test_the_camera_stands_upright_in_the_lower_left_with_landmarks_on_it(
    inspection: Inspection, target: moderngl.Framebuffer, camera: moderngl.Texture
) -> None:
    inspection.shows_camera = True
    inspection.draw(target, view(camera))
    picture = seen(target)
    left, top, right, bottom = extent((picture != GREY).any(axis=2))
    assert (right - left) / (bottom - top) == pytest.approx(4 / 3, abs=0.05)
    assert left == 360 - bottom == 8 and right < 320
    upper, lower = picture[top + 10, left + 10], picture[bottom - 10, right - 10]
    assert upper.argmax() == 0 and lower.argmax() == 1
    inspection.shows_landmarks = True
    inspection.draw(target, view(camera))
    assert (seen(target)[top:bottom, left:right] != picture[top:bottom, left:right]).any()


def test_a_narrow_wall_keeps_the_shape_of_the_camera() -> None:
    left, top, right, bottom = camera_rect(16 / 9, 9 / 16)
    assert (right - left) * 9 / 16 / (bottom - top) == pytest.approx(16 / 9)
    assert right < 0.6 and bottom < 1 and left > 0
