"""Likeness figures: features of viewers compared with those of their reflections.

Numbers only; viewers and inverters are in `tools/likeness/trial.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.features.colours import PATCHES
from engine.features.featurizer import LAYOUT
from engine.features.geometry import EXPRESSION_NAMES, SHAPE_LANDMARKS
from engine.types import FloatArray
from tools.dataset.reference_set import Indices
from tools.gan_eval.feature_sets import found
from tools.likeness.attribute_figures import attributes_kept
from tools.likeness.scale import LikenessScale
from tools.metrics.regression import correlation, gain, landmark_error, rms, skill
from tools.metrics.retrieval import measure_retrieval, ranks

GROUPS = ("shape", "pose", "expression", "colour")
PLACES = {
    "skin": ("forehead", "cheek_left", "cheek_right", "nose", "chin"),
    "lips": ("lips",),
    "hair": ("hair_top", "hair_left", "hair_right"),
}
MIRRORED = {"yaw": "pose.yaw", "gaze": "expression.gaze_x", "smile_tilt": "expression.smile_tilt"}
EXPRESSIBLE = 0.5  # minimum r of the search bound for an expression number to count as within the generator's range
FEWEST = 3  # minimum number of reflections with a face

Figures = dict[str, Any]


def groups(scale: LikenessScale, vectors: FloatArray) -> dict[str, FloatArray]:
    """Groups (N, D) of feature vectors (N, F), in standard deviations of the scale."""
    standard = (vectors - scale.mean) / scale.sd
    return {
        "shape": scale.shape(vectors),
        "pose": standard[:, LAYOUT["pose"]],
        "expression": standard[:, LAYOUT["expression"]],
        "colour": scale.colour(vectors),
    }


def points(scale: LikenessScale, vectors: FloatArray) -> FloatArray:
    """Feature vectors (N, F) as points (N, D) whose distance is the error, with equal weight per group.

    The length of a difference is the root mean over the groups of their mean square in standard deviations.
    """
    parts = groups(scale, vectors).values()
    return np.hstack([part / np.sqrt(part.shape[1] * len(GROUPS)) for part in parts]).astype(np.float32)


def error(scale: LikenessScale, asked: FloatArray, came: FloatArray) -> float | None:
    """Root mean square error over all faces found; NaN rows are skipped, None if there are no others."""
    is_face = ~np.isnan(came[:, 0])
    if not is_face.any():
        return None
    return rms(np.linalg.norm(points(scale, came[is_face]) - points(scale, asked[is_face]), axis=1))


def likeness_figures(
    scale: LikenessScale, asked: FloatArray, came: FloatArray, own: Indices | None = None, fixed: float | None = None
) -> Figures:
    """All figures of two sets of features.

    Args:
        scale: standard deviations that errors are relative to.
        asked: (N, F) features of all viewers.
        came: (M, F) features of the drawn faces, NaN without a face.
        own: (M,) index of the viewer each belongs to; the first M if None.
        fixed: error of the best fixed face, for the skill, which is otherwise None.

    Returns:
        Figures by name; None if too few faces were found, or nothing varies.
    """
    viewers = np.arange(len(came)) if own is None else np.asarray(own, np.int64)
    is_face = ~np.isnan(came[:, 0])
    kept, viewers_kept = found(came), viewers[is_face]
    figures: Figures = {"detected": float(is_face.mean()) if len(came) else None}
    if len(kept) < FEWEST:
        return figures
    wanted = asked[viewers_kept]
    total = error(scale, wanted, kept)
    rank = ranks(points(scale, asked), points(scale, kept), viewers_kept)
    retrieval = measure_retrieval(rank, asked=len(came), questions=len(asked))
    figures |= _pose(wanted, kept) | _colours(wanted, kept) | _in_groups(scale, wanted, kept)
    figures |= {
        "expression": {
            name: correlation(*(vectors[:, LAYOUT.index(f"expression.{name}")] for vectors in (wanted, kept)))
            for name in EXPRESSION_NAMES
        },
        "mirror": {
            name: correlation(wanted[:, LAYOUT.index(number)], kept[:, LAYOUT.index(number)])
            for name, number in MIRRORED.items()
        },
        "attributes": attributes_kept(wanted, kept),
        "nme": float(landmarks_apart(wanted, kept).mean()),
        "error": total,
        "skill": None if fixed is None or total is None else skill(total, fixed),
        "recall_at_1": retrieval.recall_at_1,
        "recall_at_10": retrieval.recall_at_10,
        "mrr": retrieval.mrr,
        "median_rank": retrieval.median_rank,
    }
    return figures


def expression_r(expression: dict[str, float | None], oracle: dict[str, float | None] | None) -> float | None:
    """Median r over the expression numbers within the range of the search bound; over all without one.

    A number that does not vary in the reflections (None) counts as 0: it does not follow.
    """
    expressible = [name for name in expression if oracle is None or (oracle[name] or 0.0) >= EXPRESSIBLE]
    return float(np.median([expression[name] or 0.0 for name in expressible])) if expressible else None


def _pose(asked: FloatArray, came: FloatArray) -> Figures:
    figures: Figures = {}
    for name in ("yaw", "pitch"):
        column = LAYOUT.index(f"pose.{name}")
        figures[f"{name}_mae_deg"] = float(np.abs(came[:, column] - asked[:, column]).mean())
        figures[f"{name}_r"] = correlation(asked[:, column], came[:, column])
    return figures


def landmarks_apart(asked: FloatArray, came: FloatArray) -> FloatArray:
    """Normalised mean error of the landmarks (N,) between two sets of features (N, F); see `landmark_error`."""
    wanted, shapes = (vectors[:, LAYOUT["shape"]].reshape(-1, len(SHAPE_LANDMARKS), 2) for vectors in (asked, came))
    outer_eyes = SHAPE_LANDMARKS.index(33), SHAPE_LANDMARKS.index(263)
    return landmark_error(wanted, shapes, outer_eyes)


def _colours(asked: FloatArray, came: FloatArray) -> Figures:
    """CIEDE2000 at each place: mean over its patches, then median over faces."""
    names = [patch.name for patch in PATCHES]
    colours = [vectors[:, LAYOUT["colour"]].reshape(len(vectors), len(PATCHES), 3) for vectors in (asked, came)]
    from skimage.color import deltaE_ciede2000

    apart = deltaE_ciede2000(*colours)  # (N, patches)
    return {
        f"{place}_delta_e": float(np.median(apart[:, [names.index(patch) for patch in patches]].mean(axis=1)))
        for place, patches in PLACES.items()
    }


def _in_groups(scale: LikenessScale, asked: FloatArray, came: FloatArray) -> Figures:
    wanted, answered = groups(scale, asked), groups(scale, came)
    return {
        "rmse": {name: rms(answered[name] - wanted[name]) for name in GROUPS},
        "gain": {name: gain(wanted[name], answered[name]) for name in GROUPS},
    }
