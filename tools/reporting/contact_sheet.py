"""Conversion of a network's pictures to pixels, and contact sheets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

CAPTION_PX = 12
GROUND = 24  # level of empty parts of the sheet


def to_pixels(pictures: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert pictures (N, H, W, C), nominal range [-1, 1], to (N, H, W, 3) uint8: round((x + 1) * 127.5), clipped.

    Grey pictures (one channel) are expanded to three channels; of more than three, the first three are used.
    """
    levels = np.clip(np.round((pictures + 1.0) * 127.5), 0, 255).astype(np.uint8)
    return np.repeat(levels, 3, -1) if levels.shape[-1] == 1 else levels[..., :3]


def contact_sheet(pictures: NDArray[np.uint8], gap_px: int = 2, columns: int | None = None) -> NDArray[np.uint8]:
    """Sheet of pictures (N, H, W, 3) uint8 in reading order; slightly wider than high if `columns` is None."""
    count, height, width, channels = pictures.shape
    columns = max(1, min(count, columns or math.ceil(math.sqrt(1.6 * count))))
    rows = math.ceil(count / columns)
    sheet_hw = (rows * (height + gap_px) - gap_px, columns * (width + gap_px) - gap_px)
    sheet = np.full((*sheet_hw, channels), GROUND, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + gap_px), index % columns * (width + gap_px)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def captioned_sheet(pictures: Sequence[tuple[str, NDArray[np.uint8]]], most: int = 400) -> Image.Image:
    """Sheet of named pictures (H, W, 3) uint8 of one size with captions; reduced if there are many."""
    tiles = []
    for name, picture in pictures:
        tile = Image.new("RGB", (picture.shape[1], picture.shape[0] + CAPTION_PX), (GROUND,) * 3)
        tile.paste(Image.fromarray(picture), (0, 0))
        shown = name.encode("ascii", "replace").decode()
        ImageDraw.Draw(tile).text((1, picture.shape[0]), shown[: picture.shape[1] // 6], fill=(200, 200, 200))
        if len(pictures) > most:
            tile = tile.resize((tile.width // 2, tile.height // 2))
        tiles.append(np.asarray(tile))
    return Image.fromarray(contact_sheet(np.stack(tiles))) if tiles else Image.new("RGB", (1, 1))


def shrink(picture: NDArray[np.uint8], most_px: int) -> NDArray[np.uint8]:
    """Halve a picture (H, W, 3) by averaging until it is at most `most_px` high."""
    while picture.shape[0] > most_px:
        blocks = picture.reshape(picture.shape[0] // 2, 2, picture.shape[1] // 2, 2, 3).astype(np.uint16)
        picture = ((blocks.sum((1, 3)) + 2) // 4).astype(np.uint8)
    return picture
