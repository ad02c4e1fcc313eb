"""`python -m tools.evaluate_gan`, from drawing to report, and what it says when something is wrong."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.weight_file import read_network, write_network
from engine.types import ByteArray, Features, FloatArray
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import PLACEMENT
from tests.tools.portraits import cloud, write_clouds
from tools import evaluate_gan
from tools.evaluate_gan import main, report_name
from tools.reporting.json_file import write_json
from tools.reporting.model_card import EVALUATION

CONTRACT = {"detection", "swd", "kid", "coverage", "recall", "nn_ratio", "kimg"}
IN_FEATURES = ("kid", "precision", "recall", "density", "coverage", "mahalanobis", "yaw_asymmetry_deg")


class FakeDrawer:
    """In place of `draw_bank.FaceDrawer`: draws clouds that a latent chooses, and finds a face in each.

    Its features are 240 fixed mixtures of an 8 px thumbnail.
    """

    size_px = 16

    def __init__(self, persona: Persona, threads: int) -> None:
        self.generator = self

    def draw(self, z: FloatArray) -> ByteArray:
        return np.stack([cloud(zlib.crc32(row.tobytes()), self.size_px) for row in z])

    def measure(self, picture: ByteArray) -> Features | None:
        small = picture.reshape(8, 2, 8, 2, 3).mean(axis=(1, 3)).ravel() / 255
        mix = np.random.default_rng(1).standard_normal((len(small), 240))
        vector = (small @ mix).astype(np.float32)
        return Features(vector, PLACEMENT, np.zeros((478, 3), np.float32), 0.0, 0.0, 0.0, 0)

    def __enter__(self) -> FakeDrawer:
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def faces_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_gan, "FaceDrawer", FakeDrawer)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    write_tiny_persona(tmp_path / "models" / "tiny")
    return tmp_path / "models"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_clouds(tmp_path / "clouds.zip", 300, size_px=32)


def evaluated(models: Path, data: Path, *more: str) -> tuple[int, Any]:
    """Exit status, and the JSON if there is any."""
    file = models.parent / "figures.json"
    options = [*more, "--data", str(data), "--count", "60", "--json", str(file)]
    status = main(options, models, models.parent / "reports")
    return status, json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def test_a_generator_that_draws_no_faces_is_measured_as_far_as_it_goes(
    models: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is faked here: the tiny persona's generator, and FaceMesh on its clouds."""
    status, figures = evaluated(models, data, "--model", "tiny")
    assert status == 0
    assert set(figures) >= CONTRACT
    assert figures["detection"] == 0 and figures["kimg"] is None
    assert all(figures[name] is None for name in IN_FEATURES)
    assert figures["path_per_degree"] is None
    assert figures["swd"]["average"] > 3 * figures["swd"]["floor"] > 0
    assert list(figures["swd"]["levels"]) == ["16"]
    assert figures["random_network"]["kid"] > figures["real"]["random_network"]["kid_interval"][1]
    assert figures["pixels"]["coverage"] < 0.5 < figures["real"]["pixels"]["coverage"]
    shown = capsys.readouterr().out
    assert re.search(r"faces found +0\.0% .*missed", shown)
    assert re.search(r"coverage +- ", shown)
    page = (models.parent / "reports" / "generator-tiny.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") == 2 + 20 and 'src="http' not in page
    assert "finds too few faces in the portraits" in page and "finds too few faces in the portraits" in shown


