"""The file of waypoints: what it holds, and what is refused."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import write_arrays
from engine.networks.waypoints import (
    GESTURES,
    WAYPOINTS_FILE,
    Waypoints,
    open_waypoints,
    read_waypoints,
    write_waypoints,
)
from tests.tiny_persona import write_tiny_persona


@pytest.fixture
def tiny(tmp_path: Path) -> Persona:
    write_tiny_persona(tmp_path / "tiny")
    return Persona.open(tmp_path / "tiny")


def points(size: int, count: int = 3) -> Waypoints:
    reach = np.tile(np.float32([-0.25, 0.5]), (count, len(GESTURES), 1))
    return Waypoints(seed_latents(range(count), size), seed_latents(range(50, 50 + len(GESTURES)), size), reach)


def test_what_is_written_is_read(tiny: Persona) -> None:
    written = points(tiny.settings.latent_size)
    path = tiny.folder / WAYPOINTS_FILE
    write_waypoints(path, written, tiny.generator_sha256)
    read = open_waypoints(tiny)
    assert read is not None
    assert read.faces == pytest.approx(written.faces, abs=5e-3)
    assert read.directions == pytest.approx(written.directions, abs=5e-3)
    assert np.array_equal(read.reach, written.reach)
    size = tiny.settings.latent_size
    assert np.linalg.norm(read.face(1, np.float32([0.5, 0, 0]))) == pytest.approx(np.sqrt(size), rel=1e-4)


def test_a_persona_may_have_none(tiny: Persona) -> None:
    assert open_waypoints(tiny) is None


def test_those_of_another_generator_are_left_aside(tiny: Persona, caplog: pytest.LogCaptureFixture) -> None:
    path = tiny.folder / WAYPOINTS_FILE
    write_waypoints(path, points(tiny.settings.latent_size), "0" * 64)
    with caplog.at_level(logging.WARNING):
        assert open_waypoints(tiny) is None
    assert "choose them anew with python -m tools.choose_waypoints --model tiny" in caplog.text


@pytest.mark.parametrize("fault", ["one face", "size", "name", "zero"])
def test_what_holds_no_waypoints_is_refused(tiny: Persona, fault: str) -> None:
    size = tiny.settings.latent_size
    good = points(size, 1 if fault == "one face" else 3)
    arrays = {"faces": good.faces, "directions": good.directions, "reach": good.reach}
    if fault == "size":
        arrays["directions"] = arrays["directions"][:, :-1].copy()
    if fault == "name":
        arrays["people"] = arrays.pop("faces")
    if fault == "zero":
        arrays["faces"] = np.zeros_like(arrays["faces"])
    path = tiny.folder / WAYPOINTS_FILE
    write_arrays(path, arrays, {"generator_sha256": tiny.generator_sha256})
    with pytest.raises(ModelError, match="holds no waypoints"):
        read_waypoints(path, tiny)
