"""The mosaic: sixteen stones of the network's own colours, then more; it falls back when the visitor leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from engine.render.frame_inputs import FrameInputs
from engine.render.gl.texture import GrowthTexture
from engine.render.passes import registry
from engine.render.passes.mosaic import Mosaic
from engine.scene.scene import load_scene
from engine.types import ByteArray, Reflection
from tests.conftest import ROOT
from tests.render.conftest import Draw
from tests.render.pictures import ALIGNMENT, REST, grown, synthetic_face
from tests.render.visits import NOBODY

Growing = Callable[..., FrameInputs]


@pytest.fixture
def growing(gl: moderngl.Context) -> Iterator[Growing]:
    """growing(image, previews) -> a View of a face that grows."""
    textures: list[GrowthTexture] = []

    def make(image: ByteArray, previews: tuple[ByteArray, ...] = ()) -> FrameInputs:
        textures.append(GrowthTexture(gl))
        textures[-1].upload(Reflection(image, NOBODY, 0.0, 1, previews))
        return FrameInputs(growth=textures[-1].texture, alignment=ALIGNMENT, placement=REST, presence=1.0)

    yield make
    for texture in textures:
        texture.close()


def levels(texture: moderngl.Texture) -> list[ByteArray]:
    size = texture.size[0]
    return [
        np.frombuffer(texture.read(level=k), np.uint8).reshape(size >> k, size >> k, 4)
        for k in range(size.bit_length() - 2)
    ]


@pytest.mark.parametrize("size", [4, 16, 64])
def test_each_level_is_what_the_generator_had(growing: Growing, size: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (size, size, 4), np.uint8)
    previews = tuple(np.full((side, side, 4), side, np.uint8) for side in (4, 8, 16, 32) if side < size)
    texture = growing(image, previews).growth
    assert texture is not None
    found = levels(texture)
    assert np.array_equal(found[0], image)
    assert all(np.array_equal(a, b) for a, b in zip(found[1:], reversed(previews), strict=True))


def test_without_previews_the_levels_are_means(growing: Growing) -> None:
    image = synthetic_face(2)
    texture = growing(image).growth
    assert texture is not None
    for found, expected in zip(levels(texture)[1:], reversed(grown(image)), strict=True):
        assert np.abs(found.astype(int) - expected).max() <= 4


def test_the_stones_show_the_network_level_and_not_the_finished_face(draw: Draw, growing: Growing) -> None:
    """The finished face is green; the network had it red at 4x4 and blue at 8x8."""
    colours = {4: (200, 40, 40), 8: (40, 40, 200), 16: (90, 90, 90), 32: (90, 90, 90), 64: (40, 200, 40)}
    steps = [np.tile(np.array((*rgb, 255), np.uint8), (size, size, 1)) for size, rgb in colours.items()]
    view = growing(steps[-1], tuple(steps[:-1]))
    middle = np.s_[80:100, 150:170]
    for grown_to, channel in ((0.0, 0), (0.205, 2), (1.0, 1)):
        light = draw("mosaic", {"grown": grown_to}, view)[middle][..., :3].mean(axis=(0, 1))
        assert light.argmax() == channel
        assert light[channel] > 1.5 * np.delete(light, channel).max()


def test_there_are_more_edges_the_further_it_has_grown(draw: Draw, growing: Growing) -> None:
    flat = np.full((64, 64, 4), 140, np.uint8)
    view = growing(flat, grown(flat))
    inner = np.s_[60:120, 130:190, 1]

    def edges(grown_to: float) -> float:
        light = draw("mosaic", {"grown": grown_to}, view)[inner]
        return float(np.abs(np.diff(np.sqrt(light), axis=1)).mean())

    assert edges(0.0) < edges(0.205) < edges(0.41) < edges(0.615)
    assert edges(1.0) < edges(0.82)  # at last they soften


def test_without_a_face_the_ground_is_blue_and_the_wall_gold(draw: Draw) -> None:
    light = draw("mosaic")[..., :3]
    ground = light[70:110, 140:180].mean(axis=(0, 1))
    wall = light[70:110, 10:50].mean(axis=(0, 1))
    assert ground.argmax() == 2
    assert wall[0] > wall[1] > 2 * wall[2]


def test_gold_glints_as_the_viewer_moves(draw: Draw) -> None:
    wall = np.s_[:, :60]
    left, right = (draw("mosaic", view=FrameInputs(placement=replace(REST, x=x)))[wall] for x in (0.3, 0.7))
    assert np.abs(left - right).max() > 0.1
    dull = [draw("mosaic", {"glint": 0.0}, FrameInputs(placement=replace(REST, x=x)))[wall] for x in (0.3, 0.7)]
    assert (dull[0] == dull[1]).all()


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3, 1.0, 9 / 16])
def test_the_medallion_fits_the_stage(aspect: float) -> None:
    opening = Mosaic.opening(Mosaic.Settings(), aspect)
    assert opening.half_width == opening.half_height == opening.corner
    assert opening.half_width + opening.border < 0.5 * min(1.0, aspect)


def grown_of(presence: float, dwell: float) -> float:
    scene = load_scene(ROOT / "scenes" / "becoming.yaml", registry())
    spec = next(spec for spec in scene.passes if spec.kind == "mosaic")
    return spec.bound_values({"presence": presence, "dwell": dwell})["grown"]


def test_it_grows_while_somebody_stays_and_falls_back_without_a_jump() -> None:
    grown_to = [grown_of(1.0, dwell) for dwell in (0.0, 5.0, 10.0, 20.0, 60.0)]
    assert grown_to == sorted(grown_to)
    assert grown_to[0] < 0.05
    assert grown_to[-1] == pytest.approx(1.0)
    assert grown_of(0.501, 60.0) == pytest.approx(grown_of(0.499, 0.0), abs=0.01)
