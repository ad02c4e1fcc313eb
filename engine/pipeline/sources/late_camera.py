"""Late camera: while `auto` has found none and the mirror looks at itself, cameras are searched for at intervals."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from engine.core.closing import Closing
from engine.pipeline.sources.base import Source

LOOK_S = 10.0
CLOSE_S = 3.0

log = logging.getLogger(__name__)


class LateCamera(Closing):
    """Searches for a camera in a thread of its own, and starts it once found; that source then stays.

    Args:
        is_there: whether a camera has a picture now; may take seconds.
        open_camera: creates its source, not yet started.
        look_s: interval between searches.
    """

    def __init__(self, is_there: Callable[[], bool], open_camera: Callable[[], Source], look_s: float = LOOK_S) -> None:
        self._is_there, self._open_camera, self._look_s = is_there, open_camera, look_s
        self._source: Source | None = None
        self._controls: Mapping[str, float | None] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="late camera", daemon=True)
        self._thread.start()

    @property
    def state(self) -> str:
        """State for the overlay."""
        return "no camera yet, so the mirror looks at itself" if self._source is None else str(self._source.state)

    def adjust(self, controls: Mapping[str, float | None]) -> None:
        """Set what the camera can be set to, once there is one."""
        self._controls = controls
        if self._source is not None:
            self._source.adjust(controls)

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
                if self._controls:
                    source.adjust(self._controls)
                source.start()
                self._source = source
                log.info("a camera has been found and is used from now on")
                return
