"""Where this user's folders are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.system.user_folders import user_cache_folder, user_settings_folder


@pytest.mark.parametrize(
    ("folder", "own", "systems"),
    [
        (user_cache_folder, "NARCISSUS_CACHE", ("XDG_CACHE_HOME", "LOCALAPPDATA")),
        (user_settings_folder, "NARCISSUS_CONFIG", ("XDG_CONFIG_HOME", "APPDATA")),
    ],
)
def test_a_folder_is_where_the_system_keeps_such_or_where_one_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Callable[[], Path], own: str, systems: tuple[str, ...]
) -> None:
    monkeypatch.delenv(own, raising=False)
    for name in systems:
        monkeypatch.setenv(name, str(tmp_path))
    assert folder() == tmp_path / "narcissus"
    monkeypatch.setenv(own, str(tmp_path / "mine"))
    assert folder() == tmp_path / "mine"
