"""Fitting of a retrieval inverter to a bank: the metric, its axes, and the directions that follow a head."""

from __future__ import annotations

import numpy as np

from engine.features.featurizer import LAYOUT
from engine.networks.inversion.latent_bank import DrawnFaces
from engine.networks.inversion.retrieval_inverter import InverterWeights
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import FloatArray
from tools.likeness.scale import SHAPE_COMPONENTS, LikenessScale

# Weight of one standard deviation of each group in the search for the nearest face. The best likeness of drawn faces
# needs weights below 1 for pose and expression; but real faces differ more from all drawn ones, the search becomes a
# compromise, and gaze and smile are what one notices first.
SHAPE_WEIGHT, POSE_WEIGHT, COLOUR_WEIGHT, FURTHER_COLOUR_WEIGHT = 1.0, 1.8, 1.0, 0.3
EXPRESSION_WEIGHT = 0.4
EXPRESSION_WEIGHTS = {"expression.mouth_open": 1.5, "expression.smile": 1.5}
KEPT_VARIANCE = 0.999  # of the codes, after rotation to principal axes

# Features followed while a neighbour is kept, and target gains: 1 is full, on average. For yaw and pitch there are
# directions on the sphere that hold almost everywhere (for a target of 1 they give 1.0 +- 0.6 and 0.9 +- 0.9 on the
# first generator); for smile and mouth there are not (0.5 +- 1.1).
FOLLOWED = {"pose.yaw": 0.35, "pose.pitch": 0.35}


def fit(faces: DrawnFaces, latent_size: int, scale: LikenessScale) -> InverterWeights:
    """Fit everything the inverter needs from a bank.

    Args:
        faces: faces of the bank.
        latent_size: dimensions of a latent.
        scale: scale of the same faces.
    """
    axes = _search_axes(scale)
    standard = (faces.vectors - scale.mean) / scale.sd
    codes = standard @ axes
    variance, turn = np.linalg.eigh(codes.T @ codes / len(codes))
    kept = int(np.searchsorted(np.cumsum(variance[::-1]) / variance.sum(), KEPT_VARIANCE)) + 1
    turn = turn[:, ::-1][:, :kept].astype(np.float32)  # largest axis first
    projection = axes @ turn
    columns = [LAYOUT.index(name) for name in FOLLOWED]
    directions = _directions(standard[:, columns], faces, latent_size) * np.array(list(FOLLOWED.values()))[:, None]
    # codes -> followed features: exact except for the omitted axes
    followed = np.linalg.lstsq(codes @ turn, standard[:, columns], rcond=None)[0]
    return InverterWeights(
        mean=scale.mean,
        sd=scale.sd,
        projection=projection.astype(np.float32),
        codes=(codes @ turn).astype(np.float32),
        seeds=faces.seeds.astype(np.float32),
        following=(followed @ directions).astype(np.float32),
    )


def _search_axes(scale: LikenessScale) -> FloatArray:
    """Matrix (F, D) from standardised features to the space in which distances are measured."""
    shape = np.zeros((LAYOUT.size, SHAPE_COMPONENTS), np.float32)
    basis = scale.shape_basis[:, :SHAPE_COMPONENTS] / scale.shape_sd[:SHAPE_COMPONENTS]
    shape[LAYOUT["shape"]] = SHAPE_WEIGHT * scale.sd[LAYOUT["shape"], None] * basis
    weights = np.zeros(LAYOUT.size, np.float32)
    weights[LAYOUT["pose"]] = POSE_WEIGHT
    weights[LAYOUT["expression"]] = EXPRESSION_WEIGHT
    for name, weight in EXPRESSION_WEIGHTS.items():
        weights[LAYOUT.index(name)] = weight
    weights[LAYOUT["colour"]] = FURTHER_COLOUR_WEIGHT
    weights[scale.colour_columns] = COLOUR_WEIGHT
    return np.hstack([shape, np.diag(weights)[:, weights > 0]])


def _directions(standard: FloatArray, faces: DrawnFaces, latent_size: int) -> FloatArray:
    """Smallest latent step that changes each feature by one standard deviation and leaves the others unchanged.

    The pseudo-inverse of the linear regression of features on latents, (features, latent_size).
    """
    slopes = np.zeros((standard.shape[1], latent_size))
    for begin in range(0, len(faces), 5000):
        latents = seed_latents(faces.seeds[begin : begin + 5000], latent_size)
        slopes += standard[begin : begin + 5000].T @ latents / len(faces)
    return np.linalg.pinv(slopes, rcond=0.05).T.astype(np.float32)
