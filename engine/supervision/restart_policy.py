"""When a show that ended is started again, and with what: at once at first, then with patience, then a safe scene."""

from __future__ import annotations

from collections import deque

AT_ONCE = 3  # deaths that are answered without a wait
WINDOW_S = 600.0  # deaths that are longer ago are forgotten
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0


class RestartPolicy:
    """Remembers deaths, and says what follows from them. It reads no clock."""

    def __init__(self) -> None:
        self._deaths_s: deque[float] = deque()

    def die(self, now_s: float) -> None:
        """The show ended, or had to be ended, at `now_s`."""
        self._deaths_s.append(now_s)
        self._forget(now_s)

    def wait_s(self, now_s: float) -> float:
        """How long to wait before it is started again: nothing for the first deaths in ten minutes, then twice as long
        each time, up to five minutes."""
        self._forget(now_s)
        further = len(self._deaths_s) - AT_ONCE
        return 0.0 if further <= 0 else min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (further - 1))

    def is_safe_mode(self, now_s: float) -> bool:
        """Whether it has died so often that only the safe scene is to be shown, from the fourth death on."""
        self._forget(now_s)
        return len(self._deaths_s) > AT_ONCE

    def _forget(self, now_s: float) -> None:
        while self._deaths_s and now_s - self._deaths_s[0] > WINDOW_S:
            self._deaths_s.popleft()
