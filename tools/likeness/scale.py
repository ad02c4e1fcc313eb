"""Scale of likeness: the basic measures of an inverter.

A face is drawn from the inverter's latent and measured; its features are compared with the requested ones. Everything
is in standard deviations over the bank, so a random face scores about 1.4 and the best constant face 1.0. Shape is the
ten largest principal components of the aligned landmarks, colour is eight patches in CIELAB.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from engine.features.colours import PATCHES
from engine.features.featurizer import LAYOUT
from engine.types import FloatArray

SHAPE_COMPONENTS = 10
COLOUR_PATCHES = ("forehead", "cheek_left", "cheek_right", "nose", "lips", "chin", "hair_top", "background_left")
FOLLOWED = ("pose.yaw", "pose.pitch", "expression.mouth_open", "expression.smile")


@dataclass(frozen=True)
class Likeness:
    """Result of requesting some faces.

    Attributes:
        found: share of reflections in which a face is found.
        shape_rmse, colour_rmse: in standard deviations; smaller is more alike.
        shape_gain, colour_gain: slope of the result on the request; 1 is faithful, less is timid, more is caricature.
        recall_at_1: share of reflections closest to their own request.
        correlation: for yaw, pitch, open mouth and smile.
        count: number of requests.
    """

    found: float
    shape_rmse: float
    colour_rmse: float
    shape_gain: float
    colour_gain: float
    recall_at_1: float
    correlation: dict[str, float]
    count: int

    def rounded(self) -> dict[str, object]:
        """Plain values with three digits, for metadata and tables."""
        values = asdict(self)
        values["correlation"] = {name: round(value, 3) for name, value in self.correlation.items()}
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()}


class LikenessScale:
    """Standard deviations and shape components of a bank.

    Args:
        vectors: (N, F) features of the bank.
    """

    def __init__(self, vectors: FloatArray) -> None:
        self.mean = vectors.mean(axis=0)
        self.sd = np.maximum(vectors.std(axis=0), 1e-6)
        centred = vectors[:, LAYOUT["shape"]] - self.mean[LAYOUT["shape"]]
        _, basis = np.linalg.eigh(np.cov(centred, rowvar=False))
        self.shape_basis: FloatArray = basis[:, ::-1].astype(np.float32)  # largest component first
        self.shape_sd: FloatArray = np.maximum((centred @ self.shape_basis).std(axis=0), 1e-6)
        self.colour_columns = [LAYOUT.index(f"colour.{name}_{channel}") for name in COLOUR_PATCHES for channel in "Lab"]
        assert set(COLOUR_PATCHES) <= {patch.name for patch in PATCHES}

    def shape(self, vectors: FloatArray) -> FloatArray:
        """Shape components (N, 10) in standard deviations."""
        centred = vectors[:, LAYOUT["shape"]] - self.mean[LAYOUT["shape"]]
        return centred @ self.shape_basis[:, :SHAPE_COMPONENTS] / self.shape_sd[:SHAPE_COMPONENTS]

    def colour(self, vectors: FloatArray) -> FloatArray:
        """Colours (N, 24) in standard deviations."""
        return ((vectors - self.mean) / self.sd)[:, self.colour_columns]

    def compare(self, asked: FloatArray, answers: list[FloatArray | None]) -> Likeness:
        """Measure the reflections of some requests.

        Args:
            asked: (N, F) requested features.
            answers: features of the drawn faces, None without a face.
        """
        kept = [index for index, answer in enumerate(answers) if answer is not None]
        came = np.array([answers[index] for index in kept], np.float32).reshape(-1, LAYOUT.size)
        wanted = asked[kept]
        shape, shape_came = self.shape(wanted), self.shape(came)
        colour, colour_came = self.colour(wanted), self.colour(came)
        questions = np.hstack([self.shape(asked), self.colour(asked)])
        columns = {name: LAYOUT.index(name) for name in FOLLOWED}
        return Likeness(
            found=len(kept) / max(1, len(answers)),
            shape_rmse=_rmse(shape, shape_came),
            colour_rmse=_rmse(colour, colour_came),
            shape_gain=_slope(shape, shape_came),
            colour_gain=_slope(colour, colour_came),
            recall_at_1=_recall(questions, np.hstack([shape_came, colour_came]), kept),
            correlation={name: _correlation(wanted[:, k], came[:, k]) for name, k in columns.items()},
            count=len(asked),
        )


def _rmse(a: FloatArray, b: FloatArray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


def _slope(asked: FloatArray, came: FloatArray) -> float:
    """Least squares slope through zero, over all components together."""
    return float((asked * came).sum() / max(float((asked * asked).sum()), 1e-12))


def _recall(questions: FloatArray, came: FloatArray, kept: list[int]) -> float:
    """Share of reflections closest to their own request; one without a face is a miss."""
    distances = (questions**2).sum(axis=1)[None] - 2 * came @ questions.T  # (answers, questions), up to a constant
    return float((distances.argmin(axis=1) == np.array(kept)).sum() / max(1, len(questions)))


def _correlation(a: FloatArray, b: FloatArray) -> float:
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else 0.0
