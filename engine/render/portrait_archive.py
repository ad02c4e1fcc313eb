"""The strangers of this evening: one reflection of each visit, in memory alone, until it is told to forget them.

It writes no file and knows no name, viewer or scene. What it holds are faces that the generator drew, as small
pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import moderngl
import numpy as np

from engine.core.clock import Tick
from engine.render.frame_inputs import ArchiveTiles
from engine.types import ByteArray, Reflection

SLOTS = 17
"""The newest, and so many before it less one; whoever comes after that takes the place of the one who hung longest."""
COLUMNS, ROWS = 5, 4
TILE_PX = 64
KEEP_AFTER_S = 4.0  # who leaves sooner leaves nothing
RENEW_S = 1.0  # while a visit lasts its picture is taken anew; the last one stays
FADE_S = 2.5
BARE = np.zeros((TILE_PX, TILE_PX, 4), np.uint8)
EVEN_LEVEL, EVEN_LIMITS = 0.30, (0.6, 2.2)


@dataclass(frozen=True)
class _Visit:
    """Where somebody who is there hangs already, and when their picture was taken."""

    place: int
    taken_s: float


class PortraitArchive:
    """Place 0 has the newest stranger, the others those before.

    Args:
        ctx: the context that the pictures live in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._tiles = np.zeros((ROWS * TILE_PX, COLUMNS * TILE_PX, 4), np.uint8)  # what the texture shows
        self._texture: moderngl.Texture | None = None
        self.renew(ctx)
        self.clear()

    def let_go(self) -> None:
        """Release the texture, and forget nobody."""
        if self._texture is not None:
            self._texture.release()
            self._texture = None

    def renew(self, ctx: moderngl.Context) -> None:
        """Hang the same pictures in another context, after `let_go`."""
        self._texture = ctx.texture((COLUMNS * TILE_PX, ROWS * TILE_PX), 4, self._tiles.tobytes())
        self._texture.filter = (moderngl.LINEAR, moderngl.LINEAR)

    def clear(self) -> None:
        """Forget everybody, at closing time."""
        self._newest: ByteArray | None = None
        self._shown = [0.0] * SLOTS
        self._gains = [1.0] * SLOTS
        self._waiting: dict[int, ByteArray] = {}
        self._moved = 0
        self._forgotten: set[int] = set()  # places that are free again, once what hangs there has faded
        self._visits: dict[int, _Visit] = {}  # of those who are there and hang already, by the number of the stranger
        self._tiles[:] = 0
        if self._texture is not None:
            self._texture.write(self._tiles.tobytes())

    @property
    def present(self) -> tuple[int, ...]:
        """Numbers of the strangers who hang here and whose visitors are still there."""
        return tuple(self._visits)

    def forget(self, number: int) -> None:
        """Take down the stranger of a visitor who is still there; the place fades, and stays free."""
        visit = self._visits.pop(number, None)
        if visit is None:
            return
        self._waiting.pop(visit.place, None)
        self._forgotten.add(visit.place)
        if visit.place == 0:
            self._newest = None
        if self._shown[visit.place] == 0.0:
            self._write(visit.place, BARE)

    @property
    def archive_tiles(self) -> ArchiveTiles | None:
        """What hangs at this moment; None after `close`."""
        if self._texture is None:
            return None
        return ArchiveTiles(self._texture, COLUMNS, tuple(self._shown), tuple(self._gains))

    @property
    def count(self) -> int:
        """How many strangers there are."""
        return (self._newest is not None) + min(self._moved, SLOTS - 1) - len(self._forgotten - {0})

    def keep(self, reflection: Reflection | None, dwells_s: Mapping[int, float], tick: Tick) -> None:
        """Move on to `tick`.

        Args:
            reflection: the newest turn, if it is new.
            dwells_s: for how long the visitor of each stranger has been there; 0 while nobody is.
            tick: this moment.
        """
        self._visits = {number: visit for number, visit in self._visits.items() if dwells_s.get(number, 0.0) > 0.0}
        for each in reflection.everyone if reflection is not None else ():
            number, visit = each.latent.stranger, self._visits.get(each.latent.stranger)
            is_due = visit is None or tick.time_s - visit.taken_s >= RENEW_S
            if each.latent.features is not None and is_due and dwells_s.get(number, 0.0) >= KEEP_AFTER_S:
                self._take(each, tick.time_s, is_first=each is reflection)
        for place in range(SLOTS):
            self._ease(place, tick.dt_s / FADE_S)

    def _take(self, reflection: Reflection, time_s: float, *, is_first: bool) -> None:
        """Hang a visitor's stranger: the first one's in the largest frame, where the one before makes room."""
        number, picture = reflection.latent.stranger, thumbnail(reflection.pixels)
        visit = self._visits.get(number)
        place = 0 if is_first else visit.place if visit is not None else self._next_place()
        if is_first and (visit is None or visit.place != 0) and self._newest is not None:
            self._move_newest(self._next_place() if visit is None else visit.place)
        if place == 0:
            self._newest = picture
        if place in self._waiting or place in self._forgotten or (place > 0 and visit is None):
            self._waiting[place] = picture
        else:
            self._write(place, picture)
        self._forgotten.discard(place)
        self._visits[number] = _Visit(place, time_s)

    def _move_newest(self, place: int) -> None:
        """Hang whoever is in the largest frame elsewhere."""
        assert self._newest is not None
        self._waiting[place] = self._newest
        self._forgotten.discard(place)
        for number, visit in self._visits.items():
            if visit.place == 0:
                self._visits[number] = replace(visit, place=place)

    def _next_place(self) -> int:
        """A free place beside the largest frame, or that of whoever has hung there longest."""
        free = self._forgotten - {0}
        if free:
            return min(free)
        self._moved += 1
        return 1 + (self._moved - 1) % (SLOTS - 1)

    def _ease(self, place: int, step: float) -> None:
        """A picture fades in; one whose place is taken fades out before the other is hung there."""
        if place in self._waiting:
            self._shown[place] = max(0.0, self._shown[place] - step)
            if self._shown[place] == 0.0:
                self._write(place, self._waiting.pop(place))
        elif place in self._forgotten and self._shown[place] > 0.0:
            self._shown[place] = max(0.0, self._shown[place] - step)
            if self._shown[place] == 0.0:
                self._write(place, BARE)
        elif place in self._forgotten:
            return
        elif (place == 0 and self._newest is not None) or 0 < place <= self._moved:
            self._shown[place] = min(1.0, self._shown[place] + step)

    def _write(self, place: int, picture: ByteArray) -> None:
        top, left = (TILE_PX * at for at in divmod(place, COLUMNS))
        self._tiles[top : top + TILE_PX, left : left + TILE_PX] = picture
        if self._texture is not None:
            self._texture.write(picture, viewport=(left, top, TILE_PX, TILE_PX))
        self._gains[place] = even_gain(picture)

    def close(self) -> None:
        """Forget everybody and release the texture; may be called again."""
        self.clear()
        self.let_go()


def thumbnail(image: ByteArray) -> ByteArray:
    """A square picture (S, S, 4), S a power of two, as (TILE_PX, TILE_PX, 4): means of boxes, or pixels repeated."""
    size = image.shape[0]
    if size > TILE_PX:
        step = size // TILE_PX
        return np.asarray(image.reshape(TILE_PX, step, TILE_PX, step, 4).mean(axis=(1, 3)), np.uint8)
    return np.ascontiguousarray(np.kron(image, np.ones((TILE_PX // size, TILE_PX // size, 1), np.uint8)))


def even_gain(picture: ByteArray) -> float:
    """What brings the middle of a face (TILE_PX, TILE_PX, 4) to the exposure that `reflection.frag` gives faces."""
    middle = picture[TILE_PX // 3 : -TILE_PX // 4, TILE_PX // 3 : -TILE_PX // 3, :3].mean(axis=(0, 1)) / 255
    level = float(middle @ (0.2126, 0.7152, 0.0722)) ** 2.2
    return float(np.clip(EVEN_LEVEL / max(level, 0.02), *EVEN_LIMITS))
