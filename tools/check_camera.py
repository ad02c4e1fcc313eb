"""Check a camera on site: `python -m tools.check_camera [--source S]`.

Reports its format (size, rate, delay, settings), how dim the place is, at what distance faces are found, and what to
change. The distance depends on the lens: give `--field-of-view`, or `--person-at` for a person standing at a known
distance. A picture is written only with `--picture`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.cli import duration_s
from engine.config.config import load_config
from engine.core.clock import Clock
from engine.core.errors import ConfigError, DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.open_source import choose_source, open_source
from engine.pipeline.sources.webcam import Webcam
from engine.types import Frame
from tools.command import command, command_parser
from tools.reporting.image_files import write
from tools.sight.camera_check import CameraFigures, check_camera, focal_px_of
from tools.sight.camera_report import advice, marked, report

CONFIG = Path("config.yaml")
USUAL_LENS_DEG = 65.0  # of webcams, horizontal; they range from 55 to 80
SECONDS = 5.0


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    config = load_config(options.config)
    name = choose_source(options.source or config.camera.source)
    if name == "self":
        raise DeviceError("no camera found: plug one in, or name a source with --source camera:0")
    frames, clock = Slot[Frame]("frames"), Clock()
    with open_source(name, config.camera, (frames,), clock) as source:
        figures = check_camera(source, frames, options.seconds, clock)
        is_camera = isinstance(source, Webcam)
    focal_px, where_from = _focal(figures, options)
    print(report(figures, focal_px, where_from, config.reflection.near))
    for sentence in advice(figures, config.camera, is_camera=is_camera):
        print(f"- {sentence}")
    if options.picture is not None:
        write(options.picture, marked(figures))
        print(f"the last picture has been written to {options.picture}")
    return 0


def _focal(figures: CameraFigures, options: argparse.Namespace) -> tuple[float, str]:
    """Focal length in px, and how it is known."""
    if options.person_at is not None:
        if len(figures.people) != 1:
            raise DeviceError(
                f"{len(figures.people)} faces were found, and --person-at needs exactly one: let one person stand alone"
            )
        return focal_px_of(figures.people[0], options.person_at), f"from the person at {options.person_at:g} m"
    if options.field_of_view is not None:
        return figures.focal_px(options.field_of_view), "from --field-of-view"
    return figures.focal_px(USUAL_LENS_DEG), "typical of webcams; --person-at measures it"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("check_camera", "Check a camera on site.", "--source camera:0 --person-at 2")
    parser.add_argument("--source", metavar="SOURCE", help="see main.py; the one in config.yaml if absent")
    parser.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="the configuration")
    parser.add_argument("--seconds", type=duration_s, default=SECONDS, metavar="S", help="how long it is watched")
    parser.add_argument(
        "--person-at", type=_within(0.2, 20), metavar="M", help="distance of the only person in view, m"
    )
    parser.add_argument(
        "--field-of-view", type=_within(10, 170), metavar="DEG", help="horizontal field of view of the lens, degrees"
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="write the last picture with the faces found as PNG"
    )
    options = parser.parse_args(arguments)
    if options.picture is not None and options.picture.exists():
        raise ConfigError(f"{options.picture} exists already and is not overwritten: choose another name or remove it")
    return options


def _within(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be between {least:g} and {most:g}, not {text}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
