"""Baseline of a persona's likeness, `models/NAME/likeness.json`, to detect regressions.

A few held-out faces are reflected, drawn and measured, always with the same seeds, so the figures are the same
everywhere except for the last digits of processors and number formats. These can matter: if two faces are almost
equally near, a last digit decides between them. `TOLERANCES` allows for that. The first shipped persona was measured in
bfloat16 and in float32, which differ more than two processors: every tolerance is at least about twice that difference.
When the eleventh nearest face was used instead of the nearest, fourteen of seventeen figures got worse by more than
their tolerance.

Written by `python -m tools.evaluate --model NAME --baseline`, and whenever a generator is adopted.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.bank.held_out import HELD_OUT_SEED
from tools.likeness.answers import answers_afresh, can_answer
from tools.likeness.figures import FEWEST, Figures, expression_r, likeness_figures
from tools.likeness.scale import LikenessScale
from tools.reporting.json_file import write_json

BASELINE_FILE = "likeness.json"
COUNT = 100

# Allowed degradation of each figure; the sign gives the direction that is worse.
TOLERANCES = {
    "detected": -0.02,
    "nme": 0.002,
    "yaw_mae_deg": 0.5,
    "pitch_mae_deg": 0.3,
    "expression_r": -0.04,
    "skin_delta_e": 0.25,
    "lips_delta_e": 0.3,
    "hair_delta_e": 1.5,
    "recall_at_1": -0.08,
    "rmse.shape": 0.05,
    "rmse.pose": 0.15,
    "rmse.expression": 0.05,
    "rmse.colour": 0.04,
}
GAIN_TOLERANCE = 0.03  # allowed increase of the distance from 1


def measure_baseline(persona: Persona, drawer: FaceDrawer) -> Figures:
    """Figures of the reflections of held-out faces, on the scale of these faces.

    Raises:
        ModelError: the inverter cannot be used, or the generator draws no faces.
    """
    inverter = need_inverter(persona)
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + COUNT)
    drawn = drawer.draw_and_measure(seed_latents(seeds, persona.settings.latent_size))
    faces = [face for face in drawn if face is not None and can_answer(inverter, face)]
    if len(faces) < FEWEST:
        raise ModelError(f"{persona.generator_path} draws no detectable faces: there is nothing to measure")
    asked = np.stack([face.vector for face in faces])
    came = _rows(drawer.draw_and_measure(answers_afresh(inverter, faces)))
    figures = likeness_figures(LikenessScale(asked), asked, came)
    if "expression" in figures:
        figures["expression_r"] = expression_r(figures["expression"], None)
    flat = _flat(figures)
    kept = [*TOLERANCES, *(name for name in flat if name.startswith("gain."))]
    return {name: flat.get(name) for name in kept}


def write_baseline(persona: Persona, figures: Figures) -> None:
    """Save figures to the persona's folder.

    Raises:
        DeviceError: the file cannot be written.
    """
    content = {"format": 1, "count": COUNT, "first_seed": HELD_OUT_SEED, **_identity(persona), "figures": figures}
    write_json(persona.folder / BASELINE_FILE, content)


def read_baseline(persona: Persona) -> Figures:
    """Read saved figures.

    Raises:
        ModelError: there are none, or they belong to another generator, inverter layout or number of faces.
    """
    path = persona.folder / BASELINE_FILE
    remedy = f"run `python -m tools.evaluate --model {persona.name} --baseline`"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: {remedy}") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}): {remedy}") from error
    if not isinstance(content, dict) or not isinstance(content.get("figures"), dict):
        raise ModelError(f"{path} is damaged: {remedy}")
    expected = {"count": COUNT, "first_seed": HELD_OUT_SEED, **_identity(persona)}
    for name, value in expected.items():
        if content.get(name) != value:
            raise ModelError(f"{path} was measured with another {name.replace('_', ' ')}: {remedy}")
    figures: Figures = content["figures"]
    return figures


def what_became_worse(before: Figures, now: Figures) -> list[str]:
    """Sentences about all figures that have become worse by more than their tolerance."""
    sentences = []
    for name, was in before.items():
        value = now.get(name)
        if was is None:
            continue
        if value is None:
            sentences.append(f"{name} was {was:.3f} and cannot be measured now")
        elif name.startswith("gain."):
            if abs(value - 1) > abs(was - 1) + GAIN_TOLERANCE:
                sentences.append(
                    f"{name} was {was:.3f} and is {value:.3f}, further from 1 by more than {GAIN_TOLERANCE}"
                )
        elif (value - was) * np.sign(TOLERANCES[name]) > abs(TOLERANCES[name]):
            sentences.append(f"{name} was {was:.3f} and is {value:.3f}, worse by more than {abs(TOLERANCES[name])}")
    return sentences


def _rows(faces: list[Features | None]) -> FloatArray:
    nothing = np.full(LAYOUT.size, np.nan, np.float32)
    return np.stack([nothing if face is None else face.vector for face in faces])


def _flat(figures: Figures) -> dict[str, Any]:
    """Flatten nested figures to `measure.part`."""
    flat: dict[str, Any] = {}
    for name, value in figures.items():
        flat |= (
            {f"{name}.{part}": of_part for part, of_part in value.items()} if isinstance(value, dict) else {name: value}
        )
    return flat


def _identity(persona: Persona) -> dict[str, Any]:
    return {"generator_sha256": persona.generator_sha256, "layout": LAYOUT.stamp}
