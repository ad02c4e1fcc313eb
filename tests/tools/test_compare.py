"""`python -m tools.compare`: film, captions, table, and what it says to bad input. Boards stand for faces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from engine.core.errors import DeviceError
from engine.features.featurizer import LAYOUT
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latent
from engine.types import ByteArray, Features, FloatArray, Frame
from tests.pipeline.sources.test_video_file import write_video
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import PaintingDrawer, features_of, without_drawing
from tools import compare, evaluate
from tools.baselines import ablation, comparison_film, trial
from tools.baselines.comparison_film import GAP_PX, SIDE_PX
from tools.baselines.methods import Method, open_methods
from tools.train_inverter import main as train

__all__ = ["without_drawing"]

FRAMES = 8


class BoardDrawer(PaintingDrawer):
    def __init__(self, persona: Persona, threads: int | None = None, layout: object = None) -> None:
        super().__init__(persona, threads)
        self._layout = layout or LAYOUT

    def measure(self, picture: ByteArray) -> Features | None:
        if picture.std() < 5:
            return None
        middles = picture[..., 0].reshape(4, 8, 4, 8)[:, 2:6, :, 2:6].mean(axis=(1, 3))
        return features_of(((middles - 128) / 28).ravel().astype(np.float32), self._layout)  # type: ignore[arg-type]

    def close(self) -> None: ...


class FakeFeaturizer:
    """Sees seed 7 in every frame but the first."""

    def __init__(self, mode: str, vector: object, *, crops: bool = False) -> None:
        self._layout = vector.layout  # type: ignore[attr-defined]

    def __call__(self, frame: Frame) -> Features | None:
        return features_of(seed_latent(7, 16), self._layout) if frame.sequence else None

    def __enter__(self) -> FakeFeaturizer:
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def models(tmp_path: Path, without_drawing: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny persona with an inverter and two contenders, and boards in place of faces."""
    for module in (comparison_film, compare, ablation, trial):
        monkeypatch.setattr(module, "FaceDrawer", BoardDrawer)
    monkeypatch.setattr(comparison_film, "Featurizer", FakeFeaturizer)
    write_tiny_persona(tmp_path / "tiny")
    for kind in ((), ("--kind", "ridge"), ("--kind", "linear@original342")):
        assert train(["--model", "tiny", "--count", "1000", "--workers", "1", *kind], tmp_path) == 0
    return tmp_path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "viewer.mp4", [120] * FRAMES)


