"""Differentiable augmentation of what critics see (Zhao et al. 2020, arXiv 2006.10738), and other looks, in Keras 3.

Colour (brightness, saturation, contrast), affine (rotation, scale, translation) and cutout. Without it a discriminator
learns a few thousand portraits by heart. A function of pictures and uniform random numbers, which the caller draws: it
has no state, and the same numbers make the same change on every backend.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from engine.networks.inversion.encoder_network import resized
from engine.networks.pggan.model import downscale

PROBABILITY = 0.8
NUMBERS = 11  # uniform random numbers that a picture's change is made from

BRIGHTNESS, SATURATION, CONTRAST = 0.3, 0.7, 0.4  # greatest change, in nominal units or as a factor off 1
ROTATION_RAD = math.radians(10)
SCALE = 0.15  # greatest factor off 1
TRANSLATION = 0.085  # of the picture's width
CUTOUT_PROBABILITY = 0.6  # of a picture that is changed at all
CUTOUT_SIDE = 1 / 3  # of the picture's width
CUTOUT_LEAST_PX = 16  # smaller pictures keep all of their pixels

JITTER_NUMBERS = 7  # uniform random numbers that another look at a viewer is made from
JITTER_ROTATION_RAD, JITTER_SCALE, JITTER_TRANSLATION = 0.04, 0.04, 0.02
JITTER_LIGHT, JITTER_BRIGHTNESS = 0.1, 0.08  # greatest factor off 1, and what is added at most


def augment(pictures: Any, uniform: Any, probability: float = PROBABILITY) -> Any:
    """Change pictures at random.

    Args:
        pictures: (N, S, S, C) float32, nominal range [-1, 1].
        uniform: (N, NUMBERS) float32, in [0, 1).
        probability: of a picture to be changed.

    Returns:
        (N, S, S, C) float32; brightness and contrast may leave the nominal range.
    """
    on = ops.cast(uniform[:, 0] < probability, "float32")  # (N,)
    change = (2.0 * uniform - 1.0) * on[:, None]  # (N, NUMBERS), in [-1, 1), and 0 where nothing is to change
    pictures = change_colours(
        pictures, BRIGHTNESS * change[:, 1], 1 + SATURATION * change[:, 2], 1 + CONTRAST * change[:, 3]
    )
    pictures = transform(pictures, ROTATION_RAD * change[:, 4], 1 + SCALE * change[:, 5], TRANSLATION * change[:, 6:8])
    if int(pictures.shape[1]) < CUTOUT_LEAST_PX:
        return pictures
    return cut_out(pictures, on * ops.cast(uniform[:, 8] < CUTOUT_PROBABILITY, "float32"), uniform[:, 9:11])


def jitter(pictures: Any, uniform: Any) -> Any:
    """Viewers as another frame of a camera would have cut, lit and focused the same faces.

    Args:
        pictures: (N, S, S, C) float32, nominal range [-1, 1].
        uniform: (N, JITTER_NUMBERS) float32, in [0, 1).

    Returns:
        (N, S, S, C) float32, within the nominal range.
    """
    change = 2.0 * uniform - 1.0
    scale, shift = 1 + JITTER_SCALE * change[:, 1], JITTER_TRANSLATION * change[:, 2:4]
    pictures = transform(pictures, JITTER_ROTATION_RAD * change[:, 0], scale, shift)
    light, brightness = (value[:, None, None, None] for value in (change[:, 4], change[:, 5]))
    pictures = pictures * (1 + JITTER_LIGHT * light) + JITTER_BRIGHTNESS * brightness
    size = int(pictures.shape[1])
    soft = resized(downscale(pictures), size)
    pictures = pictures + (soft - pictures) * ops.square(uniform[:, 6])[:, None, None, None]
    return ops.clip(pictures, -1.0, 1.0)


def change_colours(pictures: Any, brightness: Any, saturation: Any, contrast: Any) -> Any:
    """Add brightness; stretch colours about each pixel's grey, and pictures about their mean.

    Args:
        pictures: (N, H, W, C).
        brightness: (N,), added.
        saturation, contrast: (N,), factors.
    """
    brightness, saturation, contrast = (value[:, None, None, None] for value in (brightness, saturation, contrast))
    pictures = pictures + brightness
    grey = ops.mean(pictures, axis=3, keepdims=True)
    pictures = (pictures - grey) * saturation + grey
    mean = ops.mean(pictures, axis=(1, 2, 3), keepdims=True)
    return (pictures - mean) * contrast + mean


def transform(pictures: Any, angle_rad: Any, scale: Any, shift: Any) -> Any:
    """Rotate, scale and shift about the middle, bilinear, with what lies outside mirrored at the border.

    By gathering pixels, whose gradient is exact; that of TensorFlow's own transform is not.

    Args:
        pictures: (N, S, S, C).
        angle_rad: (N,).
        scale: (N,), of the grid that is read: above 1 the content becomes smaller.
        shift: (N, 2), of the grid, x and y, in widths of the picture; at most half of one.
    """
    size = int(pictures.shape[1])
    place = ops.arange(size, dtype="float32") - (size - 1) / 2
    along, down = place[None, None, :], place[None, :, None]
    cos, sin = (scale * ops.cos(angle_rad))[:, None, None], (scale * ops.sin(angle_rad))[:, None, None]
    move = shift[:, :, None, None] * size
    x = cos * along - sin * down + move[:, 0]  # (N, S, S), from the middle, px
    y = sin * along + cos * down + move[:, 1]
    return _sample(pictures, _mirror(x + (size - 1) / 2, size), _mirror(y + (size - 1) / 2, size))


def _mirror(place: Any, size: int) -> Any:
    """Places in pixels, mirrored once at either border of the picture and then held within it."""
    place = ops.abs(place + 0.5) - 0.5
    return ops.clip(size - 0.5 - ops.abs(size - 0.5 - place), 0.0, size - 1.0)


def _sample(pictures: Any, x: Any, y: Any) -> Any:
    """Values of pictures (N, S, S, C) at the places x and y (N, S, S), each from 0 to S - 1."""
    count, size, _, channels = (int(length) for length in pictures.shape)
    left, top = ops.floor(x), ops.floor(y)
    to_right, to_bottom = (x - left)[..., None], (y - top)[..., None]
    column, row = ops.cast(left, "int32"), ops.cast(top, "int32")
    next_column, next_row = ops.minimum(column + 1, size - 1), ops.minimum(row + 1, size - 1)
    first = ops.reshape(ops.arange(count, dtype="int32") * size * size, (count, 1, 1))
    pixels = ops.reshape(pictures, (count * size * size, channels))

    def pixels_at(row: Any, column: Any) -> Any:
        return ops.take(pixels, first + row * size + column, axis=0)

    upper = pixels_at(row, column) * (1 - to_right) + pixels_at(row, next_column) * to_right
    lower = pixels_at(next_row, column) * (1 - to_right) + pixels_at(next_row, next_column) * to_right
    return upper * (1 - to_bottom) + lower * to_bottom


def cut_out(pictures: Any, on: Any, middle: Any) -> Any:
    """Set a square to 0, middle grey.

    Args:
        pictures: (N, S, S, C).
        on: (N,), 1 where a square is cut, 0 where not.
        middle: (N, 2), of the square, y and x in widths of the picture; it may reach over the border.
    """
    size = int(pictures.shape[1])
    place = (ops.arange(size, dtype="float32") + 0.5) / size
    rows = ops.cast(ops.abs(place[None, :] - middle[:, 0:1]) < CUTOUT_SIDE / 2, "float32")  # (N, S)
    columns = ops.cast(ops.abs(place[None, :] - middle[:, 1:2]) < CUTOUT_SIDE / 2, "float32")
    hole = rows[:, :, None] * columns[:, None, :] * on[:, None, None]
    return pictures * (1 - hole)[..., None]
