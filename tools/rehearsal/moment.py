"""What is seen of a rehearsed show four times a second: a line of JSON from the show to whoever watches it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Moment:
    """How the show is at a moment.

    Attributes:
        time_s: on the machine's monotonic clock.
        frames, reflections: pictures of the wall, and reflections in them, since the start.
        gap_s, reflection_gap_s: longest time without a new one since the moment before, what is still lasting included.
        waited_s: how long the main thread waited for a processor since then; 0 where the system does not say.
        age_ms: median age of the reflections shown since then; None where there was none.
        is_still: whether the wall shows, byte for byte, what it showed a second ago.
        camera: state of the camera.
        camera_restarts, camera_frames: how often it was started again, and its pictures.
        errors: failures of each stage since the start.
        error: the one that stands; None if all is well.
        notice: the newest sentence to the operator.
        scene, title: on the wall.
        is_filming: whether a film is being recorded.
        film_frames: pictures in it.
        sent: pictures that the receiver took.
        sender_error: why it takes none now; empty if it does.
        memory_mb: resident memory of the show's process.
        threads, descriptors, children: what it holds.
    """

    time_s: float
    frames: int = 0
    reflections: int = 0
    gap_s: float = 0.0
    reflection_gap_s: float = 0.0
    waited_s: float = 0.0
    age_ms: float | None = None
    is_still: bool = False
    camera: str = "starting"
    camera_restarts: int = 0
    camera_frames: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    notice: str = ""
    scene: str = ""
    title: str = ""
    is_filming: bool = False
    film_frames: int = 0
    sent: int = 0
    sender_error: str = ""
    memory_mb: float = 0.0
    threads: int = 0
    descriptors: int = 0
    children: int = 0

    def as_line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Moment:
        """Read what `as_line` wrote."""
        return cls(**json.loads(line))
