"""Source specification -> source of frames.

Knows the kinds of sources and their names. `self`, the mirror's own last reflection, is not opened here: the reflection
thread feeds it internally.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.config.camera import ALLOWED_SOURCES, CameraSettings
from engine.core.clock import TimeSource
from engine.core.errors import ConfigError, DeviceError
from engine.core.messages import printable
from engine.core.slot import Slot
from engine.images.image_file import is_animation, is_image
from engine.images.jpeg_stream import is_jpeg_stream
from engine.pipeline.sources.base import Source
from engine.pipeline.sources.images import Animation, Folder, Still
from engine.pipeline.sources.video_file import Video
from engine.pipeline.sources.webcam import Webcam, probe_camera
from engine.pipeline.sources.webcam_device import WebcamDevice, parse_device
from engine.types import Frame

__all__ = ["Source", "choose_source", "is_camera", "open_source", "probe_camera"]

CAMERA = "camera:"
DEVICE = "/dev/video"
FIRST_CAMERA = f"{CAMERA}0"


def choose_source(spec: str) -> str:
    """Resolve `auto`: `camera:0` if it has a picture now, else `self`. Other specifications are returned unchanged."""
    if spec != "auto":
        return spec
    return FIRST_CAMERA if probe_camera(0) else "self"


def is_camera(spec: str) -> bool:
    """Whether a source is a camera, whose pictures come when they come."""
    return spec.startswith((CAMERA, DEVICE))


def open_source(spec: str, settings: CameraSettings, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> Source:
    """Create a source; `start` it, or enter it, and it fills every sink until closed.

    A camera is not touched before `start`, and never raises because it is absent or busy; see the source's `state`. A
    file is opened here, so that a bad one is reported before the show starts.

    Args:
        spec: `camera:0`, `camera:/dev/video2`, a video file, an image, or a folder of images.
        settings: camera settings.
        sinks: each gets every frame.
        clock: stamps frames and paces files.

    Raises:
        ConfigError: `spec` is none of these.
        DeviceError: a file or folder is missing, or cannot be read as a picture.
        ValueError: `spec` is `self` or `auto`, which the caller resolves.
    """
    if spec in ("self", "auto"):
        raise ValueError(f"the source {spec} is not opened here")
    if spec.startswith(CAMERA):
        device = WebcamDevice(parse_device(spec.removeprefix(CAMERA)))
        return Webcam(device, settings, sinks, clock, name=spec)
    if spec.startswith(DEVICE):
        return Webcam(WebcamDevice(parse_device(spec)), settings, sinks, clock, name=f"{CAMERA}{spec}")
    return _open_path(spec, settings, sinks, clock)


def _open_path(spec: str, settings: CameraSettings, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> Source:
    shown = printable(spec)
    if not spec.strip() or "\0" in spec or "://" in spec:
        raise ConfigError(f"source '{shown}' is unknown; it may be {ALLOWED_SOURCES}")
    try:
        path = Path(spec).expanduser()
        if path.is_dir():
            return Folder(path, settings, sinks, clock)
        if not path.is_file():
            raise DeviceError(f"source {shown}: there is no such file or folder; it may be {ALLOWED_SOURCES}")
        with path.open("rb") as file:
            if not file.read(1):
                raise DeviceError(f"source {shown}: the file is empty")
    except (OSError, RuntimeError) as error:  # RuntimeError: unknown home directory, or circular links
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DeviceError(f"source {shown} cannot be read: {reason}") from error
    return _kind(path)(path, settings, sinks, clock)


def _kind(path: Path) -> type[Still | Animation | Video]:
    """Determine the kind from a file's content, whatever its name."""
    if not is_image(path) or is_jpeg_stream(path):
        return Video
    return Animation if is_animation(path) else Still
