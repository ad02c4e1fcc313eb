"""Age and gender classifier: a face -> probabilities, with our own network or Levi and Hassner's of 2015.

`tools.train_attributes` writes the former, `tools.import_attributes` the latter from the authors' Caffe files. Finds no
faces; sees only the square passed in.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from engine.core.errors import ModelError
from engine.features.vector_2019 import AGES_YEARS
from engine.networks.attributes import levi_hassner, small_cnn
from engine.networks.attributes.levi_hassner import CLASSES, MEAN_BGR, attribute_shapes
from engine.networks.attributes.openvino_graphs import Runs, levi_hassner_runner, small_runner
from engine.networks.attributes.small_cnn import ANSWERS, small_attribute_shapes, small_network_input
from engine.networks.pggan.weight_file import read_arrays, read_header
from engine.types import ByteArray, FloatArray

_log = logging.getLogger(__name__)

OWN_FILE = "attributes/weights.safetensors"
IMPORTED_FILE = "attributes.safetensors"


class AttributeReader:
    """Classifies age and gender.

    Args:
        path: weight file; its tensor names tell which network it holds.

    Attributes:
        input_px: side of the input square.
        answers: question (`age`, `gender`) -> names of its classes.
        age_years: first and last year of each age class.

    Raises:
        ModelError: the file is missing, damaged, or holds another network.
        RuntimeError: OpenVINO cannot run it on this machine.
    """

    def __init__(self, path: Path) -> None:
        found = {name: place.shape for name, place in read_header(path).tensors.items()}
        self._is_own = "dense/weight" in found
        wanted = small_attribute_shapes() if self._is_own else _levi_hassner_shapes()
        if found != wanted:
            odd = sorted(set(found.items()) ^ set(wanted.items()))[0][0]
            raise ModelError(
                f"{path} cannot be used: {odd[:80]} is missing, has another shape or does not belong there"
            )
        self.input_px = small_cnn.INPUT_PX if self._is_own else levi_hassner.INPUT_PX
        self.answers: Mapping[str, tuple[str, ...]] = ANSWERS if self._is_own else _levi_hassner_answers()
        own, other = small_cnn.AGES_YEARS, AGES_YEARS
        self.age_years: tuple[tuple[int, int], ...] = own if self._is_own else other
        self._run: Runs = (small_runner if self._is_own else levi_hassner_runner)(read_arrays(path))

    def __call__(self, square: ByteArray) -> dict[str, FloatArray]:
        """Compute question -> probabilities (classes,), which sum to 1.

        Args:
            square: (S, S, 3) uint8 RGB of `pipeline.face_crop.crop_face`, S = `input_px`.
        """
        if self._is_own:
            grey = np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), np.uint8)
            return self._run(small_network_input(grey[None]))
        return self._run(network_input(square[None]))


def attributes_path(models: Path) -> Path:
    """Path of the weights for the show: those of 2019 if they have been imported, else our own."""
    imported = models / IMPORTED_FILE
    return imported if imported.exists() else models / OWN_FILE


def open_attributes(models: Path) -> AttributeReader | None:
    """Open the classifier; if it cannot be used, log it and return None: the show continues without."""
    try:
        return AttributeReader(attributes_path(models))
    except (ModelError, RuntimeError, ImportError) as error:  # the last two from OpenVINO
        _log.warning("age and gender are not read; the show continues without them: %s", error)
        return None


def network_input(faces: ByteArray) -> FloatArray:
    """Convert faces (N, 227, 227, 3) uint8 RGB to the input of Levi and Hassner's network: float32 BGR, mean
    subtracted.

    Raises:
        ValueError: the faces have another shape.
    """
    side_px = levi_hassner.INPUT_PX
    if faces.ndim != 4 or faces.shape[1:] != (side_px, side_px, 3):
        raise ValueError(f"faces must have the shape (N, {side_px}, {side_px}, 3), not {faces.shape}")
    return faces[..., ::-1].astype(np.float32) - np.array(MEAN_BGR, np.float32)


def _levi_hassner_shapes() -> dict[str, tuple[int, ...]]:
    return {name: shape for kind in CLASSES for name, shape in attribute_shapes(kind).items()}


def _levi_hassner_answers() -> dict[str, tuple[str, ...]]:
    ages = tuple(f"{first} to {last}" for first, last in AGES_YEARS)
    return {"age": ages, "gender": levi_hassner.GENDERS}
