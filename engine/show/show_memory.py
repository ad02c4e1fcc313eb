"""What a show that died was doing: which scene was on the wall, and whether the operator had it dark.

A file says so while a show runs, and goes when the show ends in order; one that is found at the start was left by a
show that died, and the next one goes on there. Nothing of a viewer is in it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.core.errors import in_one_line
from engine.system.atomic_write import atomic_write

PATH = Path("logs") / "show.json"
MAX_BYTES = 4096

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShowMoment:
    """What is on the wall.

    Attributes:
        scene: its name.
        is_black: whether the operator has it dark.
        place: in the playlist: which entry, from 0, and for how many minutes.
    """

    scene: str
    is_black: bool = False
    place: tuple[int, int] = (0, 0)


class ShowMemory:
    """Keeps the file up to date; a disk that refuses it ends no show.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path = PATH) -> None:
        self._path = path
        self._written: ShowMoment | None = None

    def recall(self) -> ShowMoment | None:
        """What a show that died left; None where the last one ended in order, or what is there says nothing."""
        try:
            if self._path.stat().st_size > MAX_BYTES:
                return None
            found = json.loads(self._path.read_text(encoding="utf-8"))
            scene, is_black = found["scene"], found["is_black"]
            index, minutes = (int(number) for number in found["place"])
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return None
        is_sound = isinstance(scene, str) and isinstance(is_black, bool)
        return ShowMoment(scene, is_black, (index, minutes)) if is_sound else None

    def remember(self, moment: ShowMoment) -> None:
        """Write what is on the wall, if it has changed."""
        if moment == self._written:
            return
        self._written = moment
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self._path, is_durable=False) as partial:
                partial.write_text(json.dumps(asdict(moment)), encoding="utf-8")
        except OSError as error:
            log.warning("a show that dies now would not come back as it was: %s", in_one_line(error))

    def forget(self) -> None:
        """The show has ended in order."""
        self._path.unlink(missing_ok=True)
