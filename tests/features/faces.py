"""A real face, the astronaut of scikit-image, set into pictures of a room."""

from __future__ import annotations

import numpy as np
from skimage.data import astronaut

from engine.types import ByteArray
from tools.sight.people import SIZE_WH, Sitter, Standing, stand
from tools.sight.rooms import room


def sitter() -> Sitter:
    """Her, where the mesh sees her in the whole picture; landmarks to a few pixels."""
    picture = np.ascontiguousarray(astronaut()[0:256, 96:352])
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[234, :2], landmarks[454, :2] = (83.0, 113.0), (171.0, 113.0)
    return Sitter(picture, landmarks)


def background(seed: int = 0) -> ByteArray:
    """A room (720, 1280, 3) without anybody."""
    return room(np.random.default_rng(seed), SIZE_WH)


def with_faces(picture: ByteArray, *places: Standing) -> ByteArray:
    """The same with her at every place."""
    for where in places:
        picture = stand(sitter(), where, picture)[0]
    return picture
