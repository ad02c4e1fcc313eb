"""Reflection analyzer: measures drawn faces beside their visitors, now and then and only on demand.

It costs the reflection thread a few milliseconds every half second, after the face was handed on; its face mesh starts
in a thread of its own. Scenes show the comparison; candidates that are drawn aside are measured here too
(`latent_refinement.py`).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import numpy as np

from engine.core.clock import TimeSource
from engine.pipeline.supervised_step import SupervisedStep
from engine.types import Features, Frame, Reflection, ReflectionComparison

PERIOD_S = 0.5
STOP_WAIT_S = 5.0


class ReflectionAnalyzer:
    """Measures drawn faces, and keeps the newest comparison.

    Args:
        build: makes the step Frame -> Features | None for pictures that do not follow on each other; may take a while.
        clock: of the step.
        waits: whether the first comparison waits until the step is made, as a film can and a show must not.

    Attributes:
        echo: the newest; None where nobody asks, nobody is there, or no face is found in what was drawn.
        stage: health of the step.
    """

    def __init__(
        self, build: Callable[[], Callable[[Frame], Features | None]], clock: TimeSource, *, waits: bool = False
    ) -> None:
        self.echo: ReflectionComparison | None = None
        self.stage = SupervisedStep("echo", build, clock)
        self._waits = waits
        self._heard_at = -1
        self._loader: threading.Thread | None = None

    def listen(self, reflection: Reflection, now_s: float, *, is_asked: bool) -> bool:
        """Compare the drawn face with its viewer, if that is asked for and none was in this half of a second.

        Halves of the show's clock, not of what was heard last: so a film that is drawn from its middle hears the same.

        Returns:
            Whether it did.
        """
        viewer = reflection.latent.features
        if not is_asked or viewer is None:
            self.echo = None
            return False
        period = math.floor(now_s / PERIOD_S)
        if period == self._heard_at:
            return False
        self._heard_at = period
        if not self.is_ready():
            self.echo = None
            return False
        stranger = self.look(reflection)
        self.echo = ReflectionComparison(viewer, stranger) if stranger is not None else None
        return True

    def is_ready(self) -> bool:
        """Whether it can look at once; otherwise it begins to get ready."""
        if self._waits or self.stage.is_ready:
            return True
        self._load()
        return False

    def look(self, reflection: Reflection) -> Features | None:
        """Measure a drawn face; None if none is found in it, or the step fails."""
        return self.stage(picture_of(reflection))

    def close(self) -> None:
        """Release the step, whose start is waited for, but not for ever."""
        if self._loader is not None:
            self._loader.join(STOP_WAIT_S)
        self.stage.close()

    def _load(self) -> None:
        if self._loader is None or not self._loader.is_alive():
            self._loader = threading.Thread(target=self.stage.prepare, name="loading echo", daemon=True)
            self._loader.start()


def picture_of(reflection: Reflection) -> Frame:
    """The drawn face as a frame that can be measured."""
    return Frame(np.ascontiguousarray(reflection.pixels[:, :, :3]), reflection.generated_s, reflection.sequence)
