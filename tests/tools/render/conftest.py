"""Where a session of the tests is rendered."""

from __future__ import annotations

import shutil
from pathlib import Path

import moderngl
import pytest

import tools.film.segments
import tools.render
from engine.session.format import Cue
from tests.conftest import ROOT
from tests.session import drawn
from tests.tiny_persona import write_tiny_persona
from tests.tools.render.clouds import SCENE, Clouds, head_of


@pytest.fixture
def place(tmp_path: Path, gl: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with scenes, shaders, a persona and a session of three seconds; faces are clouds."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    for name in ("plain", "another"):
        (tmp_path / "scenes" / f"{name}.yaml").write_text(SCENE)
    shutil.copytree(ROOT / "shaders", tmp_path / "shaders")
    write_tiny_persona(tmp_path / "models" / "tiny")
    drawn.write_session(tmp_path / "a.narc", [Cue(0.0, "plain"), *drawn.answers(3.0)], head_of("tiny"))
    monkeypatch.setattr(tools.render, "open_generator", lambda persona: Clouds())
    return tmp_path
