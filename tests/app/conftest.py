"""Where a show of the tests is at home: a folder with a tiny persona, and eyes that see nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import engine.app
import engine.show.scene_switcher
from engine.types import Features, Frame
from tests.app.shows import SCENE
from tests.tiny_persona import write_tiny_persona


@pytest.fixture
def place(tmp_path: Path, gl: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, a scene and a persona, which is the current folder; `gl`: there is OpenGL."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "plain.yaml").write_text(SCENE)
    (tmp_path / "config.yaml").write_text("scene: {name: plain}\npersona: {model: tiny}\n")
    write_tiny_persona(tmp_path / "models" / "tiny")
    return tmp_path


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MediaPipe: nobody is ever seen, and nothing has to load."""

    class Blind:
        def __init__(self, mode: str, **settings: Any) -> None: ...

        def __call__(self, frame: Frame) -> Features | None:
            return None

        def everyone(self, frame: Frame) -> list[Features]:
            return []

        def close(self) -> None: ...

    monkeypatch.setattr(engine.app, "Featurizer", Blind)
