"""The command line of `main.py`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine.config.options import Options

MIN_PORT, MAX_PORT = 1024, 65535
MAX_SIDE_PX = 16384
MIN_FPS, MAX_FPS = 1, 240
MAX_SEED = 2**32 - 1
LEAST_LOOP_S = 10.0  # a shorter pattern cannot be told from chance


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Parse the command line (by default the program's own); exits with status 2 and a sentence if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Narcissus: a mirror that answers with someone else. H in the window lists its keys.",
    )
    parser.add_argument(
        "--config", type=Path, default=Path("config.yaml"), metavar="FILE", help="the installation's file"
    )
    parser.add_argument("--scene", metavar="NAME", help="a file in scenes/, without .yaml")
    parser.add_argument("--model", metavar="NAME", help="a persona: a folder in models/")
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        help="camera:0, camera:/dev/video2, a video, an image, a folder of images, or self",
    )
    parser.add_argument(
        "--size", type=picture_size, metavar="WxH", dest="size_wh", help="of the picture in px, e.g. 1280x720"
    )
    parser.add_argument("--fullscreen", action="store_true", default=None, help="fill the display")
    parser.add_argument(
        "--display", type=_display, metavar="DISPLAY", help="number of the display, from 0, a part of its name, or all"
    )
    parser.add_argument("--headless", action="store_true", help="render off screen, without a window")
    parser.add_argument("--seconds", type=duration_s, metavar="S", help="stop so long after the first drawn frame")
    parser.add_argument(
        "--live", action="store_true", help="keep real time off screen too, where a film would take the time it needs"
    )
    parser.add_argument(
        "--fps", type=frames_per_s, metavar="N", help="frames per second of a film made off screen (30)"
    )
    parser.add_argument("--seed", type=seed, metavar="N", help="the same faces again: off screen, the same film")
    parser.add_argument("--record", type=Path, metavar="FILE", help="record what is shown: a .mp4, .mov or .mkv file")
    parser.add_argument(
        "--session", type=Path, metavar="FILE.narc", help="keep the show as numbers, to be rendered by tools.render"
    )
    parser.add_argument("--stats", type=Path, metavar="FILE", help="write rates, ages and drops as JSON at the end")
    parser.add_argument(
        "--status", type=Path, metavar="FILE", help="write the status of the show as JSON, once per second"
    )
    parser.add_argument(
        "--control",
        type=port,
        nargs="?",
        const=0,
        metavar="PORT",
        help="open the control room: OSC, OSCQuery and a page for browsers, on this machine only (port 7400)",
    )
    parser.add_argument(
        "--measure-loop",
        action="store_true",
        help="measure how late the mirror is, with a camera that sees the screen: a square on it flickers (up to three "
        "times a second) for 23 s",
    )
    options = Options(**vars(parser.parse_args(arguments)))
    if options.measure_loop and options.seconds is not None and options.seconds < LEAST_LOOP_S:
        parser.error(f"argument --seconds: --measure-loop needs {LEAST_LOOP_S:g} s or more, not {options.seconds:g}")
    return options


def picture_size(text: str) -> tuple[int, int]:
    """`1280x720` as (1280, 720).

    Raises:
        argparse.ArgumentTypeError: it is not a size, or beyond what a picture can have.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT in px, e.g. 1280x720, not '{text}'")
    size = int(width), int(height)
    if not all(1 <= side <= MAX_SIDE_PX for side in size):
        raise argparse.ArgumentTypeError(f"each side must be between 1 and {MAX_SIDE_PX} px, not {text}")
    return size


def _display(text: str) -> int | str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must be the number of a display, a part of its name, or all")
    return int(text) if text.isdecimal() else text


def frames_per_s(text: str) -> float:
    """A rate of frames, 1 to 240.

    Raises:
        argparse.ArgumentTypeError: it is not.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not MIN_FPS <= value <= MAX_FPS:
        raise argparse.ArgumentTypeError(f"must be a number from {MIN_FPS} to {MAX_FPS}, not '{text}'")
    return value


def port(text: str) -> int:
    """A port that programs may open, 1024 to 65535.

    Raises:
        argparse.ArgumentTypeError: it is not.
    """
    if not (text.isascii() and text.isdecimal()) or not MIN_PORT <= int(text[:6]) <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"must be a port from {MIN_PORT} to {MAX_PORT}, not '{text}'")
    return int(text)


def seed(text: str) -> int:
    """A seed, 0 to 2^32 - 1.

    Raises:
        argparse.ArgumentTypeError: it is not.
    """
    if not (text.isascii() and text.isdecimal()) or int(text[:11]) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {MAX_SEED}, not '{text}'")
    return int(text)


def duration_s(text: str) -> float:
    """A number of seconds above 0.

    Raises:
        argparse.ArgumentTypeError: it is not.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not '{text}'")
    return value
