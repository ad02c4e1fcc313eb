"""What a part of the show that lives in an OpenGL context must be able to do when a driver loses that context."""

from __future__ import annotations

from typing import Protocol

import moderngl


class ContextPart(Protocol):
    """Interface of a part that outlives the context it draws in."""

    def let_go(self) -> None:
        """Release everything in the context, which is still current, and remember what is shown; may be called again.

        Raises:
            DeviceError: somebody still reads what is to be released.
        """
        ...

    def renew(self, ctx: moderngl.Context) -> None:
        """Make it anew in another context.

        Raises:
            NarcissusError: it cannot be made.
        """
        ...
