"""Encoder inference: square of a face -> latent of its reflection, in a few milliseconds on one core.

Runs on OpenVINO, or on the Keras backend if the generator runs on a graphics card. Stateless; smoothing is up to the
caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.networks.inversion.encoder_file import EncoderContents, read_encoder
from engine.networks.inversion.encoder_graph import build_encoder_graph
from engine.networks.inversion.frozen_features import SEEN_PX
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import normalise
from engine.system.openvino_loader import import_openvino, openvino_core
from engine.types import ByteArray, FloatArray

Looks = Callable[[ByteArray], FloatArray]
"""Pixels (1, S, S, 3) uint8 RGB -> direction of a latent (1, latent_size)."""
CARD_BACKENDS = ("jax", "torch")  # backends on a graphics card that can run the encoder too


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
        self.latent_size = latent_size

    def prepare(self, drawn_by: str = "openvino") -> None:
        """Warm the network up, on the graphics card if the generator runtime `drawn_by` uses it."""
        if self._on_card is not None and drawn_by in CARD_BACKENDS:
            self._looks = self._on_card(drawn_by)
            self._looks(np.zeros((1, SEEN_PX, SEEN_PX, 3), np.uint8))
        else:
            self._prepare()

    def __call__(self, pixels: ByteArray) -> FloatArray:
        """Compute the latent (latent_size,) float32 on the sphere for the square of a face (S, S, 3) uint8 RGB.

        Raises:
            ValueError: the square has another size, or the result is zero or not finite.
        """
        if pixels.shape != (SEEN_PX, SEEN_PX, 3) or pixels.dtype != np.uint8:
            raise ValueError(f"an encoder looks at ({SEEN_PX}, {SEEN_PX}, 3) of uint8, not {pixels.shape}")
        return normalise(self._looks(np.ascontiguousarray(pixels)[None])[0])


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


def _on_card(contents: EncoderContents, backend: str) -> Looks:
    from engine.networks.inversion.encoder_on_card import look_on_card  # loads Keras

    return look_on_card(contents, backend)


class _OpenVinoLook:
    """Network in OpenVINO, compiled on first use."""

    def __init__(self, contents: EncoderContents, precision: str, threads: int) -> None:
        self._contents = contents
        self._options = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._request: Any = None

    def prepare(self) -> None:
        """Compile if necessary."""
        if self._request is None:
            import_openvino()
            model = build_encoder_graph(self._contents)
            self._request = openvino_core().compile_model(model, "CPU", self._options).create_infer_request()

    def __call__(self, pixels: ByteArray) -> FloatArray:
        self.prepare()
        return np.array(self._request.infer([pixels])[0], np.float32)
