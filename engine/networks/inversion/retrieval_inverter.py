"""Retrieval inverter: features -> latent, from the nearest faces in a bank, made continuous.

Owns the search for the nearest drawn face and the transitions between faces. Does not know what the features mean or
how a latent is drawn; `tools/train_inverter.py` writes its file.

Measured on held-out faces (`likeness` in the file's metadata), the single nearest face is the best likeness: the mean
of several latents, projected back to the sphere, is a different face, and the further apart they are, the less it
resembles any of them. Therefore:

* One neighbour is shown and kept. Every `SEARCH_EVERY` calls the bank is searched again; another neighbour takes over
  after `SWITCH_CONFIRMATIONS` consecutive searches whose squared distance is less than `1 - SWITCH_MARGIN` times that
  of the current one after following. So landmark noise does not make two of them alternate. During the first
  `WARMUP_CALLS` calls, while the filters settle, a single search and a smaller margin suffice. Measured on 100 still
  held-out faces: 2.6 degrees per second, and hardly any change after the first second.
* When another one takes over, the difference is carried as an offset that decays by `FADE` per call: a morph, not
  a cut.
* While a neighbour is kept, the latent follows the head: changes since the neighbour was chosen move the latent along
  directions that turn an average face (`following`; `refining_inverter.py` has those of the actual face). The initial
  difference is not followed: that movement would cost more likeness than it brings.
* A drawn face may be measured and passed to `refine`: a linear model of the generator then predicts a face that fixes
  its errors. It is right often enough for steps that are checked before they are shown
  (`pipeline/latent_refinement.py`), and is updated after each (`learn`). `refining_inverter.py` has a better model, if
  the file contains it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.networks.inversion.broyden import BroydenModel
from engine.networks.pggan.latent_sphere import normalise, seed_latent, seed_latents
from engine.types import ByteArray, FloatArray

SEARCH_EVERY = 5  # calls: a search reads the whole bank, 24 MB, too much for two busy cores in every frame
WARMUP_CALLS = 30  # calls
SWITCH_CONFIRMATIONS = 3  # consecutive searches that find a better one: about half a second
WARMUP_SWITCH_MARGIN, SWITCH_MARGIN = (
    0.2,
    0.5,
)  # how much nearer another neighbour must be, as a share of the squared distance
FADE = 0.25  # decay of the offset per call
FURTHEST_STEP = 0.2  # maximum movement of the latent by following, in radii: the directions hold only nearby
CLIP_SD = 5.0  # features beyond this are treated as faults
MODELLED_FACES = 5000  # faces used for the linear model
DAMPING = 0.1  # regularisation of its inverse, relative to the mean square of its rows


@dataclass(frozen=True)
class InverterWeights:
    """Contents of an inverter file. F features, N faces, D dimensions of the code space, in which distance is measured.

    Attributes:
        mean, sd: (F,) statistics of the bank's features.
        projection: (F, D) standardised features -> code.
        codes: (N, D) codes of the bank's faces.
        seeds: (N,) seeds of their latents, integers.
        following: (D, latent_size) change of code -> change of latent.
    """

    mean: FloatArray
    sd: FloatArray
    projection: FloatArray
    codes: FloatArray
    seeds: FloatArray
    following: FloatArray

    def encode(self, vectors: FloatArray) -> FloatArray:
        """Encode feature vectors (..., F) as codes (..., D); non-finite features count as the mean."""
        standard = np.nan_to_num((vectors - self.mean) / self.sd, nan=0.0, posinf=CLIP_SD, neginf=-CLIP_SD)
        return np.asarray(np.clip(standard, -CLIP_SD, CLIP_SD) @ self.projection, np.float32)

    def reading(self, columns: Sequence[int]) -> FloatArray:
        """Linear readout of standardised features from a code, (D, len(columns)), as far as codes contain them."""
        return np.asarray(np.linalg.pinv(self.projection.astype(np.float64))[:, columns], np.float32)

    def spread(self, columns: NDArray[np.intp], size: int) -> InverterWeights:
        """Extend to longer vectors (size,) that contain the features in those columns (F,); other columns are
        ignored."""
        mean, sd = np.zeros(size, np.float32), np.ones(size, np.float32)
        projection = np.zeros((size, self.projection.shape[1]), np.float32)
        mean[columns], sd[columns], projection[columns] = self.mean, self.sd, self.projection
        return replace(self, mean=mean, sd=sd, projection=projection)


@dataclass(frozen=True)
class Neighbour:
    """Face of the bank that represents a viewer, and follows them.

    Attributes:
        index: its index in the bank.
        z: its latent (latent_size,).
        code: its code (D,).
        taken: code (D,) of the viewer when it was chosen.
        following: (D, latent_size) change of the viewer's code -> change of the latent.
        furthest: maximum movement of the latent, in radii.
        followed: (D, D) gain from changes of the viewer's code to its own code; None if unknown.
    """

    index: int
    z: FloatArray
    code: FloatArray
    anchor_code: FloatArray
    following: FloatArray
    furthest: float
    tracking_gain: FloatArray | None = None

    def answer(self, code: FloatArray) -> FloatArray:
        """Latent (latent_size,) for a viewer whose code is now `code` (D,)."""
        step = (code - self.anchor_code) @ self.following
        length = float(np.linalg.norm(step)) / math.sqrt(len(self.z))
        return normalise(self.z + step * (min(1.0, self.furthest / length) if length > 0 else 0.0))

    def expected_code(self, code: FloatArray) -> FloatArray:
        """Expected code (D,) of its face for such a viewer."""
        return self.code if self.tracking_gain is None else self.code + (code - self.anchor_code) @ self.tracking_gain


class Inverter:
    """Latent of a viewer by retrieval. Keeps state from call to call; one thread at a time may use it.

    Args:
        weights: contents of its file.
        metadata: metadata of its file, including the measured likeness.

    Attributes:
        weights: as passed in.
        needs_crop: False: it reads features only.
        typicality: of the last viewer: 1 is the mean of the bank's faces, 0.5 the median distance from it.
        nearness: of the last latent: 1 means the viewer's features, 0 the average distance of the bank's faces from
                them (root mean square), in the features measured when the bank was drawn.
    """

    needs_crop = False

    def __init__(self, weights: InverterWeights, metadata: Mapping[str, str]) -> None:
        self.weights = weights
        self.metadata = dict(metadata)
        self.latent_size = weights.following.shape[1]
        self._squares = np.einsum("nd,nd->n", weights.codes, weights.codes)
        self._shown: Neighbour | None = None
        self._left_over = np.zeros(self.latent_size, np.float32)
        self._calls = 0
        self._confirmations = 0  # consecutive searches that found a better one
        self._step_model: BroydenModel | None = None  # starts at the current neighbour
        self._mean = weights.codes.mean(0)
        self._half = float(np.median(np.linalg.norm(weights.codes - self._mean, axis=1)))
        self._mean_square = float(self._squares.mean())
        self.typicality = self.nearness = 0.0

    @property
    def likeness(self) -> Mapping[str, Any]:
        """Held-out figures measured in training."""
        measured = json.loads(self.metadata.get("likeness", "{}"))
        return measured if isinstance(measured, dict) else {}

    @property
    def neighbour_seed(self) -> int | None:
        """Seed of the face behind the last latent; None after `reset`."""
        return None if self._shown is None else int(self.weights.seeds[self._shown.index])

    def another(self) -> Self:
        """Inverter for another, simultaneous visitor, with the same weights."""
        other = copy(self)
        other.reset()
        return other

    def look_together(self, squares: Sequence[ByteArray]) -> None:
        """Nothing: it answers to features, and looks at no square."""

    def reset(self) -> None:
        """Forget the visitor: the next latent depends only on the next features."""
        self._shown, self._calls, self._confirmations, self._step_model = None, 0, 0, None
        self._left_over = np.zeros(self.latent_size, np.float32)
        self.typicality = self.nearness = 0.0

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        """Compute the latent (latent_size,) float32 on the sphere for finite features (F,) float32; pixels are
        ignored."""
        code = self.weights.encode(vector)
        shown = self._shown or self._take(self._nearest(self._distances(code)), code)
        if self._calls and self._calls % SEARCH_EVERY == 0:
            shown = self._better_than(shown, code)
        self._shown, self._calls = shown, self._calls + 1
        self._judge(code, float(np.linalg.norm(code - shown.expected_code(code))))
        self._left_over *= np.float32(1 - FADE)
        return normalise(shown.answer(code) + self._left_over)

    def _better_than(self, shown: Neighbour, code: FloatArray) -> Neighbour:
        """Switch to a neighbour that is much nearer, carrying the difference as an offset, or keep the current one."""
        distances = self._distances(code)
        nearest = self._nearest(distances)
        apart = float(((code - shown.expected_code(code)) ** 2).sum())
        loyalty, doubts = (
            (WARMUP_SWITCH_MARGIN, 1) if self._calls <= WARMUP_CALLS else (SWITCH_MARGIN, SWITCH_CONFIRMATIONS)
        )
        self._confirmations = self._confirmations + 1 if distances[nearest] < (1 - loyalty) * apart else 0
        if nearest == shown.index or self._confirmations < doubts:
            return shown
        self._confirmations, self._step_model = 0, None
        other = self._take(nearest, code)
        self._left_over = shown.answer(code) + self._left_over - other.answer(code)
        return other

    def _take(self, index: int, code: FloatArray) -> Neighbour:
        """Neighbour at an index in the bank, for a viewer with that code (D,)."""
        z = seed_latent(int(self.weights.seeds[index]), self.latent_size)
        return Neighbour(index, z, self.weights.codes[index], code, self.weights.following, FURTHEST_STEP)

    def assess(self, vector: FloatArray, z: FloatArray) -> None:
        """Set `typicality` and `nearness` for a latent `z` (latent_size,) that another inverter chose for features
        (F,)."""
        code = self.weights.encode(vector)
        expected = self._mean + self._average_slopes @ z
        self._judge(code, float(np.linalg.norm(code - expected)))

    def compare(self, wanted: FloatArray, measured: FloatArray) -> float:
        """Similarity of features (F,): 1 identical, 0 as far apart as a viewer and the bank's faces on average."""
        code = self.weights.encode(wanted)
        return self._nearness(code, float(np.linalg.norm(code - self.weights.encode(measured))))

    def refine(
        self,
        z: FloatArray,
        vector: FloatArray,
        measured: FloatArray,
        exploration_noise: np.random.Generator | None = None,
    ) -> FloatArray:
        """Propose a latent near `z` (latent_size,), whose face has features `measured` (F,), that should match
        `vector`.

        Args:
            exploration_noise: proposes another step than the best one (`BroydenModel.step`).
        """
        missing = self.weights.encode(vector) - self.weights.encode(measured)
        return normalise(z + self._step_model_at(z).step(z, missing, exploration_noise))

    def learn(self, z: FloatArray, measured: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        """Update the model: a step from `z`, whose face had features `measured` (F,), to `tried` gave `turned_out`."""
        change = self.weights.encode(turned_out) - self.weights.encode(measured)
        self._step_model_at(z).learn(tried - z, change)

    def _step_model_at(self, z: FloatArray) -> BroydenModel:
        if self._step_model is None:
            self._step_model = self._initial_step_model(z)
        return self._step_model

    def _initial_step_model(self, z: FloatArray) -> BroydenModel:
        """Initial model of steps from a latent (latent_size,)."""
        slopes = self._average_slopes
        return BroydenModel(slopes, DAMPING * float(np.einsum("ij,ij", slopes, slopes)) / len(slopes))

    @cached_property
    def _average_slopes(self) -> FloatArray:
        return _linear_model(self.weights)

    def _distances(self, code: FloatArray) -> FloatArray:
        """Squared distances (N,) from a code (D,) to the bank's faces."""
        return np.asarray(self._squares - 2 * (self.weights.codes @ code) + code @ code)

    def _judge(self, code: FloatArray, shown: float) -> None:
        """Set `typicality`, and `nearness` from the distance of the shown face."""
        apart = float(np.linalg.norm(code - self._mean))
        self.typicality = 1.0 / (1.0 + (apart / max(self._half, 1e-6)) ** 2)
        self.nearness = self._nearness(code, shown)

    def _nearness(self, code: FloatArray, apart: float) -> float:
        """1 minus a distance from a viewer's code, relative to the bank's root mean square distance; 0 to 1."""
        square = self._mean_square - 2.0 * float(self._mean @ code) + float(code @ code)
        return min(max(1.0 - apart / math.sqrt(max(square, 1e-12)), 0.0), 1.0)

    def _nearest(self, distances: FloatArray) -> int:
        """Index of the nearest face in the bank, given squared distances (N,)."""
        return int(distances.argmin())


def _linear_model(weights: InverterWeights) -> FloatArray:
    """Average derivative of the code with respect to the latent: ridge regression over the bank, (D, latent_size)."""
    codes, size = weights.codes[:MODELLED_FACES], weights.following.shape[1]
    latents = seed_latents(weights.seeds[:MODELLED_FACES].astype(np.int64), size)
    slopes = np.linalg.solve(latents.T @ latents + np.eye(size, dtype=np.float32), latents.T @ codes)
    return np.asarray(slopes.T, np.float32)
