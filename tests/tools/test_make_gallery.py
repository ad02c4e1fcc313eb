"""The gallery: what it draws, without a network and without a camera."""

from __future__ import annotations

import io
from collections.abc import Iterator

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.render.passes import registry
from engine.scene.scene import load_scene
from engine.types import Frame, Latent, Reflection
from tests.conftest import ROOT
from tests.render.pictures import ALIGNMENT, grown, measured_viewer, synthetic_face
from tools.dev.make_gallery import MAX_BYTES, as_jpeg, draw_scene

STRANGERS = 3


class FakeRehearsal:
    """A visit of four seconds in which a drawn face is seen, and three visits before it."""

    def __init__(self) -> None:
        self.frames = [Frame(np.full((48, 64, 3), 90, np.uint8), index / 15, index) for index in range(60)]

    def visit(self, bits: object = None, *, with_previews: bool = True) -> Iterator[tuple[Frame, Reflection]]:
        latent, picture = Latent(np.ones(4, np.float32), 1.0, measured_viewer(), 0.0), synthetic_face(9)
        for index, frame in enumerate(self.frames):
            yield frame, Reflection(picture, latent, index / 15, index, grown(picture))

    def earlier(self) -> Iterator[Reflection]:
        for seed in range(STRANGERS):
            for second in range(12):
                features = measured_viewer() if second < 7 else None
                latent = Latent(np.ones(4, np.float32), float(second < 7), features, 0.0)
                yield Reflection(synthetic_face(seed), latent, 0.0, second)


@pytest.mark.parametrize("name", ["archive", "becoming", "gilded_mirror", "measurement"])
def test_the_end_of_the_visit_is_drawn_upright(gl: moderngl.Context, name: str) -> None:
    scene = load_scene(ROOT / "scenes" / f"{name}.yaml", registry())
    picture = draw_scene(gl, scene, FakeRehearsal(), ALIGNMENT, (160, 90))  # type: ignore[arg-type]
    assert picture.shape == (90, 160, 3)
    assert picture[25:60, 65:95].mean() > 1.3 * picture[:, :10].mean()
    assert picture[:45].mean() > picture[45:].mean()  # the key comes from above


def test_pictures_are_small_enough_for_a_repository() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    content = as_jpeg(noise)
    assert len(content) <= MAX_BYTES
    assert Image.open(io.BytesIO(content)).size == (640, 480)
    plain = as_jpeg(np.full((480, 640, 3), 90, np.uint8))
    assert np.abs(np.asarray(Image.open(io.BytesIO(plain))).astype(int) - 90).max() <= 1
