"""Differentiable augmentation for critics (Zhao et al. 2020, arXiv 2006.10738), and jitter for viewers, in Keras 3.

Colour (brightness, saturation, contrast), affine (rotation, scale, translation) and cutout. Without it, a discriminator
memorises a few thousand portraits. A pure function of pictures and uniform random numbers from the caller: the same
numbers give the same change on every backend.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from engine.networks.inversion.encoder_network import resized
from engine.networks.pggan.model import downscale

PROBABILITY = 0.8
NUMBERS = 11  # uniform random numbers per picture

BRIGHTNESS, SATURATION, CONTRAST = (
    0.3,
    0.7,
    0.4,
)  # maximum change, in nominal units or as a deviation of a factor from 1
ROTATION_RAD = math.radians(10)
SCALE = 0.15  # maximum deviation of the factor from 1
TRANSLATION = 0.085  # of the picture's width
CUTOUT_PROBABILITY = 0.6  # for a picture that is changed at all
CUTOUT_SIDE = 1 / 3  # of the picture's width
CUTOUT_LEAST_PX = 16  # smaller pictures are not cut

JITTER_NUMBERS = 7  # uniform random numbers per viewer
JITTER_ROTATION_RAD, JITTER_SCALE, JITTER_TRANSLATION = 0.04, 0.04, 0.02
JITTER_LIGHT, JITTER_BRIGHTNESS = 0.1, 0.08  # maximum deviation of the factor from 1, and maximum offset


def augment(pictures: Any, uniform: Any, probability: float = PROBABILITY) -> Any:
    """Change pictures at random.

    Args:
        pictures: (N, S, S, C) float32, nominal range [-1, 1].
        uniform: (N, NUMBERS) float32, in [0, 1).
        probability: probability that a picture is changed.

    Returns:
        (N, S, S, C) float32; brightness and contrast may leave the nominal range.
    """
    on = ops.cast(uniform[:, 0] < probability, "float32")  # (N,)
    change = (2.0 * uniform - 1.0) * on[:, None]  # (N, NUMBERS), in [-1, 1), 0 for unchanged pictures
    pictures = change_colours(
        pictures, BRIGHTNESS * change[:, 1], 1 + SATURATION * change[:, 2], 1 + CONTRAST * change[:, 3]
    )
    pictures = transform(pictures, ROTATION_RAD * change[:, 4], 1 + SCALE * change[:, 5], TRANSLATION * change[:, 6:8])
    if int(pictures.shape[1]) < CUTOUT_LEAST_PX:
        return pictures
    return cut_out(pictures, on * ops.cast(uniform[:, 8] < CUTOUT_PROBABILITY, "float32"), uniform[:, 9:11])


def jitter(pictures: Any, uniform: Any) -> Any:
    """Vary viewers as another camera frame would have cropped, lit and focused the same faces.

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
    """Add brightness; scale saturation about each pixel's grey, and contrast about each picture's mean.

    Args:
        pictures: (N, H, W, C).
        brightness: (N,), offsets.
        saturation, contrast: (N,), factors.
    """
    brightness, saturation, contrast = (value[:, None, None, None] for value in (brightness, saturation, contrast))
    pictures = pictures + brightness
    grey = ops.mean(pictures, axis=3, keepdims=True)
    pictures = (pictures - grey) * saturation + grey
    mean = ops.mean(pictures, axis=(1, 2, 3), keepdims=True)
    return (pictures - mean) * contrast + mean


def transform(pictures: Any, angle_rad: Any, scale: Any, shift: Any) -> Any:
    """Rotate, scale and shift about the centre, bilinear, mirrored at the borders.

    Implemented by gathering pixels, whose gradient is exact; that of TensorFlow's own transform is not.

    Args:
        pictures: (N, S, S, C).
        angle_rad: (N,).
        scale: (N,), of the sampling grid: above 1 the content shrinks.
        shift: (N, 2), of the sampling grid, x and y, in picture widths; at most half of one.
    """
    size = int(pictures.shape[1])
    place = ops.arange(size, dtype="float32") - (size - 1) / 2
    along, down = place[None, None, :], place[None, :, None]
    cos, sin = (scale * ops.cos(angle_rad))[:, None, None], (scale * ops.sin(angle_rad))[:, None, None]
    move = shift[:, :, None, None] * size
    x = cos * along - sin * down + move[:, 0]  # (N, S, S), from the centre, px
    y = sin * along + cos * down + move[:, 1]
    return _sample(pictures, _mirror(x + (size - 1) / 2, size), _mirror(y + (size - 1) / 2, size))


def _mirror(place: Any, size: int) -> Any:
    """Reflect pixel positions once at either border, then clamp them."""
    place = ops.abs(place + 0.5) - 0.5
    return ops.clip(size - 0.5 - ops.abs(size - 0.5 - place), 0.0, size - 1.0)


def _sample(pictures: Any, x: Any, y: Any) -> Any:
    """Sample pictures (N, S, S, C) at x and y (N, S, S), each from 0 to S - 1."""
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
        on: (N,), 1 to cut, 0 not to.
        middle: (N, 2), centre of the square, y and x in picture widths; it may extend over the border.
    """
    size = int(pictures.shape[1])
    place = (ops.arange(size, dtype="float32") + 0.5) / size
    rows = ops.cast(ops.abs(place[None, :] - middle[:, 0:1]) < CUTOUT_SIDE / 2, "float32")  # (N, S)
    columns = ops.cast(ops.abs(place[None, :] - middle[:, 1:2]) < CUTOUT_SIDE / 2, "float32")
    hole = rows[:, :, None] * columns[:, None, :] * on[:, None, None]
    return pictures * (1 - hole)[..., None]
