"""Face geometry: 478 landmarks -> placement, pose, shape and expression.

Everything except `placement` is measured relative to the face, so that moving, scaling or tilting it in the picture
changes nothing. Knows nothing of colours, pictures or the landmark model.

The reference is our own mean face (`mean_face.npy`: x, y, z and weight of each landmark), computed from 5 453 portraits
by symmetric Procrustes analysis (`tools/dev/make_mean_face.py`). Unit: eye distance. Origin: midpoint between the eyes.
Axes: x to the right of the picture, y down, z away. It looks straight ahead, as those portraits do on average. "left"
and "right" are sides of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray, Placement

MEAN_FACE_FILE = Path(__file__).with_name("mean_face.npy")

OVAL = (10, 297, 284, 389, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132, 234, 162, 54, 67)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
EYES = (33, 160, 159, 158, 133, 153, 145, 144, 362, 385, 386, 387, 263, 373, 374, 380)
IRISES = (468, 473)
NOSE = (168, 197, 5, 4, 1, 2, 98, 327, 129, 358)
LIPS = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 78, 81, 13, 311, 308, 402, 14, 178)
CHEEKS = (50, 280, 205, 425)
SHAPE_LANDMARKS = (*OVAL, *BROWS, *EYES, *IRISES, *NOSE, *LIPS, *CHEEKS)

LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS = (33, 133), (362, 263)
EYE_CORNERS = (*LEFT_EYE_CORNERS, *RIGHT_EYE_CORNERS)

EXPRESSIONS = {
    "mouth_open": "gap between the lips",
    "mouth_width": "from corner to corner",
    "smile": "height of the mouth corners above the middle of the mouth",
    "smile_tilt": "height of the left mouth corner above the right one",
    "mouth_shift": "shift of the mouth to the right",
    "lip_height": "height of both lips together, without the gap",
    "jaw_drop": "nose to chin",
    "jaw_shift": "shift of the chin to the right",
    "eye_open_left": "gap between the lids / eye width",
    "eye_open_right": "gap between the lids / eye width",
    "brow_height_left": "height above the middle of the eye",
    "brow_height_right": "height above the middle of the eye",
    "brow_gap": "distance between the inner ends of the brows",
    "gaze_x": "shift of the irises to the right, from the middle between the eye corners / eye width",
    "gaze_y": "shift of the irises downwards, likewise",
    "brow_slant": "height of the inner brow ends above the outer ones: high in worry, low in anger",
    "lid_upper": "height of the upper lids above the line between the eye corners / eye width: high in wide eyes",
    "lid_lower": "depth of the lower lids below that line / eye width: low when squinting",
    "cheek_drop": "distance from lower lids to cheeks: low when the cheeks are raised, as in a genuine smile",
    "upper_lip_drop": "distance from nose to upper lip: low when the teeth are bared",
    "lower_lip_height": "of the lower lip alone",
    "lips_forward": "protrusion of the lips beyond the mouth corners: high when pursed",
}
EXPRESSION_NAMES = tuple(EXPRESSIONS)

_BROW_LEFT, _BROW_RIGHT = [70, 63, 105, 66, 107], [300, 293, 334, 296, 336]
_BROW_INNER, _BROW_OUTER = [[107, 66], [336, 296]], [[70, 63], [300, 293]]  # (side, landmark)
_LIDS_UPPER, _LIDS_LOWER = [[160, 159, 158], [387, 386, 385]], [[144, 145, 153], [373, 374, 380]]

RIGID_ABOVE = 0.75  # y in the mean face: brows, eyes and nose, which an open mouth does not move
MOST_MISFIT = 0.095
"""Maximum misfit of these landmarks to the mean face, in eye distances, before the mesh counts as lost.

