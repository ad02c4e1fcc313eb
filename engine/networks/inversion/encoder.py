"""Encoder inference: square of a face -> latent of its reflection, in a few milliseconds on one core.

Runs on OpenVINO, or on the Keras backend if the generator runs on a graphics card. Keeps only the squares of the latest
turn and their answers; smoothing is up to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.networks.backends.backend import ENCODER_BACKENDS
from engine.networks.backends.batch_sizes import BatchSizes
from engine.networks.inversion.encoder_file import EncoderContents, read_encoder
from engine.networks.inversion.encoder_graph import build_encoder_graph
from engine.networks.inversion.frozen_features import SEEN_PX
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import normalise
from engine.system.openvino_loader import import_openvino, openvino_core
from engine.types import ByteArray, FloatArray

Looks = Callable[[ByteArray], FloatArray]
"""Pixels (N, S, S, 3) uint8 RGB -> directions of latents (N, latent_size)."""
MOST_TOGETHER = 2  # squares in one batch: no more faces are measured in one frame


class FaceEncoder:
    """Encoder of a persona. One thread at a time may use it.

    Args:
        looks: the network.
        latent_size: dimensions of a latent.
        prepare: warms the network up, so that the first result is not delayed; may take a second.
        on_card: builds the same network for a Keras backend on a graphics card; None if that is impossible.
    """

    def __init__(
        self,
        looks: Looks,
        latent_size: int,
        prepare: Callable[[], None] = lambda: None,
        on_card: Callable[[str], Looks] | None = None,
    ) -> None:
        self._looks = looks
        self._prepare = prepare
        self._on_card = on_card
        self._turn: list[tuple[ByteArray, FloatArray]] = []  # squares that were looked at together, and the answers
        self.latent_size = latent_size

    def prepare(self, drawn_by: str = "openvino") -> None:
        """Warm the network up, on the graphics card if the generator runtime `drawn_by` uses it."""
        if self._on_card is not None and drawn_by in ENCODER_BACKENDS:
            self._looks = self._on_card(drawn_by)
            self._looks(np.zeros((1, SEEN_PX, SEEN_PX, 3), np.uint8))
        else:
            self._prepare()

    def look_together(self, squares: Sequence[ByteArray]) -> None:
        """Encode the squares of one turn as one batch; `__call__` with one of these arrays then returns its answer.

        A square that was in the previous turn's batch is not encoded again.

        Raises:
            ValueError: as `__call__`.
        """
        kept = [(seen, answer) for seen, answer in self._turn if any(seen is pixels for pixels in squares)]
        fresh = [pixels for pixels in squares if not any(seen is pixels for seen, _ in kept)]
        self._turn = kept
        if fresh:
            answers = self._looks(np.stack([_checked(pixels) for pixels in fresh]))
            self._turn = [*kept, *((pixels, normalise(z)) for pixels, z in zip(fresh, answers, strict=True))]

    def __call__(self, pixels: ByteArray) -> FloatArray:
        """Compute the latent (latent_size,) float32 on the sphere for the square of a face (S, S, 3) uint8 RGB.

        Raises:
            ValueError: the square has another size, or the result is zero or not finite.
        """
        for seen, answer in self._turn:
            if seen is pixels:
                return answer
        return normalise(self._looks(np.ascontiguousarray(_checked(pixels))[None])[0])


def open_encoder(persona: Persona, precision: str = "float32", threads: int = 1) -> FaceEncoder:
    """Open the OpenVINO encoder of a persona: its files are read and checked now, and compiled on first use.

    Args:
        precision: `float32`, or `bfloat16`, which needs three fifths of the time but deviates by 8 degrees on the
                sphere: a tenth of the difference between two people, and more than the jitter of a still face.
        threads: processor threads; with one, the others are left to the generator and to drawing.

    Raises:
        ModelError: its file, or that of the frozen features, is missing, damaged or does not fit the persona.
    """
    contents = read_encoder(persona.encoder_path, persona)
    look = _OpenVinoLook(contents, precision, threads)
    on_card = None if contents.face_look is None else lambda backend: _on_card(contents, backend)
    return FaceEncoder(look, contents.latent_size, look.prepare, on_card)


def _checked(pixels: ByteArray) -> ByteArray:
    if pixels.shape != (SEEN_PX, SEEN_PX, 3) or pixels.dtype != np.uint8:
        raise ValueError(f"an encoder looks at ({SEEN_PX}, {SEEN_PX}, 3) of uint8, not {pixels.shape}")
    return pixels


def _on_card(contents: EncoderContents, backend: str) -> Looks:
    """One square after another: each batch size would be compiled again."""
    from engine.networks.inversion.encoder_on_card import look_on_card  # loads Keras

    look = look_on_card(contents, backend)
    return lambda pixels: np.concatenate([look(square[None]) for square in pixels])


class _OpenVinoLook:
    """Network in OpenVINO, compiled on first use; the batch of two is compiled in the background."""

    def __init__(self, contents: EncoderContents, precision: str, threads: int) -> None:
        self._contents = contents
        self._options = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._sizes: BatchSizes[Any] | None = None

    def prepare(self) -> None:
        """Compile if necessary."""
        self._prepared()

    def _prepared(self) -> BatchSizes[Any]:
        if self._sizes is None:
            self._sizes = BatchSizes(self._compile(1), self._compile, MOST_TOGETHER)
        return self._sizes

    def _compile(self, size: int) -> Any:
        import_openvino()
        model = build_encoder_graph(self._contents)
        if size > 1:
            model.reshape([size, SEEN_PX, SEEN_PX, 3])
        return openvino_core().compile_model(model, "CPU", self._options).create_infer_request()

    def __call__(self, pixels: ByteArray) -> FloatArray:
        parts = self._prepared().parts(len(pixels))
        answers = [np.array(request.infer([pixels[part]])[0], np.float32) for request, part in parts]
        return np.concatenate(answers)
