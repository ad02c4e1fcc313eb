"""Request from the show to the reflection thread, passed through a `Slot`; the thread keeps the newest one."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.reflection import ReflectionSettings


@dataclass(frozen=True, slots=True)
class ReflectionRequest:
    """Contents of reflections, from the next one on.

    Attributes:
        settings: rate, times and smoothing for the current scene.
        with_previews: whether to include lower resolutions.
        with_comparison: whether to include the newest comparison of a drawn face with its viewer.
    """

    settings: ReflectionSettings
    with_previews: bool = False
    with_comparison: bool = False
