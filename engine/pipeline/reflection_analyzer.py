"""Reflection analyzer: measures drawn faces next to their visitors, at intervals and only on demand.

Costs the reflection thread a few milliseconds every half second, after the face has been handed on; its face mesh is
loaded in a thread of its own. Scenes show the comparison; off-screen candidates are measured here too
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
        build: builds the step Frame -> Features | None for unrelated pictures; may take a while.
        clock: clock of the step.
        stopwatch: see `SupervisedStep`.
        waits: whether the first comparison waits for the step, as a film can and a show must not.

    Attributes:
        echo: newest comparison; None if not requested, if nobody is there, or if no face is found in the drawing.
        stage: health of the step.
    """

    def __init__(
        self,
        build: Callable[[], Callable[[Frame], Features | None]],
        clock: TimeSource,
        stopwatch: TimeSource | None = None,
        *,
        waits: bool = False,
    ) -> None:
        self.echo: ReflectionComparison | None = None
        self.stage = SupervisedStep("echo", build, clock, stopwatch)
        self._waits = waits
        self._heard_at = -1
        self._loader: threading.Thread | None = None

    def listen(self, reflection: Reflection, now_s: float, *, is_asked: bool) -> bool:
        """Compare the drawn face with its viewer, if requested and not yet done in this half second.

            Half seconds are counted by the show's clock, so that a film rendered from its middle gets the same
            comparisons.

        Returns:
            Whether a comparison was made.
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
        """Whether it can measure at once; otherwise it starts loading."""
        if self._waits or self.stage.is_ready:
            return True
        self._load()
        return False

    def look(self, reflection: Reflection) -> Features | None:
        """Measure a drawn face; None if no face is found in it, or the step fails."""
        return self.stage(picture_of(reflection))

    def close(self) -> None:
        """Release the step; waits for its start, within limits."""
        if self._loader is not None:
            self._loader.join(STOP_WAIT_S)
        self.stage.close()

    def _load(self) -> None:
        if self._loader is None or not self._loader.is_alive():
            self._loader = threading.Thread(target=self.stage.prepare, name="loading echo", daemon=True)
            self._loader.start()


def picture_of(reflection: Reflection) -> Frame:
    """Convert a drawn face to a frame that can be measured."""
    return Frame(np.ascontiguousarray(reflection.pixels[:, :, :3]), reflection.generated_s, reflection.sequence)
