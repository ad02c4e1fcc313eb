"""`python -m tools.evaluate`, end to end on drawn boards in place of faces, and its answers to bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import ByteArray
from tests.conftest import ROOT
from tests.pipeline.test_attribute_follower import FakeReader
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import PaintingDrawer, without_drawing
from tests.tools.portraits import encode, label
from tools import evaluate, train_inverter
from tools.dataset.portrait_set import write_portraits
from tools.evaluate import main
from tools.likeness import face_recognizer, motion_trial
from tools.likeness.table import ROWS

__all__ = ["without_drawing"]

CONTRACT = {
    "nme",
    "yaw_mae_deg",
    "pitch_mae_deg",
    "expression_r",
    "skin_delta_e",
    "gain",
    "skill",
    "recall_at_1",
    "jitter_deg_s",
    "lag_ms",
    "detected",
}
REFERENCES = {"value", "random", "fixed", "oracle", "floor", "value_searched", "value_stayed"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny persona with an inverter, and one without."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_persona(folder / "tiny")
    write_tiny_persona(folder / "bare")
    (folder / "features").symlink_to(ROOT / "models" / "features")  # which judge portraits
    with pytest.MonkeyPatch.context() as patch:
        without_drawing.__wrapped__(patch)  # type: ignore[attr-defined]
        assert train_inverter.main(["--model", "tiny", "--count", "1000", "--workers", "1"], folder) == 0
    return folder


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    paint(monkeypatch)


def paint(patch: pytest.MonkeyPatch) -> None:
    """Boards in place of faces, and few of them in clips."""
    patch.setattr(evaluate, "FaceDrawer", PaintingDrawer)
    patch.setattr(motion_trial, "STILL_VIEWERS", 2)
    patch.setattr(motion_trial, "TURNING_VIEWERS", 2)


@pytest.fixture(scope="module")
def data(models: Path) -> Path:
    """Thirty portraits in `val`, every third black and white; one of the others shows no face."""
    persona = Persona.open(models / "tiny")
    pictures: ByteArray = PaintingDrawer(persona).draw(seed_latents(range(40_000_000, 40_000_030), 16))
    pictures[4] = 90
    path = models.parent / "boards.zip"
    write_portraits(path, ((label(i, split="val"), encode(picture)) for i, picture in enumerate(pictures)))
    return path


def evaluated(models: Path, folder: Path, *more: str) -> Any:
    """The JSON."""
    path = folder / "figures.json"
    assert main(["--model", "tiny", "--count", "40", "--oracle", "4", "--json", str(path), *more], models) == 0
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole(models: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """The JSON and the page of an evaluation with portraits."""
    folder = tmp_path_factory.mktemp("whole")
    page = folder / "likeness.md"
    with pytest.MonkeyPatch.context() as patch:
        paint(patch)
        patch.setattr(face_recognizer, "PACKAGE", "a_package_that_nobody_has")
        measured = evaluated(models, folder, "--portraits", str(data), "--markdown", str(page))
    return measured, page.read_text(encoding="utf-8")


def test_every_measure_with_its_references(whole: tuple[Any, str]) -> None:
    measured, _ = whole
    assert list(measured) == ["synthetic", "real", "real_mono"]
    assert [measured[kind]["viewers"]["value"] for kind in measured] == [40, 19, 10]
    for kind in measured.values():
        assert set(kind) >= CONTRACT | {
            "mrr",
            "lips_delta_e",
            "hair_delta_e",
            "diversity_deg",
            "mirror",
            "pixel_jitter",
        }
        assert all(set(entry) - {"reason"} == REFERENCES for entry in kind.values())
        assert_references_are_in_order(kind)
        for name in ("attributes", "attribute_flips", "realism"):
            assert kind[name]["value"] is None and kind[name]["reason"]


def test_the_page_has_a_table_of_each_kind(whole: tuple[Any, str]) -> None:
    _, page = whole
    for row in ROWS:
        assert len(re.findall(rf"^\| {re.escape(row.title)} +\|", page, re.MULTILINE)) == 3
    assert "10 viewers; a face is found in 10 of 10 pictures, the oracle searched for 4 of them." in page
    assert "19 viewers; a face is found in 19 of 20 pictures" in page
    assert re.search(r"\| faces found +\| 100\.0% .*\| +≥ 99\.0% \| reached +\|", page)
    assert "realism: the persona has no discriminator" in page and "-0.00" not in page


def assert_references_are_in_order(kind: dict[str, dict[str, Any]]) -> None:
    """What a nearest neighbour must do: better than any face and the best one, worse than the search and the floor."""
    skill = kind["skill"]
    assert skill["random"] < skill["fixed"] == pytest.approx(0, abs=1e-6)
    assert skill["fixed"] < skill["value"] and skill["value"] < skill["floor"]
    assert skill["value_searched"] < skill["oracle"] and kind["error_over_oracle"]["value"] > 1
    assert skill["value_searched"] < skill["value_stayed"]
    assert kind["pixel_jitter"]["value"] > 0 and kind["landmark_jitter"]["value"] > 0
    assert kind["nme"]["random"] > kind["nme"]["value"] > kind["nme"]["floor"] > 0
    assert kind["gain"]["floor"]["shape"] == pytest.approx(1, abs=0.05)
    assert abs(kind["gain"]["fixed"]["shape"]) < 1e-6 < kind["gain"]["value"]["shape"]
    assert kind["recall_at_1"]["floor"] == 1
    assert kind["mirror"]["value"]["yaw"] > 0.3
    assert kind["jitter_deg_s"]["value"] > kind["jitter_deg_s"]["floor"] == pytest.approx(0, abs=0.05)
    assert 80 < kind["diversity_deg"]["value"] < 100


@pytest.mark.usefixtures("painted")
def test_the_same_seeds_make_the_same_figures(models: Path, tmp_path: Path, whole: tuple[Any, str]) -> None:
    again = evaluated(models, tmp_path)
    assert list(again) == ["synthetic"]
    before = dict(whole[0]["synthetic"])
    for name in ("inverter_ms_p99", "inverter_first_ms"):
        del before[name], again["synthetic"][name]
    assert again["synthetic"] == before


@pytest.mark.usefixtures("painted")
def test_a_discriminator_judges_realism_and_the_oracle_may_be_left_out(models: Path, tmp_path: Path) -> None:
    persona = write_tiny_persona(tmp_path / "judged", resolution=32, discriminator=True)
    for name in ("generator", "inverter"):
        (persona / f"{name}.safetensors").write_bytes((models / "tiny" / f"{name}.safetensors").read_bytes())
    path = tmp_path / "figures.json"
    assert main(["--model", "judged", "--count", "12", "--oracle", "0", "--json", str(path)], tmp_path) == 0
    measured = json.loads(path.read_text())["synthetic"]
    assert 10 < measured["realism"]["value"] < 90 and measured["realism"]["random"] == 50  # drawn among drawn faces
    assert all(entry["oracle"] in (None, 0) for entry in measured.values())
    assert measured["expression_r"]["value"] is not None


@pytest.mark.usefixtures("painted")
def test_where_attributes_are_read_they_are_compared_and_watched(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PaintingDrawer, "reader", FakeReader())
    path = tmp_path / "figures.json"
    assert main(["--model", "tiny", "--count", "12", "--oracle", "3", "--json", str(path)], models) == 0
    measured = json.loads(path.read_text())["synthetic"]
    kept = measured["attributes"]
    assert set(kept["value"]) == {"gender", "age", "age_near"} and "reason" not in kept
    assert kept["value"]["age"] >= kept["fixed"]["age"] and kept["floor"]["age"] > 0.8
    assert kept["oracle"]["age_near"] is not None
    assert measured["attribute_flips"]["value"] == 0  # a reader that always says the same


@pytest.mark.usefixtures("painted")
def test_a_baseline_is_written(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "tiny", "--baseline"], models) == 0
    assert re.search(r"rmse\.shape +0\.\d{4}", capsys.readouterr().out)
    assert json.loads((models / "tiny" / "likeness.json").read_text())["count"] == 100


@pytest.mark.usefixtures("painted")
def test_what_is_wrong_is_said_in_a_sentence(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.zip"
    plain = np.full((32, 32, 3), 90, np.uint8)
    write_portraits(empty, ((label(index, split="val"), encode(plain)) for index in range(5)))
    for options, status, sentence in (
        (["--model", "nobody"], 5, "there is no persona 'nobody'"),
        (
            ["--model", "bare"],
            5,
            r"inverter.safetensors is missing, and there is no encoder either: run .*train_inverter --model bare",
        ),
        (["--model", "tiny", "--portraits", "gone.zip"], 4, "there is no portrait set gone.zip"),
        (["--model", "tiny", "--portraits", str(empty), "--split", "train"], 4, "has no portrait in the split 'train'"),
        (["--model", "tiny", "--json", str(models)], 4, "models.* is a folder; name a file"),
        (["--model", "tiny", "--json", "/gone/x.json"], 4, "there is no folder /gone"),
        (
            ["--model", "tiny", "--count", "5", "--oracle", "0", "--portraits", str(empty)],
            4,
            "empty.zip has fewer than 3 portraits with a detectable face of any kind",
        ),
    ):
        assert main(options, models) == status
        assert re.search(sentence, capsys.readouterr().err)


@pytest.mark.parametrize("options", [["--count", "2"], ["--count", "1001"], ["--oracle", "-1"], ["--split", "test"]])
def test_options_out_of_range_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--model", "tiny", *options])
    assert "must be" in capsys.readouterr().err or options[0] == "--split"
