"""What the show does when the graphics driver loses its OpenGL context: everything in it is made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from engine.core.clock import TimeSource
from engine.core.errors import in_one_line
from engine.render.gl.context_part import ContextPart
from engine.show.drawing import Drawing

RETRY_S = 0.5  # a driver that has just been reset may not give a context at once

log = logging.getLogger(__name__)


class ContextGuard:
    """Looks once a frame whether there is still a context.

    Args:
        drawing: what lives in it.
        clock: the show's clock.
        notify: tells the operator one sentence.
        others: what lives in it beside.

    Attributes:
        losses: how often it was lost.
    """

    def __init__(
        self,
        drawing: Drawing,
        clock: TimeSource,
        notify: Callable[[str], None],
        others: Sequence[ContextPart] = (),
    ) -> None:
        self._drawing, self._clock, self._notify, self._others = drawing, clock, notify, others
        self._lost_s: float | None = None
        self._retry_s = 0.0
        self.losses = 0

    def holds(self) -> bool:
        """Whether there is a context to draw in, after one that was lost has been replaced if that is possible now."""
        now_s = self._clock.now_s()
        if self._lost_s is None:
            reason = self._drawing.window.reset_reason()
            if reason is None:
                return True
            self._lost_s, self.losses = now_s, self.losses + 1
            log.warning("the graphics driver has lost the picture's context, %s: it is made anew", reason)
        elif now_s < self._retry_s:
            return False
        return self._renew(self._lost_s)

    def _renew(self, lost_s: float) -> bool:
        try:
            self._drawing.renew(self._others)
        except Exception as error:  # drivers and ModernGL raise whatever they like
            log.debug("while the context is made anew", exc_info=True)
            self._notify(f"the graphics driver gives no picture, and is asked again: {in_one_line(error)}")
            self._retry_s = self._clock.now_s() + RETRY_S
            return False
        self._lost_s = None
        seconds = self._clock.now_s() - lost_s
        self._notify(f"the graphics driver lost its context; everything was made anew in {seconds:.1f} s")
        return True
