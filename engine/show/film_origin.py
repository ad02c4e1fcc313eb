"""Where the films and snapshots of a show come from: which persona, which scenes; and their marks.

Scenes are noted on the main thread; marks are made on the threads that write the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from engine.origin.marker import OriginMarker
from engine.origin.statement import Origin, scene_hashes


class FilmOrigin:
    """Notes what is shown, and marks what is written.

    Args:
        marker: marks files; None marks nothing.
        persona, generator_sha256: whom the mirror shows, and the hash of its generator's file.
        path_of: the file of a scene by its name.
    """

    def __init__(
        self,
        marker: OriginMarker | None = None,
        persona: str = "",
        generator_sha256: str = "",
        path_of: Callable[[str], Path] = Path,
    ) -> None:
        self._marker, self._path_of = marker, path_of
        self._persona, self._generator_sha256 = persona, generator_sha256
        self._now = ""
        self._shown: dict[str, None] = {}

    def see(self, scene: str) -> None:
        """Note the scene of this frame."""
        if scene != self._now:
            self._now = scene
            self._shown = {**self._shown, scene: None}

    def begin(self) -> None:
        """A film begins: of what was shown before, only the scene of this moment is in it."""
        self._shown = {self._now: None} if self._now else {}

    def mark(self, path: Path) -> None:
        """Mark a film with all scenes since it began; what goes wrong is logged, and the film stays as it is."""
        self._mark(path, tuple(self._shown))

    def mark_now(self, path: Path) -> None:
        """Mark a snapshot with the scene of this moment; what goes wrong is logged."""
        self._mark(path, (self._now,))

    def give_up(self, path: Path) -> str:
        """Leave a film unmarked for which there is no more time; what to tell the operator."""
        if self._marker is not None:
            self._marker.abandon(path)
        return (
            f"{path} is whole and carries no mark of its origin, for want of time: python -m tools.mark_origin {path}"
        )

    def _mark(self, path: Path, scenes: Iterable[str]) -> None:
        if self._marker is not None and path.exists():
            self._marker.try_mark(path, lambda: self._origin(scenes))

    def _origin(self, scenes: Iterable[str]) -> Origin:
        paths = [self._path_of(name) for name in scenes if name]
        hashes: dict[str, str] = {}
        for path in paths:
            hashes |= scene_hashes(path.parent, [path.stem])
        return Origin(self._persona, self._generator_sha256, hashes)
