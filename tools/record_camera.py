"""Film a camera: `python -m tools.record_camera --output FILE --everyone-agreed [--source camera:0] [--seconds S]`.

It films people, not their reflections, and therefore starts only with an explicit statement that everyone who may come
in front of the camera has agreed. The camera is read as in the show, in a process that can be killed; the picture is
not mirrored, so that `main.py --source FILE` mirrors it once.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from engine.cli import duration_s
from engine.config.config import load_config
from engine.config.recorder import RecorderSettings
from engine.core.clock import Clock, TimeSource
from engine.core.errors import ConfigError, DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.open_source import Source, open_source
from engine.render.output.codecs import choose_codec
from engine.render.output.video_writer import VideoFile
from engine.system.logging_setup import set_up_logging
from engine.system.shutdown import told_by_signals
from engine.types import Frame
from tools.command import command, command_parser

FIRST_PICTURE_S = 20.0
TAKE_S = 0.25
BAR = "{desc}: {n:.1f} s{postfix}"
NOT_AGREED = (
    "this films whoever comes before the camera: ask everyone who may, hang a notice, and say --everyone-agreed once "
    "they have; what the mirror shows is filmed by main.py --record, without the camera's picture"
)


@command(interrupted="interrupted before the first picture")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    config = load_config(options.config)
    settings = config.recorder.model_copy(update={"codec": choose_codec(options.output, options.codec).name})
    if options.output.exists():
        raise ConfigError(f"{options.output} exists already and is not overwritten: choose another name or remove it")
    camera, frames, clock = config.camera.model_copy(update={"mirror": False}), Slot[Frame]("frames"), Clock()
    with open_source(options.source, camera, (frames,), clock) as source:
        film(source, frames, options.output, settings, clock, options.seconds)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("record_camera", "Film a camera.", "--output visit.mp4 --everyone-agreed")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="film to write, .mp4, .mov or .mkv")
    parser.add_argument(
        "--everyone-agreed", action="store_true", help="confirm that everyone who may be filmed has agreed"
    )
    parser.add_argument("--source", default="camera:0", metavar="SOURCE", help="see main.py (camera:0)")
    parser.add_argument("--seconds", type=duration_s, metavar="S", help="duration, s; until Ctrl+C if absent")
    parser.add_argument(
        "--codec", choices=["h264", "hevc", "prores", "ffv1"], help="codec; by the file ending if absent"
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("config.yaml"),
        metavar="FILE",
        help="configuration file with the camera settings",
    )
    options = parser.parse_args(arguments)
    if not options.everyone_agreed:
        parser.error(NOT_AGREED)
    if options.source in ("self", "auto"):
        parser.error(f"--source {options.source} is not a camera")
    return options


def film(
    source: Source,
    frames: Slot[Frame],
    output: Path,
    settings: RecorderSettings,
    clock: TimeSource,
    seconds: float | None,
) -> None:
    """Write frames for `seconds`, or until Ctrl+C; if the camera is lost, wait for it.

    Raises:
        ConfigError: the file exists.
        DeviceError: no picture arrives, pictures change size, or the disk fails; the film so far remains playable.
    """
    first = _first(source, frames, clock)
    height, width = first.image.shape[:2]
    video = VideoFile(output, (width, height), settings)
    stopping = threading.Event()
    frame: Frame | None = first
    try:
        with told_by_signals(stopping.set), tqdm(total=seconds, desc="filming", bar_format=BAR) as bar:
            while not stopping.is_set() and (seconds is None or bar.n < seconds):
                if frame is not None and frame.image.shape != first.image.shape:
                    break
                if frame is not None:
                    video.append(frame.image, frame.captured_s)
                frame = frames.take(TAKE_S)
                bar.set_postfix_str(source.state, refresh=False)
                bar.update(clock.now_s() - first.captured_s - bar.n)
        video.close()
    except BaseException:
        video.abandon()
        raise
    print(f"{output}: {video.frames} pictures, {frames.drop_count} missed")
    if frame is not None and frame.image.shape != first.image.shape:
        new_height, new_width = frame.image.shape[:2]
        became = f"the camera's picture became {new_width}x{new_height} px after {width}x{height}"
        raise DeviceError(f"{became}: what was filmed until then is kept; begin another film")


def _first(source: Source, frames: Slot[Frame], clock: TimeSource) -> Frame:
    limit_s = clock.now_s() + FIRST_PICTURE_S
    while clock.now_s() < limit_s:
        if (frame := frames.take(TAKE_S)) is not None:
            return frame
    raise DeviceError(f"{source.name} gave no picture in {FIRST_PICTURE_S:g} s ({source.state})")


if __name__ == "__main__":
    set_up_logging()
    sys.exit(main())
