"""Features of a real face: what moves with the picture, what does not, and which way is right."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from engine.features.colours import PATCHES
from engine.features.face_mesh import CHATTER, FaceMesh, without_native_chatter
from engine.features.featurizer import LAYOUT, Featurizer, with_patches
from engine.features.geometry import EXPRESSION_NAMES, EYE_CORNERS, SHAPE_LANDMARKS, mean_face, measure_face
from engine.types import ByteArray, Features, FloatArray, Frame


@pytest.fixture(scope="module")
def portrait() -> ByteArray:
    return np.ascontiguousarray(astronaut())


@pytest.fixture(scope="module")
def still() -> Iterator[Featurizer]:
    with Featurizer("static") as featurizer:
        yield featurizer


@pytest.fixture(scope="module")
def seen(portrait: ByteArray, still: Featurizer) -> Features:
    return look(still, portrait)


def look(featurizer: Featurizer, image: ByteArray, sequence: int = 7) -> Features:
    features = featurizer(Frame(np.ascontiguousarray(image), captured_s=1.5, sequence=sequence))
    assert features is not None
    return features


def moved(
    image: ByteArray, centre: tuple[float, float], angle_deg: float, scale: float, by: tuple[int, int]
) -> ByteArray:
    """Turn clockwise about a point, scale, then shift; the border is repeated."""
    matrix = cv2.getRotationMatrix2D(centre, -angle_deg, scale)
    matrix[:, 2] += by
    return cv2.warpAffine(image, matrix, image.shape[1::-1], flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)


def assert_alike(a: FloatArray, b: FloatArray, **limits: float) -> None:
    """The mean difference of each group is within its limit; the groups not named have lenient ones."""
    limits = {"shape": 0.03, "pose": 3.0, "expression": 0.04, "colour": 3.0, **limits}
    for group, limit in limits.items():
        assert np.abs(a[LAYOUT[group]] - b[LAYOUT[group]]).mean() < limit, group


def test_layout_covers_the_vector_without_gaps(seen: Features) -> None:
    slices = [LAYOUT[group.name] for group in LAYOUT.groups]
    assert slices[0].start == 0
    assert all(left.stop == right.start for left, right in pairwise(slices))
    assert slices[-1].stop == LAYOUT.size == len(LAYOUT.names) == len(set(LAYOUT.names)) == len(seen.vector)
    with pytest.raises(KeyError, match="shape, pose, expression, colour, attributes"):
        LAYOUT["age"]


def test_features_are_finite_and_carry_the_frame(seen: Features) -> None:
    assert seen.vector.dtype == np.float32 and np.isfinite(seen.vector).all()
    assert seen.landmarks_px.shape == (478, 3) and seen.landmarks_px.dtype == np.float32
    assert (seen.captured_s, seen.sequence) == (1.5, 7)
    assert tuple(seen.vector[LAYOUT["pose"]]) == pytest.approx((seen.yaw_deg, seen.pitch_deg), abs=1e-4)


def test_patches_that_were_not_kept_are_in_the_rest(seen: Features) -> None:
    bare = replace(seen, patches=np.empty((0, 5), np.float32))
    assert np.array_equal(with_patches(bare).patches, seen.patches)
    with pytest.raises(ValueError, match="layout"):
        with_patches(replace(bare, vector=seen.vector[:-1]))


def test_patches_of_a_session_that_was_kept_before(seen: Features) -> None:
    stamp = LAYOUT.predecessors[0].layout.stamp
    columns = LAYOUT.columns_of(stamp)
    assert columns is not None
    before = replace(seen, vector=seen.vector[columns], patches=np.empty((0, 5), np.float32))
    patches = with_patches(before, stamp).patches
    names = [patch.name for patch in PATCHES]
    assert len(patches) == 21
    assert np.array_equal(patches[:16], seen.patches[:16])
    assert np.array_equal(patches[16], seen.patches[names.index("hairline")])
    assert np.array_equal(patches[20], seen.patches[names.index("background_right")])


def test_aligned_landmarks_are_what_the_vector_has(seen: Features) -> None:
    aligned = seen.aligned(seen.landmarks_px)[list(SHAPE_LANDMARKS)]
    assert np.allclose(aligned.ravel(), seen.vector[LAYOUT["shape"]], atol=1e-4)


def test_the_astronaut_is_where_she_is_and_smiles(seen: Features) -> None:
    place = seen.placement
    assert (place.x, place.y) == pytest.approx((0.44, 0.20), abs=0.015)
    assert place.eye_distance == pytest.approx(0.079, abs=0.006)
    assert place.aspect == 1.0
    assert abs(seen.yaw_deg) < 8 and abs(seen.pitch_deg) < 12
    expression = dict(zip(EXPRESSION_NAMES, seen.vector[LAYOUT["expression"]], strict=True))
    assert expression["smile"] > 0.06 and 0.08 < expression["mouth_open"] < 0.3
    lightness = {patch.name: seen.vector[LAYOUT.index(f"colour.{patch.name}_L")] for patch in PATCHES}
    assert lightness["cheek_left"] > lightness["hair_top_left"] + 20 > lightness["iris_left"]


def test_placement_follows_a_moved_picture_and_the_vector_does_not(
    portrait: ByteArray, still: Featurizer, seen: Features
) -> None:
    centre = (230.0, 150.0)
    other = look(still, moved(portrait, centre, angle_deg=15, scale=0.8, by=(40, 70)))
    turn, place = math.radians(15), seen.placement
    dx, dy = 0.8 * (place.x * 512 - centre[0]), 0.8 * (place.y * 512 - centre[1])
    x = centre[0] + dx * math.cos(turn) - dy * math.sin(turn) + 40
    y = centre[1] + dx * math.sin(turn) + dy * math.cos(turn) + 70
    assert (other.placement.x, other.placement.y) == pytest.approx((x / 512, y / 512), abs=0.008)
    assert other.placement.eye_distance == pytest.approx(0.8 * place.eye_distance, rel=0.04)
    assert other.placement.roll_rad - place.roll_rad == pytest.approx(turn, abs=math.radians(2))
    assert_alike(other.vector, seen.vector)


def test_placement_is_in_fractions_of_a_wide_picture(portrait: ByteArray, still: Featurizer, seen: Features) -> None:
    wide = look(still, np.pad(portrait, ((0, 0), (100, 156), (0, 0)), mode="edge"))
    assert wide.placement.aspect == pytest.approx(768 / 512)
    assert wide.placement.x == pytest.approx((seen.placement.x * 512 + 100) / 768, abs=0.006)
    assert wide.placement.eye_distance == pytest.approx(seen.placement.eye_distance, rel=0.04)
    assert_alike(wide.vector, seen.vector)


def test_mirroring_changes_sides_and_nothing_else(portrait: ByteArray, still: Featurizer, seen: Features) -> None:
    mirrored = look(still, portrait[:, ::-1])
    assert mirrored.placement.x == pytest.approx(1 - seen.placement.x, abs=0.008)
    assert mirrored.placement.roll_rad == pytest.approx(-seen.placement.roll_rad, abs=math.radians(1.5))
    assert mirrored.yaw_deg == pytest.approx(-seen.yaw_deg, abs=2.5)
    for name, sign in (("smile", 1), ("mouth_open", 1), ("smile_tilt", -1), ("jaw_shift", -1)):
        index = LAYOUT.index(f"expression.{name}")
        assert mirrored.vector[index] == pytest.approx(sign * seen.vector[index], abs=0.04)
    for left, right in (("cheek_left", "cheek_right"), ("hair_left", "hair_right")):
        assert mirrored.vector[LAYOUT.index(f"colour.{left}_L")] == pytest.approx(
            seen.vector[LAYOUT.index(f"colour.{right}_L")], abs=5
        )


def test_live_and_static_measure_the_same(portrait: ByteArray, seen: Features) -> None:
    with Featurizer("live") as live:
        for sequence in range(4):  # from the second frame on it tracks
            tracked = look(live, portrait, sequence)
        larger = look(live, cv2.resize(portrait, (1024, 1024)), 5)
    assert_alike(tracked.vector, seen.vector)
    assert_alike(larger.vector, seen.vector)
    assert larger.placement.x == pytest.approx(tracked.placement.x, abs=0.006)
    assert larger.landmarks_px[1, 0] == pytest.approx(2 * tracked.landmarks_px[1, 0], rel=0.02)


def test_a_small_portrait_is_enlarged_and_measured_in_its_own_pixels(portrait: ByteArray, still: Featurizer) -> None:
    crop = portrait[20:196, 130:306]
    full, small = look(still, crop), look(still, cv2.resize(crop, (64, 64), interpolation=cv2.INTER_AREA))
    assert small.landmarks_px[:, :2].max() < 64
    assert (small.placement.x, small.placement.y) == pytest.approx((full.placement.x, full.placement.y), abs=0.02)
    assert_alike(small.vector, full.vector, shape=0.06, expression=0.07, pose=5.0, colour=5.0)


@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (3, 900), (64, 64)])
def test_no_face_is_none(still: Featurizer, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    assert still(Frame(noise, 0.0, 0)) is None


def test_close_may_be_called_twice() -> None:
    featurizer = Featurizer("static")
    featurizer.close()
    featurizer.close()


def test_mediapipe_starts_without_chatter(capfd: pytest.CaptureFixture[str]) -> None:
    mesh = FaceMesh()
    mesh(np.ascontiguousarray(astronaut()))
    mesh.close()
    said = [line for line in capfd.readouterr().err.encode().splitlines() if CHATTER.match(line)]
    assert said == []


def test_what_is_no_chatter_is_still_heard(capfd: pytest.CaptureFixture[str]) -> None:
    with without_native_chatter():
        os.write(2, b"W0000 00:00:1 of no use\nthe camera burns\n")
    assert capfd.readouterr().err == "the camera burns\n"


def test_mediapipe_starts_without_tensorflow_and_jax() -> None:
    program = (
        "import sys; from engine.features.featurizer import Featurizer; before = 'mediapipe' in sys.modules;"
        "Featurizer('live').close();"
        "print(before, *(name in sys.modules for name in ('tensorflow', 'jax', 'mediapipe')))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split() == ["False", "False", "False", "True"]


def posed(yaw_deg: float, pitch_deg: float, roll_deg: float) -> FloatArray:
    """The mean face turned to the right of the picture, up, then tilted clockwise; 100 px between the eyes."""
    yaw, pitch, roll = (math.radians(angle) for angle in (yaw_deg, pitch_deg, roll_deg))
    nod = np.array([[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]])
    turn = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    tilt = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return (mean_face()[0] @ (tilt @ turn @ nod).T * 100 + [300, 200, 0]).astype(np.float32)


@pytest.mark.parametrize("pose", [(0, 0, 0), (30, 0, 0), (-20, 10, 0), (15, -12, 25), (0, 25, -40)])
def test_pose_of_the_turned_mean_face(pose: tuple[float, float, float]) -> None:
    face = measure_face(posed(*pose), 640, 400)
    assert face is not None
    assert (face.yaw_deg, face.pitch_deg, math.degrees(face.placement.roll_rad)) == pytest.approx(pose, abs=0.01)
    assert face.eye_distance_px == pytest.approx(100, rel=1e-4)
    assert face.placement.eye_distance == pytest.approx(0.25, rel=1e-4)


def test_turning_right_moves_the_nose_right_and_looking_up_moves_it_up() -> None:
    nose = 1
    frontal, right, up = posed(0, 0, 0), posed(20, 0, 0), posed(0, 20, 0)
    eyes = list(EYE_CORNERS)
    assert right[nose, 0] - right[eyes, 0].mean() > 15 + frontal[nose, 0] - frontal[eyes, 0].mean()
    assert up[nose, 1] - up[eyes, 1].mean() < frontal[nose, 1] - frontal[eyes, 1].mean() - 15


def test_expression_does_not_change_with_the_pose() -> None:
    frontal, turned = measure_face(posed(0, 0, 0), 640, 400), measure_face(posed(25, -15, 10), 640, 400)
    assert frontal is not None and turned is not None
    np.testing.assert_allclose(turned.expression, frontal.expression, atol=1e-4)


@pytest.mark.parametrize("broken", [np.nan, np.inf, 0.0])
def test_landmarks_that_make_no_face(broken: float) -> None:
    landmarks = np.full((478, 3), broken, np.float32)
    assert measure_face(landmarks, 640, 400) is None
