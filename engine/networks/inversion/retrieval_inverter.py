"""Features -> latent, by retrieval from a bank of drawn faces, made continuous.

Owns how the nearest drawn face is found and how the answer moves from one face to the next. It does not know what the
features mean or how a latent is drawn; `tools/train_inverter.py` makes its file.

Measured on held-out faces (`likeness` in the file's metadata), the nearest face alone is the best likeness: the mean
of several latents, brought back to the sphere, is a face of its own, and the further apart they are the less it is
any of them. So:

* One neighbour is shown, and kept: every `SEARCH_EVERY` calls the bank is searched again, and another takes over where
  `SWITCH_CONFIRMATIONS` searches in a row found one whose squared distance is less than the share `1 - SWITCH_MARGIN`
  of what the shown one has after it has followed. So the noise of the landmarks does not make two of them flicker. In
  the first `WARMUP_CALLS` calls, while the filters settle, one such search is enough, and a smaller share.
  Measured on 100 held-out faces that keep still: 2.6 degrees a second, and hardly a change after the first second.
* When another takes over, what is between the two is left over and fades by `FADE` a call: a morph and no cut.
* While a neighbour is kept, the answer follows the head: what has changed since the neighbour was taken moves the
  latent along directions that turn a face on average (`following`; `refining.py` has those of this very face). What
  it differed from the beginning does not: that movement costs more likeness than it brings.
* What was drawn may be measured and given back (`refine`): then a linear model of the generator says where a face lies
  that has what this one lacks. It is right often enough for steps that are looked at before they are shown
  (`pipeline/latent_refinement.py`), and learns from each (`learn`). `refining_inverter.py` has a better one, where the
  file holds it.
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

SEARCH_EVERY = 5  # calls: a search reads the whole bank, 24 MB, which two busy cores cannot do for every picture
WARMUP_CALLS = 30  # calls
SWITCH_CONFIRMATIONS = 3  # searches running that find a better one: about half a second
WARMUP_SWITCH_MARGIN, SWITCH_MARGIN = (
    0.2,
    0.5,
)  # how much nearer, as a share of the squared distance, another neighbour has to be
FADE = 0.25  # share of what is left over that ends in one call
FURTHEST_STEP = 0.2  # that following moves the latent, in radii: the directions hold nearby
CLIP_SD = 5.0  # stranger features than this are taken for faults
MODELLED_FACES = 5000  # of which the linear model is made
DAMPING = 0.1  # of its inverse, as a share of the mean square of its rows


@dataclass(frozen=True)
class InverterWeights:
    """What an inverter's file holds. F features, N faces, D dimensions of the space in which nearness is measured.

    Attributes:
        mean, sd: (F,) of the bank's features.
        projection: (F, D) standardised features -> code.
        codes: (N, D) of the bank's faces.
        seeds: (N,) of their latents, whole numbers.
        following: (D, latent_size) change of code -> change of latent.
    """

    mean: FloatArray
    sd: FloatArray
    projection: FloatArray
    codes: FloatArray
    seeds: FloatArray
    following: FloatArray

    def encode(self, vectors: FloatArray) -> FloatArray:
        """Codes (..., D) of feature vectors (..., F); a feature that is not a number counts as the mean."""
        standard = np.nan_to_num((vectors - self.mean) / self.sd, nan=0.0, posinf=CLIP_SD, neginf=-CLIP_SD)
        return np.asarray(np.clip(standard, -CLIP_SD, CLIP_SD) @ self.projection, np.float32)

    def reading(self, columns: Sequence[int]) -> FloatArray:
        """What reads standardised features from a code, (D, len(columns)), as far as codes hold them."""
        return np.asarray(np.linalg.pinv(self.projection.astype(np.float64))[:, columns], np.float32)

    def spread(self, columns: NDArray[np.intp], size: int) -> InverterWeights:
        """The same for longer vectors (size,) which have its features in those columns (F,), and others it ignores."""
        mean, sd = np.zeros(size, np.float32), np.ones(size, np.float32)
        projection = np.zeros((size, self.projection.shape[1]), np.float32)
        mean[columns], sd[columns], projection[columns] = self.mean, self.sd, self.projection
        return replace(self, mean=mean, sd=sd, projection=projection)


@dataclass(frozen=True)
class Neighbour:
    """A face of the bank that answers for a viewer, and follows them.

    Attributes:
        index: of it in the bank.
        z: (latent_size,) its latent.
        code: (D,) of it.
        taken: (D,) code of the viewer when it was taken.
        following: (D, latent_size) change of the viewer's code -> change of the latent.
        furthest: that the latent moves, in radii.
        followed: (D, D) which part of a change of the viewer's code its own code follows; None if that is not known.
    """

    index: int
    z: FloatArray
    code: FloatArray
    anchor_code: FloatArray
    following: FloatArray
    furthest: float
    tracking_gain: FloatArray | None = None

    def answer(self, code: FloatArray) -> FloatArray:
        """The latent (latent_size,) for a viewer whose code has become `code` (D,)."""
        step = (code - self.anchor_code) @ self.following
        length = float(np.linalg.norm(step)) / math.sqrt(len(self.z))
        return normalise(self.z + step * (min(1.0, self.furthest / length) if length > 0 else 0.0))

    def expected_code(self, code: FloatArray) -> FloatArray:
        """The code (D,) that its face should have for such a viewer."""
        return self.code if self.tracking_gain is None else self.code + (code - self.anchor_code) @ self.tracking_gain


class Inverter:
    """The latent that answers to a viewer. Keeps neighbours from call to call; one thread at a time may use it.

    Args:
        weights: of its file.
        metadata: of its file, among them the measured likeness.

    Attributes:
        weights: as it was given them.
        needs_crop: it answers to features alone.
        typicality: of the last viewer: 1 is the mean of the bank's faces, 0.5 as far from it as half of them are.
        nearness: of the last answer: 1 has the viewer's features, 0 is as far from them as the bank's faces are on
            average (root mean square). The features are those that were measured when the bank was drawn.
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
        self._doubts = 0  # searches running that found a better one
        self._descent: BroydenModel | None = None  # from the neighbour that is shown
        self._mean = weights.codes.mean(0)
        self._half = float(np.median(np.linalg.norm(weights.codes - self._mean, axis=1)))
        self._mean_square = float(self._squares.mean())
        self.typicality = self.nearness = 0.0

    @property
    def likeness(self) -> Mapping[str, Any]:
        """The held-out measures that were taken when it was trained."""
        measured = json.loads(self.metadata.get("likeness", "{}"))
        return measured if isinstance(measured, dict) else {}

    @property
    def neighbour_seed(self) -> int | None:
        """Seed of the face that the last answer began from; None after `reset`."""
        return None if self._shown is None else int(self.weights.seeds[self._shown.index])

    def another(self) -> Self:
        """The same for another visitor who is answered at the same time, by the same weights."""
        other = copy(self)
        other.reset()
        return other

    def reset(self) -> None:
        """Forget the visitor: the next answer depends on the next features alone."""
        self._shown, self._calls, self._doubts, self._descent = None, 0, 0, None
        self._left_over = np.zeros(self.latent_size, np.float32)
        self.typicality = self.nearness = 0.0

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        """The latent (latent_size,) float32 on the sphere for features (F,) float32, finite; pixels do not count."""
        code = self.weights.encode(vector)
        shown = self._shown or self._take(self._nearest(self._distances(code)), code)
        if self._calls and self._calls % SEARCH_EVERY == 0:
            shown = self._better_than(shown, code)
        self._shown, self._calls = shown, self._calls + 1
        self._judge(code, float(np.linalg.norm(code - shown.expected_code(code))))
        self._left_over *= np.float32(1 - FADE)
        return normalise(shown.answer(code) + self._left_over)

    def _better_than(self, shown: Neighbour, code: FloatArray) -> Neighbour:
        """Another neighbour if one was much nearer, and what is between the two is left over; else the shown."""
        distances = self._distances(code)
        nearest = self._nearest(distances)
        apart = float(((code - shown.expected_code(code)) ** 2).sum())
        loyalty, doubts = (
            (WARMUP_SWITCH_MARGIN, 1) if self._calls <= WARMUP_CALLS else (SWITCH_MARGIN, SWITCH_CONFIRMATIONS)
        )
        self._doubts = self._doubts + 1 if distances[nearest] < (1 - loyalty) * apart else 0
        if nearest == shown.index or self._doubts < doubts:
            return shown
        self._doubts, self._descent = 0, None
        other = self._take(nearest, code)
        self._left_over = shown.answer(code) + self._left_over - other.answer(code)
        return other

    def _take(self, index: int, code: FloatArray) -> Neighbour:
        """The neighbour at a place in the bank, for a viewer with that code (D,)."""
        z = seed_latent(int(self.weights.seeds[index]), self.latent_size)
        return Neighbour(index, z, self.weights.codes[index], code, self.weights.following, FURTHEST_STEP)

    def assess(self, vector: FloatArray, z: FloatArray) -> None:
        """Judge an answer `z` (latent_size,) of another's to features (F,): sets `typicality` and `nearness`."""
        code = self.weights.encode(vector)
        expected = self._mean + self._average_slopes @ z
        self._judge(code, float(np.linalg.norm(code - expected)))

    def compare(self, wanted: FloatArray, measured: FloatArray) -> float:
        """How alike features (F,) are: 1 the same, 0 as far apart as a viewer and the bank's faces are on average."""
        code = self.weights.encode(wanted)
        return self._nearness(code, float(np.linalg.norm(code - self.weights.encode(measured))))

    def refine(
        self,
        z: FloatArray,
        vector: FloatArray,
        measured: FloatArray,
        exploration_noise: np.random.Generator | None = None,
    ) -> FloatArray:
        """A latent near `z` (latent_size,), whose face has the features `measured` (F,), that should draw `vector`.

        Args:
            surmise: makes another step than the likeliest (`BroydenModel.step`).
        """
        missing = self.weights.encode(vector) - self.weights.encode(measured)
        return normalise(z + self._descent_from(z).step(z, missing, exploration_noise))

    def learn(self, z: FloatArray, measured: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        """Learn what came of a step from `z`, whose face had features `measured` (F,), to `tried`."""
        change = self.weights.encode(turned_out) - self.weights.encode(measured)
        self._descent_from(z).learn(tried - z, change)

    def _descent_from(self, z: FloatArray) -> BroydenModel:
        if self._descent is None:
            self._descent = self._begin_descent(z)
        return self._descent

    def _begin_descent(self, z: FloatArray) -> BroydenModel:
        """What is known of steps from a latent (latent_size,) before any was made."""
        slopes = self._average_slopes
        return BroydenModel(slopes, DAMPING * float(np.einsum("ij,ij", slopes, slopes)) / len(slopes))

    @cached_property
    def _average_slopes(self) -> FloatArray:
        return _linear_model(self.weights)

    def _distances(self, code: FloatArray) -> FloatArray:
        """Squared distances (N,) of the bank's faces from a code (D,)."""
        return np.asarray(self._squares - 2 * (self.weights.codes @ code) + code @ code)

    def _judge(self, code: FloatArray, shown: float) -> None:
        """Measure `typicality`, and `nearness` from the distance of what is shown."""
        apart = float(np.linalg.norm(code - self._mean))
        self.typicality = 1.0 / (1.0 + (apart / max(self._half, 1e-6)) ** 2)
        self.nearness = self._nearness(code, shown)

    def _nearness(self, code: FloatArray, apart: float) -> float:
        """1 less a distance from a viewer's code in units of the bank's distance from it, root mean square; 0 to 1."""
        square = self._mean_square - 2.0 * float(self._mean @ code) + float(code @ code)
        return min(max(1.0 - apart / math.sqrt(max(square, 1e-12)), 0.0), 1.0)

    def _nearest(self, distances: FloatArray) -> int:
        """Which face of the bank is the nearest, of squared distances (N,)."""
        return int(distances.argmin())


def _linear_model(weights: InverterWeights) -> FloatArray:
    """What a step of the latent changes in the code, on average: ridge regression over the bank, (D, latent_size)."""
    codes, size = weights.codes[:MODELLED_FACES], weights.following.shape[1]
    latents = seed_latents(weights.seeds[:MODELLED_FACES].astype(np.int64), size)
    slopes = np.linalg.solve(latents.T @ latents + np.eye(size, dtype=np.float32), latents.T @ codes)
    return np.asarray(slopes.T, np.float32)
