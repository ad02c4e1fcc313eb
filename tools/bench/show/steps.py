"""Single steps beside the generator: features of a camera picture, their latent, upload of a face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.config.display import DisplaySettings
from engine.core.clock import Clock
from engine.features.aligned_crop import crop_aligned, square_of
from engine.features.featurizer import LAYOUT, Featurizer
from engine.networks.inversion.encoder import open_encoder
from engine.networks.inversion.inverter_file import read_inverter
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import read_header
from engine.render.gl.texture import PixelTexture
from engine.render.window.window import open_window
from engine.types import Features, FloatArray, Frame
from tools.animate_portrait import FPS, motion_at, moved
from tools.bench.roofline import Peaks, bound_of
from tools.bench.runtimes import PROCESSOR
from tools.bench.runtimes.processor_peaks import processor_peaks
from tools.simulation.simulated_visit import CAMERA_WH, portrait

RUNS, QUICK_RUNS, WARM_UP_RUNS = 300, 60, 10
UPLOADED_PX = 1024  # in addition to the persona's own size
WINDOW_WH = (64, 64)


def measure_steps(persona: Persona, *, quick: bool = False) -> list[dict[str, Any]]:
    """Time each step.

    Args:
        persona: must have an inverter.
        quick: fewer runs.

    Returns:
        A row each: `step`, `ms` (p50, p95), and `bound_ms` and `bound_by` if operations and bytes are known.

    Raises:
        ModelError: the persona has no inverter, or it does not fit.
        DeviceError: OpenGL is not available.
    """
    runs = QUICK_RUNS if quick else RUNS
    peaks = processor_peaks(PROCESSOR)
    features, seen = _measure_features(runs)
    rows = [features]
    if persona.encoder_path.exists():
        rows.append(_measure_encoder(persona, seen, runs))
    if persona.inverter_path.exists():
        rows.append(_measure_inverter(persona, [face.vector for _, face in seen], runs, peaks))
    return [*rows, *_measure_uploads(persona, runs, peaks)]


def _measure_features(runs: int) -> tuple[dict[str, Any], list[tuple[Frame, Features]]]:
    """Row of the features, and the faces found, with their frames."""
    face = portrait()
    frames = [Frame(moved(face, motion_at(i / FPS), CAMERA_WH), i / FPS, i) for i in range(min(runs, 240))]
    seen: list[tuple[Frame, Features]] = []
    with Featurizer("live") as featurizer:

        def measure(i: int) -> None:
            frame = frames[i % len(frames)]
            features = featurizer(frame)
            if features is not None:
                seen.append((frame, features))

        ms = _percentiles(measure, runs)
    return {"step": f"features of a picture of {CAMERA_WH[0]}x{CAMERA_WH[1]}", "ms": ms}, seen


def _measure_encoder(persona: Persona, seen: list[tuple[Frame, Features]], runs: int) -> dict[str, Any]:
    """Row of the encoder on one thread, including the crop."""
    encoder = open_encoder(persona)

    def encode(i: int) -> None:
        frame, face = seen[i % len(seen)]
        encoder(crop_aligned(frame.image, face.landmarks_px, square_of(face.landmarks_px)).pixels)

    return {"step": "encoder: latent of a face, with its square", "ms": _percentiles(encode, runs)}


def _measure_inverter(persona: Persona, vectors: list[FloatArray], runs: int, peaks: Peaks) -> dict[str, Any]:
    inverter = read_inverter(persona.inverter_path, persona)
    faces, dimensions = read_header(persona.inverter_path).tensors["codes"].shape
    ms = _percentiles(lambda i: inverter(vectors[i % len(vectors)]), runs)
    numbers = faces * dimensions + LAYOUT.size * dimensions + dimensions * persona.settings.latent_size
    step = f"inverter: latent of a face, of {faces} in the bank"
    return {"step": step, "ms": ms, **_bound(2 * numbers, 4 * numbers, peaks)}


def _measure_uploads(persona: Persona, runs: int, peaks: Peaks) -> list[dict[str, Any]]:
    rows = []
    with open_window(DisplaySettings(), WINDOW_WH, headless=True) as window:
        for size in dict.fromkeys((persona.settings.resolution, UPLOADED_PX)):
            random = np.random.default_rng(0)
            pictures = [random.integers(0, 256, (size, size, 4), np.uint8) for _ in range(3)]
            texture = PixelTexture(window.ctx)

            def upload(i: int, texture: PixelTexture = texture, pictures: list[Any] = pictures) -> None:
                texture.write(pictures[i % len(pictures)])
                window.finish()

            ms = _percentiles(upload, runs)
            texture.close()
            step = f"upload of {size}² RGBA into a texture, by {window.renderer}"
            # a graphics card reads over a bus of unknown rate
            bound = _bound(0, 2 * pictures[0].nbytes, peaks) if window.is_software else {}
            rows.append({"step": step, "ms": ms, **bound})
    return rows


def _bound(operations: int, n_bytes: int, peaks: Peaks) -> dict[str, Any]:
    bound = bound_of(operations, n_bytes, peaks)
    return {"bound_ms": round(bound.ms, 4), "bound_by": bound.by}


def _percentiles(work: Callable[[int], object], runs: int) -> dict[str, float]:
    """50th and 95th percentile of a call, ms, after a warm-up."""
    clock, durations_ms = Clock(), []
    for i in range(-WARM_UP_RUNS, runs):
        began_s = clock.now_s()
        work(i)
        if i >= 0:
            durations_ms.append(1000 * (clock.now_s() - began_s))
    p50, p95 = np.percentile(durations_ms, [50, 95])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3)}
