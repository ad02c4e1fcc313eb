"""Evaluation of methods with the same viewers: every reflection is drawn and measured again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from engine.features.aligned_crop import crop_fault
from engine.features.featurizer import LAYOUT, VECTORS
from engine.networks.persona import Persona
from engine.types import ByteArray, Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.baselines.methods import Method
from tools.likeness.answers import answers_afresh, seen_pixels
from tools.likeness.camera_noise import disturbed
from tools.likeness.motion_trial import RATE_HZ
from tools.likeness.scale import Likeness, LikenessScale
from tools.metrics.jitter_and_lag import jitter_deg_s
from tools.metrics.regression import rms

TREMBLING_VIEWERS, TREMBLING_FRAMES, SETTLING_FRAMES = 12, 60, 30


@dataclass(frozen=True)
class Outcome:
    """Result of a method.

    Attributes:
        likeness: likeness of its reflections.
        trembling_deg_s: root mean square speed of its latents for still faces, with a show's noise and without
                smoothing, degrees on the sphere per second at 30 Hz.
    """

    likeness: Likeness
    trembling_deg_s: float


class Viewers:
    """Viewers presented to every method.

    Args:
        persona: its attribute network is used.
        pictures: (N, H, W, 3) uint8 RGB, already mirrored if required.
        layouts: names of the feature layouts to measure.
    """

    def __init__(self, persona: Persona, pictures: ByteArray, layouts: set[str]) -> None:
        self.faces: dict[str, list[Features]] = {}
        self.again: dict[str, list[Features]] = {}  # the same, with a show's noise
        with ExitStack() as stack:
            drawers = {
                name: stack.enter_context(FaceDrawer(persona, threads=1, layout=VECTORS[name].layout))
                for name in sorted({*layouts, LAYOUT.name})
            }
            self._measure(drawers, pictures)

    def _measure(self, drawers: Mapping[str, FaceDrawer], pictures: ByteArray) -> None:
        random = np.random.default_rng(0)
        self.faces, self.again = {name: [] for name in drawers}, {name: [] for name in drawers}
        for picture in tqdm(pictures, unit=" pictures", desc="viewers"):
            noisy = disturbed(picture, random)
            seen = {name: (drawer.measure(picture), drawer.measure(noisy)) for name, drawer in drawers.items()}
            if not all(_is_seen(face) for pair in seen.values() for face in pair):
                continue  # the same viewers for all
            for name, (face, again) in seen.items():
                assert face is not None and again is not None
                self.faces[name].append(face)
                self.again[name].append(again)

    def vectors(self, layout: str) -> FloatArray:
        """Features (N, F) in one of the layouts."""
        return np.stack([face.vector for face in self.faces[layout]])

    def __len__(self) -> int:
        return len(self.faces[LAYOUT.name])


def _is_seen(face: Features | None) -> bool:
    """Whether a face was found, and can be cropped if crops are required."""
    return face is not None and (face.crop is None or crop_fault(face) is None)


def compare(
    methods: Sequence[Method], viewers: Viewers, drawer: FaceDrawer, scale: LikenessScale
) -> dict[str, Outcome]:
    """Results of all methods, by title.

    Args:
        methods: their layouts are among the viewers'.
        viewers: two or more.
        drawer: draws for the persona.
        scale: standard deviations that all errors are relative to.
    """
    asked = viewers.vectors(LAYOUT.name)
    outcomes = {}
    for method in tqdm(methods, unit=" methods", desc="methods"):
        heard, again = viewers.faces[method.layout.name], viewers.again[method.layout.name]
        came = drawer.draw_and_measure(answers_afresh(method.inverter, heard))
        likeness = scale.compare(asked, [None if face is None else face.vector for face in came])
        outcomes[method.title] = Outcome(likeness, trembling(method, heard, again))
    return outcomes


def trembling(method: Method, heard: Sequence[Features], again: Sequence[Features]) -> float:
    """Jitter as in `Outcome.trembling_deg_s`, for some viewers (N); `again` are the same with a show's noise.

    Feature noise is taken over all viewers; that of an encoder's input between the two pictures of each viewer.
    """
    random = np.random.default_rng(3)
    noise = np.stack([noisy.vector - face.vector for face, noisy in zip(heard, again, strict=True)])
    speeds = []
    for face, noisy in list(zip(heard, again, strict=True))[:TREMBLING_VIEWERS]:
        method.inverter.reset()
        frames = face.vector + noise[random.integers(len(noise), size=SETTLING_FRAMES + TREMBLING_FRAMES)]
        squares = [seen_pixels(method.inverter, one) for one in (face, noisy)]
        latents = np.stack([method.inverter(frame, squares[int(random.integers(2))]) for frame in frames])
        speeds.append(jitter_deg_s(latents[SETTLING_FRAMES:], RATE_HZ))
    return rms(np.array(speeds))


def table(outcomes: Mapping[str, Outcome]) -> str:
    """Table of outcomes in Markdown."""
    rows = [
        "| method | faces found | shape RMSE | colour RMSE | gain shape / colour | R@1 | jitter, °/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, outcome in outcomes.items():
        value = outcome.likeness
        rows.append(
            f"| {title} | {value.found:.1%} | {value.shape_rmse:.2f} | {value.colour_rmse:.2f} | "
            f"{value.shape_gain:.2f} / {value.colour_gain:.2f} | {value.recall_at_1:.0%} of {value.count} | "
            f"{outcome.trembling_deg_s:.0f} |"
        )
    return "\n".join(rows)