@pytest.mark.usefixtures("faces_everywhere")
def test_a_good_generator_reaches_the_aims(models: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, figures = evaluated(models, data, "--model", "tiny")
    assert status == 0
    assert figures["detection"] == 1
    assert figures["kid_interval"][0] < 0.3 and figures["coverage"] > 0.8 and figures["recall"] > 0.6
    assert figures["swd"]["ratio"] < 2
    assert figures["nn_ratio"] == pytest.approx(1, abs=0.1)
    assert figures["mahalanobis"]["implausible"] < 0.3
    assert figures["path_per_degree"] > 0
    assert (figures["count"], figures["seed"], figures["data"]) == (60, 0, "clouds.zip")
    page = (models.parent / "reports" / "generator-tiny.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 5
    assert "reached" in capsys.readouterr().out


@pytest.mark.usefixtures("faces_everywhere")
def test_the_card_gets_the_figures(models: Path, data: Path) -> None:
    for _ in range(2):
        assert evaluated(models, data, "--model", "tiny", "--no-report", "--card")[0] == 0
    card = (models / "tiny" / "card.md").read_text(encoding="utf-8")
    assert card.startswith("# Tiny 0\n\n## Evaluation\n") and card.count(EVALUATION.begin) == 1
    text = EVALUATION.within(card) or ""
    sha = Persona.open(models / "tiny").generator_sha256
    assert text.startswith(f"Generator `{sha[:12]}`: 60 pictures, seeds from 0, against `clouds.zip`.")
    assert "| faces found | 100.0% | 100.0% | ≥ 98.0% | reached |" in text


@pytest.mark.usefixtures("faces_everywhere")
def test_snapshots_are_set_beside_each_other(models: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options: list[str] = []
    for kimg in (100, 200):
        path = models.parent / str(kimg) / "average.safetensors"
        path.parent.mkdir()
        settings, arrays = read_network(models / "tiny" / "generator.safetensors", GeneratorSettings)
        write_network(path, settings, arrays, notes={"kimg": f"{kimg}.04"})
        options += ["--generator", str(path)]
    status, several = evaluated(models, data, *options, "--no-report")
    assert status == 0
    assert [figures["generator"] for figures in several] == ["100/average", "200/average"]
    assert [figures["kimg"] for figures in several] == [100.04, 200.04]
    assert several[0]["swd"] == several[1]["swd"]  # the same weights, seeds and references
    rows = capsys.readouterr().out.splitlines()[-3:]
    assert rows[0].split()[:4] == ["generator", "kimg", "faces", "SWD"]
    assert rows[1].split()[:3] == ["100/average", "100", "100.0%"]
    assert not (models.parent / "reports").exists()


def test_what_is_wrong_is_said_in_a_sentence(models: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = models.parent / "damaged.zip"
    damaged.write_bytes(data.read_bytes()[:-500])
    for options, status, sentence in (
        (["--model", "nobody", "--data", str(data)], 5, r"there is no persona 'nobody' in .*models: there are tiny"),
        (["--generator", "gone.safetensors", "--data", str(data)], 5, "gone.safetensors is missing"),
        (["--model", "tiny", "--data", "gone.zip"], 4, "there is no portrait set gone.zip"),
        (["--model", "tiny", "--data", str(damaged)], 4, "damaged.zip cannot be used: it is damaged or no zip file"),
        (
            ["--model", "tiny", "--data", str(data), "--json", "/gone/x.json"],
            4,
            "/gone.* cannot be written: No such file",
        ),
        (["--model", "tiny", "--data", str(data), "--json", str(models)], 4, "models is a folder; --json takes"),
    ):
        assert main(options, models, models.parent) == status
        error = capsys.readouterr().err
        assert re.search(sentence, error) and error.count("\n") == 1


@pytest.mark.usefixtures("faces_everywhere")
def test_portraits_smaller_than_the_pictures_are_refused(
    models: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_persona(models / "large", resolution=64)
    assert main(["--model", "large", "--data", str(data)], models, models.parent) == 4
    assert "holds portraits of 32 px and the generator draws 64 px: take a set of 64 px" in capsys.readouterr().err


def test_a_place_without_room_for_the_report_is_found_before_the_work(
    models: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = models.parent / "reports"
    taken.write_text("a file where the folder should be")
    status, figures = evaluated(models, data, "--model", "tiny")
    assert (status, figures) == (4, None)
    assert re.fullmatch(r"evaluate_gan: .*reports cannot be written: .*\n", capsys.readouterr().err)


@pytest.mark.parametrize("options", [["--count", "3"], ["--count", "5001"], ["--seed", "-1"], []])
def test_options_out_of_range_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    model = ["--model", "tiny"] if options else []
    with pytest.raises(SystemExit, match="2"):
        main([*model, "--data", "x.zip", *options])
    assert "must be" in capsys.readouterr().err or not options


def test_json_holds_null_for_what_is_unknown_and_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"a": None, "b": [1 / 3, 2], "c": {"d": "text"}})
    assert json.loads(path.read_text()) == {"a": None, "b": [0.333333, 2], "c": {"d": "text"}}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert [item.name for item in tmp_path.iterdir()] == ["x.json"]
    assert json.loads(path.read_text())["a"] is None


def test_a_report_has_a_name_that_is_a_file_name() -> None:
    assert report_name("../strange name/average") == "generator-..-strange-name-average.html"
