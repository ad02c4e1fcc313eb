import numpy as np

from engine.pipeline.sources.self_feedback import BACKGROUND_RGB, SelfView
from engine.types import ByteArray, Latent, Reflection


def portrait() -> ByteArray:
    image = np.full((64, 64, 4), 255, np.uint8)
    image[:, :32, 2] = 0  # yellow on the left, white on the right
    image[32:, :, 0] = 0  # no red below
    return image


def centre_of_portrait(image: ByteArray) -> tuple[float, float]:
    ys, xs = np.nonzero((image != np.array(BACKGROUND_RGB)).all(axis=2))
    return float(xs.mean()), float(ys.mean())


def test_the_reflection_stands_before_the_mirror_upright_and_not_mirrored() -> None:
    view = SelfView()
    reflection = Reflection(portrait(), Latent(np.ones(4, np.float32), 1, None, 0), 0, 1)
    frame = view.frame(reflection, now_s=3.0)
    x, y = (round(value) for value in centre_of_portrait(frame.image))
    assert frame.image.shape == (360, 480, 3) and frame.captured_s == 3.0
    assert frame.image[y - 40, x - 40, 2] < 60 < 200 < frame.image[y - 40, x + 40, 2]
    assert frame.image[y + 40, x, 0] < 60 < 200 < frame.image[y - 40, x, 0]


def test_it_drifts_slowly_and_stays_inside() -> None:
    view = SelfView()
    reflection = Reflection(portrait(), Latent(np.ones(4, np.float32), 1, None, 0), 0, 1)
    places = [centre_of_portrait(view.frame(reflection, t / 10).image) for t in range(0, 1200)]
    xs, ys = np.array(places).T
    assert np.ptp(xs) > 20 and np.ptp(ys) > 8
    assert np.abs(np.diff(xs)).max() < 6 and np.abs(np.diff(ys)).max() < 6
    sequences = [view.frame(reflection, 0).sequence for _ in range(3)]
    assert sequences == [1201, 1202, 1203]