Of 1 997 portraits the median is 0.031, the 99.9th percentile 0.082, the maximum 0.091 (generated faces: 0.024, 0.083,
0.089 of 1 000). Faces turned by 40 degrees have 0.05 to 0.07; by 60 to 70 degrees 0.09 to 0.14, and their pose is off
by half. Half-hidden faces are not rejected: where the mesh keeps its hold they fit as well as any, and are reflected.
"""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FaceGeometry:
    """Measurements of a face.

    Attributes:
        placement: its position.
        eyes_px: (2,) midpoint between the eyes, x and y.
        eye_distance_px: as seen from the front.
        yaw_deg, pitch_deg: see `types.Features`.
        shape: (2 * len(SHAPE_LANDMARKS),) x and y of each landmark relative to the midpoint between the eyes, without
                roll, in eye distances.
        expression: (len(EXPRESSION_NAMES),) measured on the frontalised face, in eye distances unless stated otherwise.
    """

    placement: Placement
    eyes_px: Points
    eye_distance_px: float
    yaw_deg: float
    pitch_deg: float
    shape: FloatArray
    expression: FloatArray


def measure_face(landmarks_px: FloatArray, width_px: int, height_px: int) -> FaceGeometry | None:
    """Measure a face (478, 3) px in a picture of that size; None if its landmarks do not form a face.

    They do not if they are not finite, coincide, or are arranged unlike a face (`misfit`).
    """
    points = landmarks_px.astype(np.float64)
    if not np.isfinite(points).all():
        return None
    fitted = _fit_mean_face(points, mean_face()[1])
    if fitted is None or misfit(points) > MOST_MISFIT:
        return None
    rotation, scale_px = fitted
    roll_rad = math.atan2(rotation[1, 0], rotation[0, 0])
    yaw_deg = math.degrees(math.asin(max(-1.0, min(1.0, rotation[2, 0]))))
    pitch_deg = -math.degrees(math.atan2(rotation[2, 1], rotation[2, 2]))
    corners = points[list(EYE_CORNERS)]
    eyes_px = corners[:, :2].mean(axis=0)
    cos, sin = math.cos(roll_rad), math.sin(roll_rad)
    upright = np.array([[cos, -sin], [sin, cos]])
    shape = (points[list(SHAPE_LANDMARKS), :2] - eyes_px) @ upright / scale_px
    frontal = (points - corners.mean(axis=0)) @ rotation / scale_px
    return FaceGeometry(
        placement=Placement(
            x=float(eyes_px[0] / width_px),
            y=float(eyes_px[1] / height_px),
            eye_distance=scale_px / height_px,
            roll_rad=roll_rad,
            aspect=width_px / height_px,
        ),
        eyes_px=eyes_px,
        eye_distance_px=scale_px,
        yaw_deg=yaw_deg,
        pitch_deg=pitch_deg,
        shape=shape.ravel().astype(np.float32),
        expression=_expression(frontal),
    )


@lru_cache(maxsize=1)
def mean_face() -> tuple[Points, Points]:
    """Mean face (478, 3) in eye distances, and the weight of each landmark in the fit, (478,), which sum to 1.

    Landmarks that vary between people or move with the mouth weigh less.
    """
    data = np.load(MEAN_FACE_FILE, allow_pickle=False).astype(np.float64)
    points, weights = data[:, :3], data[:, 3] / data[:, 3].sum()
    points.setflags(write=False)
    weights.setflags(write=False)
    return points, weights


def _fit_mean_face(points: Points, weights: Points) -> tuple[Points, float] | None:
    """Rotation (3, 3) and scale that carry the mean face onto `points` (Kabsch 1976, Umeyama 1991).

    Landmarks are weighted by (478,); the weights sum to 1.

    The rotation is Rz(roll) Ry(-yaw) Rx(-pitch) with axes x right, y down, z away; so roll is the tilt of the eye line
    in the picture, whatever the head does.
    """
    mean = mean_face()[0]
    centred = points - weights @ points
    mean = mean - weights @ mean
    covariance = (centred * weights[:, None]).T @ mean
    u, singular, vt = np.linalg.svd(covariance)
    handedness = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale_px = float((singular * handedness).sum() / (weights @ (mean**2).sum(axis=1)))
    if not (math.isfinite(scale_px) and scale_px > 0.5):  # half a pixel between the eyes is not a face
        return None
    return (u * handedness) @ vt, scale_px


def misfit(landmarks: Points) -> float:
    """Distance of brows, eyes and nose in landmarks (478, 3), finite, from the mean face fitted to them.

    Weighted root mean square in eye distances; infinite if no fit exists. Translation, rotation and scale are free.
    """
    mean, weights = mean_face()
    weights = np.where(mean[:, 1] < RIGID_ABOVE, weights, 0.0)
    weights = weights / weights.sum()
    fitted = _fit_mean_face(landmarks, weights)
    if fitted is None:
        return math.inf
    rotation, scale_px = fitted
    apart = (landmarks - weights @ landmarks) @ rotation / scale_px - (mean - weights @ mean)
    return float(np.sqrt(weights @ (apart**2).sum(axis=1)))


def _expression(face: Points) -> FloatArray:
    """Compute the numbers of `EXPRESSION_NAMES` from a frontalised face (478, 3), in eye distances."""
    left, right, upper, lower = face[61], face[291], face[13], face[14]
    gap = _distance(upper, lower)
    return np.array(
        [
            gap,
            _distance(left, right),
            (upper[1] + lower[1] - left[1] - right[1]) / 2,
            right[1] - left[1],
            (left[0] + right[0] + upper[0] + lower[0]) / 4,
            _distance(face[0], face[17]) - gap,
            _distance(face[2], face[152]),
            face[152, 0],
            *_eyes_and_brows(face),
            (_distance(face[205], face[145]) + _distance(face[425], face[374])) / 2,
            _distance(face[2], face[0]),
            _distance(lower, face[17]),
            (left[2] + right[2] - face[0, 2] - face[17, 2]) / 2,
        ],
        np.float32,
    )


def _eyes_and_brows(face: Points) -> Iterator[float]:
    """Compute the numbers from `eye_open_left` to `lid_lower`."""
    corners = face[[LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS]]  # (eye, corner, 3)
    middles, widths = corners.mean(axis=1), np.linalg.norm(corners[:, 0] - corners[:, 1], axis=-1)
    uppers, lowers = face[_LIDS_UPPER], face[_LIDS_LOWER]  # (eye, landmark, 3)
    yield from np.linalg.norm(uppers - lowers, axis=-1).mean(axis=-1) / widths
    yield from middles[:, 1] - face[[_BROW_LEFT, _BROW_RIGHT], 1].mean(axis=-1)
    yield _distance(face[107], face[336])
    yield from ((face[list(IRISES)] - middles) / widths[:, None]).mean(axis=0)[:2]
    yield face[_BROW_OUTER, 1].mean() - face[_BROW_INNER, 1].mean()
    yield ((middles[:, 1] - uppers[..., 1].mean(axis=-1)) / widths).mean()
    yield ((lowers[..., 1].mean(axis=-1) - middles[:, 1]) / widths).mean()


def _distance(a: Points, b: Points) -> float:
    return float(np.linalg.norm(a - b))
