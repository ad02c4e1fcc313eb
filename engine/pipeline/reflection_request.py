"""Request of the show to the reflection thread, passed through a `Slot`; the thread keeps the newest one."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.reflection import ReflectionSettings


@dataclass(frozen=True, slots=True)
class ReflectionRequest:
    """What reflections must contain, from the next one on.

    Attributes:
        settings: rate, times and smoothing, as the shown scene wants them.
        with_previews: whether they come at the resolutions on the way as well.
        with_comparison: whether they come with the newest comparison of a drawn face with its viewer.
    """

    settings: ReflectionSettings
    with_previews: bool = False
    with_comparison: bool = False
