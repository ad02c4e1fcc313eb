"""Folders of this user: what may be made anew at any time, and what must be kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "narcissus"


def user_cache_folder() -> Path:
    """Folder of what may be made anew: NARCISSUS_CACHE if set, else the system's default."""
    return _folder("NARCISSUS_CACHE", "LOCALAPPDATA", "Local", "XDG_CACHE_HOME", ".cache")


def user_settings_folder() -> Path:
    """Folder of what must be kept, such as keys: NARCISSUS_CONFIG if set, else the system's default."""
    return _folder("NARCISSUS_CONFIG", "APPDATA", "Roaming", "XDG_CONFIG_HOME", ".config")


def _folder(own: str, on_windows: str, below_app_data: str, elsewhere: str, below_home: str) -> Path:
    """The folder named by a variable of the program's own, else by one of the system's, else its default."""
    chosen = os.environ.get(own)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get(on_windows) or Path.home() / "AppData" / below_app_data) / NAME
    return Path(os.environ.get(elsewhere) or Path.home() / below_home) / NAME
