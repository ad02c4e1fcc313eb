"""Where a show goes: a window or an off-screen picture, for how long, on which clock, and the files that it writes."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from engine.config.options import Options
from engine.core.errors import DeviceError
from engine.pipeline.sources.open_source import choose_source, is_camera
from engine.render.output.codecs import choose_codec, usual_ending
from engine.render.output.recorder import recording_path
from engine.render.window.window import has_display
from engine.show.files import ShowFiles
from engine.telemetry.loopback import LOOP_S

log = logging.getLogger(__name__)

OFFSCREEN_S = 16.0  # length of the film that is made where there is no display
FILM_FPS = 30.0


@dataclass(frozen=True)
class ShowOutput:
    """Where a show goes, and what it looks at.

    Attributes:
        source: `self`, a camera or a file.
        awaits_camera: whether a camera is looked for while the mirror sees itself.
        is_headless: whether it is drawn off screen.
        seconds: its length; None until somebody ends it.
        film, session: files to write.
        film_fps: frame rate of a film on its own clock; None if the show runs in real time.
    """

    source: str
    awaits_camera: bool

    is_headless: bool
    seconds: float | None
    film: Path | None
    session: Path | None
    film_fps: float | None


def choose_output(options: Options, files: ShowFiles) -> ShowOutput:
    """Choose window or off screen. Without a display, unless the operator asked for that, a short film shows the
    mirror.

    Raises:
        NarcissusError: the show cannot be shown or recorded as asked.
    """
    settings = files.config.recorder
    is_headless, folder = options.headless or not has_display(), Path(settings.folder)
    seconds, film, session = options.seconds, options.record, options.session
    if options.measure_loop:
        seconds = seconds or LOOP_S
    if options.measure_loop and is_headless and not options.headless:
        raise DeviceError("--measure-loop needs a screen that the camera can see, and there is no display")
    if is_headless and not options.headless:
        seconds = seconds or OFFSCREEN_S
        film = film or recording_path(folder, files.scene_name, usual_ending(settings.codec))
    if film is not None:
        choose_codec(film, settings.codec)
    if session is None and settings.session:
        session = recording_path(folder, files.scene_name, ".narc")
    asked = options.source or ("self" if is_headless else files.config.camera.source)
    source = choose_source(asked)
    is_film = is_headless and film is not None and not options.keeps_real_time and not is_camera(source)
    return ShowOutput(
        source=source,
        awaits_camera=asked == "auto" and source == "self" and not is_film,
        is_headless=is_headless,
        seconds=seconds,
        film=film and _free(film),
        session=session and _free(session),
        film_fps=(options.fps or FILM_FPS) if is_film else None,
    )


def _free(path: Path) -> Path:
    """A name that nothing has yet: the same command, started again, goes on beside what it has made."""
    number, free = 2, path
    while os.path.exists(free):  # other than Path's, it does not raise for names that are too long
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    if free != path:
        log.info("%s is there already: this goes into %s", path, free)
    return free
