"""Invitation: the address of the control room, with its token, as a sentence and as a QR code for telephones."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import segno

from engine.control.access import new_token
from engine.core.errors import DeviceError
from engine.system.atomic_write import atomic_write
from engine.types import ByteArray

LEAST_LETTERS, MOST_LETTERS = 22, 64
QUIET_MODULES = 4
DARK, LIGHT = 18, 240
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@functools.lru_cache(maxsize=4)
def _code(url: str, module_px: int) -> ByteArray:
    rows = [list(row) for row in segno.make(url, error="m", micro=False).matrix]
    modules = np.pad(np.array(rows, np.uint8), QUIET_MODULES)
    light = np.where(modules > 0, DARK, LIGHT).astype(np.uint8).repeat(module_px, axis=0).repeat(module_px, axis=1)
    return np.dstack([light, light, light, np.full_like(light, 255)])


@dataclass(frozen=True)
class Invitation:
    """Where the control room is.

    Attributes:
        host: name or address of this machine.
        port: of the web.
        token: None where everybody who gets there may enter.
    """

    host: str
    port: int
    token: str | None = None

    @property
    def address(self) -> str:
        """For people, without the token."""
        return f"http://{self.host}:{self.port}/"

    @property
    def url(self) -> str:
        """For a telephone, with the token."""
        return self.address if self.token is None else f"{self.address}?token={self.token}"

    def in_terminal(self) -> str:
        """The code in letters."""
        out = io.StringIO()
        segno.make(self.url, error="m", micro=False).terminal(out, compact=True)
        return out.getvalue()

    def pixels(self, module_px: int) -> ByteArray:
        """The code as a picture: (H, W, 4) uint8 RGBA, dark on light, row 0 top.

        Args:
            module_px: side of its smallest square, px.
        """
        return _code(self.url, module_px)


def kept_token(path: Path) -> str:
    """The token in a file, or a new one that is kept there, readable for its owner only, so that telephones that have
    been let in stay so when the show starts again.

    Raises:
        DeviceError: the file can be neither read nor written, or holds no token.
    """
    try:
        if path.exists():
            return _checked(path.read_text(encoding="ascii", errors="replace")[: MOST_LETTERS + 2].strip(), path)
        token = new_token()
        with atomic_write(path) as partial:
            partial.touch(mode=0o600)
            partial.write_text(token + "\n", encoding="ascii")
        return token
    except OSError as error:
        raise DeviceError(
            f"control.token_file: {path} can be neither read nor written ({error.strerror or error})"
        ) from error


def _checked(token: str, path: Path) -> str:
    if not LEAST_LETTERS <= len(token) <= MOST_LETTERS or not LETTERS.issuperset(token):
        raise DeviceError(
            f"control.token_file: {path} holds no token of {LEAST_LETTERS} to {MOST_LETTERS} letters, digits, - and _; "
            f"remove it, and a new one is made"
        )
    return token
