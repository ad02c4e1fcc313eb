"""Files written during the show: created only if absent, watched, and explained when they fail."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.core.errors import ConfigError, DeviceError

MEGABYTE = 1_000_000


class HasReason(Protocol):
    """The attributes that OSError and PyAV's errors share."""

    @property
    def errno(self) -> int | None: ...

    @property
    def strerror(self) -> str | None: ...


def create_file(path: Path) -> BinaryIO:
    """Create a file that must not exist yet, and its folder if needed; unbuffered."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb", buffering=0)


def check_disk(file: BinaryIO, path: Path, keep_free_mb: int) -> None:
    """Notice what writing does not: a file removed under the program, a disk that is nearly full.

    Raises:
        OSError: its name now belongs to another file, or to none.
        DeviceError: less than `keep_free_mb` are free.
    """
    if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
        raise FileNotFoundError(errno.ENOENT, "another file has its name")
    free_mb = shutil.disk_usage(path.parent).free / MEGABYTE
    if free_mb < keep_free_mb:
        raise DeviceError(
            f"the recording {path} stopped: {free_mb:.0f} MB are free on its disk and "
            f"recorder.keep_free_mb is {keep_free_mb}; free some space or choose another folder"
        )


def explain(error: HasReason, path: Path, what: str) -> ConfigError | DeviceError:
    """A sentence about a file that could not be written; `what` says which file, and how it ended."""
    if isinstance(error, FileExistsError) and os.path.exists(path):
        return ConfigError(f"{path} exists already and is not overwritten: choose another name or remove it")
    causes = {
        errno.ENOSPC: "the disk is full; free some space or choose another folder",
        errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
        errno.EFBIG: "the file has reached the largest size that is allowed; start a new one",
        errno.EACCES: "the folder must not be written to; change its permissions or choose another",
        errno.EPERM: "the folder must not be written to; change its permissions or choose another",
        errno.EROFS: "the disk is read-only; choose another folder",
        errno.ENOENT: "the file or its folder is gone; choose a folder that stays",
        errno.ENOTDIR: "its folder is not a folder; choose another",
        errno.EEXIST: "its folder is not a folder; choose another",
        errno.EISDIR: "it is a folder; choose another name",
        errno.ENAMETOOLONG: "its name is too long; choose a shorter one",
        errno.EIO: "the disk does not answer; check it and its cable",
    }
    cause = causes.get(error.errno or 0, f"{error.strerror or error}; see whether the disk or the encoder is at fault")
    return DeviceError(f"{what}: {cause}")
