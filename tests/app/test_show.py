"""The whole program, off screen, with a tiny persona: what it shows, what it survives, when it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import skimage.data
from PIL import Image

import engine.app
import engine.show.scene_switcher
from engine.app import ROOT
from engine.config.options import Options
from engine.core.clock import Clock
from engine.networks.attributes.classifier import AttributeReader
from engine.render.window.keymap import Action
from engine.show.files import read_show_files
from tests.app.shows import app, during, frames_of


def test_a_film_and_statistics_of_the_mirror_that_sees_itself(place: Path, blind: None) -> None:
    app(record=Path("out.mp4"), stats=Path("stats.json")).run()
    pictures = frames_of(place / "out.mp4")
    assert len(pictures) > 3 and pictures[0].shape == (72, 128, 3)
    assert pictures[-1].std() > 2, "the film shows something"
    stats = json.loads((place / "stats.json").read_text())
    assert stats["frames"]["drawn"] >= len(pictures)
    assert stats["frames"]["per_s"] > 0 and stats["frames"]["draw_ms"].keys() == {"p50", "p95"}
    assert stats["reflections"]["count"] > 0 and stats["reflections"]["age_ms"]["p95"] > 0
    assert stats["stages_ms"].keys() == {"features", "latent", "face"}
    assert stats["errors"].keys() == {"features", "latent", "face", "echo", "deepening", "turn"}
    assert set(stats["errors"].values()) == {0}
    assert stats["drops"].keys() == {"frames", "camera picture", "reflections", "measurements"}
    assert stats["frames"]["interval_ms"].keys() == {"p50", "p95", "p99"}
    assert stats["frames"]["pace"] == "34 frames per second, by sleeping: the processor draws"
    assert stats["latency_ms"].keys() == {"read", "features", "latent", "generated", "uploaded", "presented"}
    assert all(leg["p50"] >= 0 for leg in stats["latency_ms"].values())
    assert stats["faces"]["frames_seen"] == 0
    assert stats["seconds"] == pytest.approx(0.5, abs=0.4)


def test_a_real_face_is_seen_from_picture_to_reflection(place: Path) -> None:
    Image.fromarray(skimage.data.astronaut()).save("astronaut.png")
    app(source="astronaut.png", stats=Path("stats.json"), seconds=1.5).run()
    stats = json.loads((place / "stats.json").read_text())
    assert stats["faces"]["frames_seen"] > 0
    assert stats["stages_ms"]["features"]["p50"] > 0


def test_age_and_gender_are_read_unless_switched_off(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    def opened(switch: str) -> AttributeReader | None:
        (place / "config.yaml").write_text(f"scene: {{name: plain}}\npersona: {{model: tiny, attributes: {switch}}}\n")
        return read_show_files(Options(), Path("scenes"), Path("models")).attributes

    assert opened("true") is None
    assert "age and gender are not read; the show continues without them: models/attributes/weights" in caplog.text
    shutil.copytree(ROOT / "models" / "attributes", place / "models" / "attributes")
    assert opened("true") is not None
    caplog.clear()
    assert opened("off") is None and "age and gender" not in caplog.text
    (place / "models" / "attributes.safetensors").write_bytes(b"no network")
    assert opened("true") is None
    assert "models/attributes.safetensors cannot be used: it is damaged" in caplog.text


def test_quit_and_signals_end_the_show_in_order(place: Path, blind: None) -> None:
    show = app(seconds=None)
    during(show, lambda: show.loop.act(Action.QUIT))
    show = app(seconds=None, record=Path("cut.mp4"))
    during(show, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert len(frames_of(place / "cut.mp4")) > 1
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"reflection", "recorder", "camera"}


def test_a_failing_network_does_not_end_the_show(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise MemoryError("no memory for the network")

    monkeypatch.setattr(engine.app, "open_generator", refuse)
    monkeypatch.setattr(engine.app, "WAKE_LIMIT_S", 0.5)
    app(stats=Path("stats.json")).run()
    stats = json.loads((place / "stats.json").read_text())
    assert stats["errors"]["face"] > 0 and stats["frames"]["drawn"] > 3
    assert caplog.text.count("face failed and is restarted; the last picture stays: no memory for the network") == 1


def test_a_camera_that_is_not_there_does_not_end_the_show(place: Path, blind: None) -> None:
    show = app(source="camera:/dev/nothing", seconds=1.0, stats=Path("stats.json"))
    states: list[str] = []
    during(show, lambda: states.extend(show.lines()), after_s=0.8)
    stats = json.loads((place / "stats.json").read_text())
    assert stats["reflections"]["count"] > 0, "the mirror wanders on"
    (state,) = [line for line in states if line.startswith("camera:/dev/nothing: ")]
    assert not state.endswith(": running")


def test_nothing_of_a_viewer_is_written_unless_asked(place: Path) -> None:
    Image.fromarray(skimage.data.astronaut()).save("astronaut.png")
    before = set(place.rglob("*"))
    app(source="astronaut.png", seconds=0.5).run()
    assert set(place.rglob("*")) - before <= {place / "logs"}  # which is empty: what a show was doing goes with its end


def test_the_show_waits_for_nothing_longer_than_it_says(place: Path, blind: None) -> None:
    clock = Clock()
    began_s = clock.now_s()
    show = app(seconds=0.2)
    show.run()
    assert show.show.report.seconds < clock.now_s() - began_s
