"""A camera that wakes late: while `auto` has none and the mirror looks at itself, one is looked for again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine.core.closing import Closing
from engine.pipeline.sources.base import Source

LOOK_S = 10.0
CLOSE_S = 3.0

log = logging.getLogger(__name__)


class LateCamera(Closing):
    """Looks for a camera on a thread of its own, and starts it once it is there; from then on that source lasts.

    Args:
        is_there: whether a camera gives a picture now; may take seconds.
        open_camera: makes its source, which is not started yet.
        look_s: pause between two looks.
    """

    def __init__(self, is_there: Callable[[], bool], open_camera: Callable[[], Source], look_s: float = LOOK_S) -> None:
        self._is_there, self._open_camera, self._look_s = is_there, open_camera, look_s
        self._source: Source | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="late camera", daemon=True)
        self._thread.start()

    @property
    def state(self) -> str:
        """What the overlay says of it."""
        return "no camera yet, so the mirror looks at itself" if self._source is None else str(self._source.state)

    def close(self) -> None:
        """Stop looking, and close the camera if there is one."""
        self._is_over.set()
        self._thread.join(CLOSE_S)
        if self._source is not None:
            self._source.close()

    def _run(self) -> None:
        while not self._is_over.wait(self._look_s):
            if self._is_there() and not self._is_over.is_set():
                source = self._open_camera()
                source.start()
                self._source = source
                log.info("a camera has come: the mirror looks through it from now on")
                return
