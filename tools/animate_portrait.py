"""Turn still portraits into a clip of moving heads: visitors for tests, benchmarks and demonstrations.

    python -m tools.animate_portrait PORTRAIT... --output clip.mp4 [--seconds 12] [--size 640x480] [--walk cross]

A single picture is shifted, scaled and rolled along slow sines whose values are known for every frame, so that the
mirror's measurements can be compared with the truth. Several stand in a room, see `simulation/moving_group.py`.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from tqdm import tqdm

from engine.core.errors import ConfigError
from engine.images.image_file import ImageError, read_image
from engine.types import ByteArray
from tools.command import command, command_parser
from tools.simulation.moving_group import WALKS, MovingGroup

FPS = 30


@dataclass(frozen=True, slots=True)
class Motion:
    """Position of the portrait in one frame.

    Attributes:
        shift_x, shift_y: of its centre, as fractions of the clip's width and height; right and down are positive.
        scale: relative to the portrait that fills 80 % of the clip's height.
        roll_deg: rotation, clockwise on screen.
    """

    shift_x: float
    shift_y: float
    scale: float
    roll_deg: float


def motion_at(time_s: float) -> Motion:
    """Motion at a time: 20 % to each side in 8 s, 6 % up and down in 5 s, 25 % nearer and farther in 11 s, 18° in 6
    s."""
    return Motion(
        shift_x=0.2 * math.sin(2 * math.pi * time_s / 8),
        shift_y=0.06 * math.sin(2 * math.pi * time_s / 5),
        scale=1 + 0.25 * math.sin(2 * math.pi * time_s / 11),
        roll_deg=18 * math.sin(2 * math.pi * time_s / 6),
    )


def moved(portrait: ByteArray, motion: Motion, size_wh: tuple[int, int]) -> ByteArray:
    """Portrait (H, W, 3) as a frame (height, width, 3) of the clip; beyond the portrait its edge is extended."""
    width, height = size_wh
    rows, columns = portrait.shape[:2]
    turn: Any = cv2.getRotationMatrix2D((columns / 2, rows / 2), -motion.roll_deg, 0.8 * height / rows * motion.scale)
    turn[:, 2] += (width * (0.5 + motion.shift_x) - columns / 2, height * (0.5 + motion.shift_y) - rows / 2)
    frame = cv2.warpAffine(portrait, turn, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(frame, np.uint8)


def write_clip(
    portrait: ByteArray, output: Path, seconds: float, size_wh: tuple[int, int], *, quiet: bool = False
) -> None:
    """Write the clip of one portrait (H, W, 3) uint8 RGB; see `write_film`."""
    write_film(lambda time_s: moved(portrait, motion_at(time_s), size_wh), output, seconds, size_wh, quiet=quiet)


def write_film(
    picture_at: Callable[[float], ByteArray],
    output: Path,
    seconds: float,
    size_wh: tuple[int, int],
    *,
    quiet: bool = False,
) -> None:
    """Write a film as MP4 (H.264, 30 frames a second).

    Args:
        picture_at: its picture (height, width, 3) uint8 RGB at a moment, s.
        output: the file; its folder must exist.
        seconds: duration.
        size_wh: frame size in px, even.
        quiet: whether to hide the progress bar.
    """
    with av.open(str(output), "w") as film:
        stream = film.add_stream("libx264", rate=FPS, options={"crf": "16", "preset": "veryfast"})
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index in tqdm(range(round(seconds * FPS)), unit=" frames", disable=quiet):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture_at(index / FPS), format="rgb24")))
        film.mux(stream.encode(None))


def read_portrait(path: Path) -> ByteArray:
    """Read a picture file as (H, W, 3) uint8 RGB.

    Raises:
        ConfigError: it is missing or not a picture.
    """
    try:
        return read_image(path)
    except ImageError as error:
        raise ConfigError(str(error)) from error


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT in px, e.g. 640x480, not '{text}'")
    return int(width) // 2 * 2, int(height) // 2 * 2


@command()
def main() -> int:
    """Run the command; the exit status is 0, or 3 for an unreadable portrait."""
    parser = command_parser(
        "animate_portrait",
        (__doc__ or "").partition("\n")[0],
        "portrait.jpg --output moving.mp4 --seconds 12",
    )
    parser.add_argument("portraits", type=Path, nargs="+", metavar="PORTRAIT", help="one, or up to four in a room")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.mp4")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--size", type=_size, default=(640, 480), metavar="WxH")
    parser.add_argument("--walk", choices=WALKS, help="set them into a room, where they stand, cross or come and leave")
    arguments = parser.parse_args()
    portraits = [read_portrait(path) for path in arguments.portraits]
    if len(portraits) == 1 and arguments.walk is None:
        write_clip(portraits[0], arguments.output, arguments.seconds, arguments.size)
        return 0
    group = MovingGroup(portraits, arguments.walk or "stand", arguments.size)
    write_film(group.picture, arguments.output, arguments.seconds, arguments.size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
