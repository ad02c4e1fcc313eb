"""The drawn faces on the wall: the newest and the one before it, and how far the one has given way to the other.

Owns their textures; which way pictures take into them is `transfer.py`'s. Row 0 of a texture is the top of the picture.
"""

from __future__ import annotations

import moderngl

from engine.core.closing import Closing
from engine.core.errors import CudaError
from engine.render.gl.texture import Landing
from engine.render.gl.texture_upload import Transfer
from engine.types import Reflection

PLACES = 3


class ReflectionTextures(Closing):
    """The newest drawn face and the one before it, to be blended, and a third texture for the next one.

    Of two, the next face would go into the one that the card may still be drawing with, and would wait for that.

    Args:
        transfer: how pictures get into textures.
    """

    def __init__(self, transfer: Transfer) -> None:
        self._transfer = transfer
        self._places: tuple[Landing, ...] = self._make_places()
        self._turn = 0
        self._newest: Reflection | None = None
        self._previous: Reflection | None = None

    @property
    def newest(self) -> moderngl.Texture | None:
        """sRGB-encoded RGBA of the newest reflection; None before the first."""
        return self._places[self._turn].texture if self._places else None

    @property
    def previous(self) -> moderngl.Texture | None:
        """The one before; None before the second."""
        return self._places[self._turn - 1].texture if self._places and self._previous is not None else None

    @property
    def reflection(self) -> Reflection | None:
        """What `newest` shows."""
        return self._newest

    def age_s(self, now_s: float) -> float:
        """Seconds since the newest was finished; 0 before the first."""
        return now_s - self._newest.generated_s if self._newest is not None else 0.0

    def blend(self, now_s: float, *, seconds: float = 0.05, start: float = 0.6) -> float:
        """How much of the newest to show: from `start`, when it is finished, to 1 `seconds` later.

        A step from face to face is hidden without the delay of one period that true interpolation would add.
        """
        if self._previous is None or seconds <= 0:
            return 1.0
        return min(1.0, start + (1.0 - start) * max(0.0, self.age_s(now_s)) / seconds)

    def upload(self, reflection: Reflection | None) -> bool:
        """Take `reflection` unless it is the one that is there. Returns whether it was new.

        Raises:
            CudaError: it is on a graphics card that does not give it; what was shown before may be lost.
        """
        if reflection is None or reflection is self._newest:
            return False
        turn = (self._turn + 1) % PLACES if self._newest is not None else self._turn
        try:
            self._places[turn].write(reflection.image)
        except CudaError as error:
            if not self._transfer.is_shared:  # the card does not even give its picture
                raise
            self._transfer.fall_back(error)
            self.close()
            self._places = self._make_places()
            self._places[turn].write(reflection.image)
        self._turn = turn
        self._previous, self._newest = self._newest, reflection
        return True

    def let_go(self) -> None:
        """Release the textures, and remember what they showed."""
        for place in self._places:
            place.close()
        self._places = ()

    def renew(self) -> None:
        """Make the textures anew after `let_go`, in the context that the transfer has now, with what they showed.

        Raises:
            CudaError: a picture was on a graphics card that does not give it any more.
        """
        shown = self._previous, self._newest
        self._places, self._turn = self._make_places(), 0
        self._newest = self._previous = None
        for reflection in shown:
            self.upload(reflection)

    def _make_places(self) -> tuple[Landing, ...]:
        return tuple(self._transfer.texture() for _ in range(PLACES))

    def close(self) -> None:
        """Release what it owns; may be called again."""
        for place in self._places:
            place.close()
        self._newest = self._previous = None
