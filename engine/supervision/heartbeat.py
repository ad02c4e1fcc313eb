"""A heartbeat: whether the show that a status file tells of still draws, still reflects, and fits into memory.

It reads no file and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LIMIT_S = 30.0  # without a new picture, or a new reflection, before a show counts as hanging
START_LIMIT_S = 120.0  # until the first picture: the very first start compiles and measures
MEMORY_LIMIT_MB = 4096.0


class Heartbeat:
    """Watches the counters of one run of the show.

    Args:
        begun_s: when the run was started, on the clock of `problem`.
        limit_s: without a new picture or reflection, before it counts as hanging.
        memory_limit_mb: resident memory that is too much.
    """

    def __init__(self, begun_s: float, limit_s: float = LIMIT_S, memory_limit_mb: float = MEMORY_LIMIT_MB) -> None:
        self._limit_s, self._memory_limit_mb = limit_s, memory_limit_mb
        self._begun_s = begun_s
        self._moved_s: dict[str, float] = {}
        self._counted: dict[str, int] = {}

    @property
    def has_pictures(self) -> bool:
        """Whether it has drawn anything."""
        return self._counted.get("frames", 0) > 0

    def forgive(self, seconds: float) -> None:
        """Do not count this much of the time until now: the machine, or whoever watches, was not awake."""
        self._begun_s += seconds
        self._moved_s = {name: moved_s + seconds for name, moved_s in self._moved_s.items()}

    def problem(self, status: Mapping[str, Any] | None, now_s: float) -> str | None:
        """What is wrong with the show, a few words; None while nothing is.

        Args:
            status: what it said last; None where it has said nothing yet.
            now_s: the present.
        """
        for name in ("frames", "reflections"):
            count = (status or {}).get(name)
            if isinstance(count, int) and count > self._counted.get(name, 0):
                self._counted[name], self._moved_s[name] = count, now_s
        if not self.has_pictures:
            return "it draws no first picture" if now_s - self._begun_s > START_LIMIT_S else None
        for name, what in (("frames", "it draws no more"), ("reflections", "it reflects no more")):
            if name in self._moved_s and now_s - self._moved_s[name] > self._limit_s:
                return what
        memory_mb = (status or {}).get("rss_mb")
        if isinstance(memory_mb, int | float) and memory_mb > self._memory_limit_mb:
            return f"it takes {memory_mb:.0f} MB of memory, more than {self._memory_limit_mb:.0f}"
        return None