def test_a_film_shows_the_viewer_and_every_answer(
    models: Path, video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, figures = models / "out.mp4", models / "out.json"
    names = "shipped,ridge,linear@original342"
    command = ["--model", "tiny", "--inverters", names, "--source", str(video), "--output", str(output)]
    assert compare.main([*command, "--json", str(figures)], models) == 0
    with av.open(str(output)) as opened:
        frames = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    assert len(frames) == FRAMES
    assert frames[0].shape == (SIDE_PX + 2 * GAP_PX + comparison_film.CAPTION_PX, 4 * (SIDE_PX + GAP_PX) + GAP_PX, 3)
    board = BoardDrawer(Persona.open(models / "tiny")).draw(seed_latent(7, 16)[None])[0]
    for column in (2, 3):  # both regressions find the very face
        assert np.abs(fields_of(panel_at(frames[-1], column)) - board[4::8, 4::8, 0]).max() < 12
    assert frames[0][GAP_PX : GAP_PX + SIDE_PX, -GAP_PX - SIDE_PX : -GAP_PX].std() < 3, "nobody was there yet"
    said = json.loads(figures.read_text())
    assert set(said) == {"shipped", "ridge", "linear@original342"}
    assert said["ridge"]["shape_rmse"] < 0.3 and said["ridge"]["speed_deg_s"] < 1
    assert "| linear@original342 | 0." in capsys.readouterr().out


def panel_at(frame: ByteArray, column: int) -> ByteArray:
    return frame[GAP_PX : GAP_PX + SIDE_PX, GAP_PX + column * (SIDE_PX + GAP_PX) :][:, :SIDE_PX]


def fields_of(panel: ByteArray) -> FloatArray:
    """The levels (4, 4) of a board."""
    fields = panel.reshape(4, SIDE_PX // 4, 4, SIDE_PX // 4, 3)[:, 30:66, :, 30:66].mean(axis=(1, 3, 4))
    return fields.astype(np.float32)


def test_another_viewer_is_answered_at_once(models: Path, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def see(self: FakeFeaturizer, frame: Frame) -> Features:
        seed = 7 if frame.sequence < FRAMES - 1 else 8
        return replace(features_of(seed_latent(seed, 16), self._layout), identity=seed)

    monkeypatch.setattr(FakeFeaturizer, "__call__", see)
    persona = Persona.open(models / "tiny")
    methods = open_methods(persona, ["ridge"])
    with comparison_film.SideBySide(
        persona, methods, ablation.scale_of(persona, BoardDrawer(persona)), False
    ) as side_by_side:
        frames = [picture for picture, _ in side_by_side.pictures(video)]
    for frame, seed in ((frames[-2], 7), (frames[-1], 8)):
        board = BoardDrawer(persona).draw(seed_latent(seed, 16)[None])[0]
        assert np.abs(fields_of(panel_at(frame, 1)) - board[4::8, 4::8, 0]).max() < 12


def test_features_are_calmed_before_they_are_answered(
    models: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A face that trembles in one number by as much as a face can is not answered by one that runs about."""
    smile = LAYOUT.index("expression.smile")

    def see(self: FakeFeaturizer, frame: Frame) -> Features:
        face = features_of(seed_latent(7, 16), self._layout)
        vector = face.vector.copy()
        vector[smile] += 40.0 * (-1) ** frame.sequence
        return replace(face, vector=vector)

    monkeypatch.setattr(FakeFeaturizer, "__call__", see)
    persona = Persona.open(models / "tiny")
    scale = ablation.scale_of(persona, BoardDrawer(persona))
    asked: list[FloatArray] = []

    class Listening:
        typicality = nearness = 1.0
        needs_crop = False

        def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
            asked.append(vector)
            return seed_latent(7, 16)

        def reset(self) -> None: ...

    with comparison_film.SideBySide(persona, [Method("listening", Listening(), LAYOUT)], scale, False) as side_by_side:
        list(side_by_side.pictures(video))
    said = np.array([vector[smile] for vector in asked])
    assert len(said) == FRAMES and np.abs(np.diff(said)).max() < 1.0


def test_an_answer_without_a_face_is_told_from_no_answer(
    models: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    persona = Persona.open(models / "tiny")
    scale = ablation.scale_of(persona, BoardDrawer(persona))
    monkeypatch.setattr(BoardDrawer, "measure", lambda self, picture: None)
    with comparison_film.SideBySide(persona, open_methods(persona, ["ridge"]), scale, False) as side_by_side:
        told = [side_by_side._panels[0].caption()[1] for _ in side_by_side.pictures(video)]
    assert told == ["nobody yet"] + ["no face in it"] * (FRAMES - 1)


def test_a_film_without_a_face_is_told(
    models: Path, video: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(FakeFeaturizer, "__call__", lambda self, frame: None)
    command = ["--model", "tiny", "--source", str(video), "--output", str(models / "out.mp4")]
    assert compare.main(command, models) == DeviceError.exit_status
    assert "no face was found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ("shipped,shipped", "--inverters takes 1 to 6 different names"),
        ("svm", "there is no kind of inverter 'svm'"),
        ("knn", "knn.safetensors is missing: run `python -m tools.train_inverter --model tiny --kind knn`"),
    ],
)
def test_bad_names_are_one_sentence(
    models: Path, video: Path, capsys: pytest.CaptureFixture[str], names: str, complaint: str
) -> None:
    output = models / "out.mp4"
    capsys.readouterr()
    command = ["--model", "tiny", "--inverters", names, "--source", str(video), "--output", str(output)]
    assert compare.main(command, models) != 0
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1 and not output.exists()


def test_the_steps_from_2019_are_set_side_by_side(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = models / "steps.json"
    assert evaluate.main(["--model", "tiny", "--steps", "--count", "40", "--json", str(path)], models) == 0
    found = json.loads(path.read_text())["steps"]["synthetic"]
    assert set(found) == {"ridge", "shipped"}
    assert found["ridge"]["recall_at_1"] == 1 and found["ridge"]["shape_rmse"] < found["shipped"]["shape_rmse"]
    assert found["ridge"]["trembling_deg_s"] > 0
    out = capsys.readouterr().out
    assert "not fitted: knn" in out and "| ridge | 100.0% |" in out
