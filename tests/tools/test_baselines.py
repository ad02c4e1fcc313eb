"""Contenders: what each kind answers on faces that depend linearly on their latents, their files, and going on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.inversion.latent_bank import DrawnFaces
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import angle_deg, seed_latents
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import features_of, without_drawing
from tools import train_inverter
from tools.baselines import fitting, predictors
from tools.baselines.baseline import Baseline, baseline_path, open_baseline, read_baseline, write_baseline
from tools.baselines.fitting import fit_baseline
from tools.baselines.methods import FROM_2019_ON, SHIPPED, steps_from_2019
from tools.baselines.registry import KINDS, MEMBERS, BaselineName

__all__ = ["without_drawing"]

LATENT_SIZE = 16
UNSEEN = seed_latents(range(5000, 5040), LATENT_SIZE)


@pytest.fixture
def persona(tmp_path: Path) -> Persona:
    return Persona.open(write_tiny_persona(tmp_path / "tiny"))


def faces(count: int = 600) -> DrawnFaces:
    seeds = np.arange(count)
    vectors = np.stack([features_of(z).vector for z in seed_latents(seeds, LATENT_SIZE)])
    return DrawnFaces(seeds, vectors, np.zeros((count, 4), np.float32), count)


def silent(_: str) -> None: ...


def error_deg(baseline: Baseline) -> float:
    """Mean angle between answers to faces that it never saw and their latents; a random answer has 90."""
    found = np.stack([baseline(features_of(z).vector) for z in UNSEEN])
    assert found.dtype == np.float32 and np.allclose(np.linalg.norm(found, axis=1), 4, atol=1e-3)
    return float(np.mean(angle_deg(found, UNSEEN)))


@pytest.mark.parametrize(
    ("kind", "most_deg"), [("linear", 1), ("ridge", 6), ("completed", 40), ("knn", 45), ("forest", 65), ("mlp-64", 40)]
)
def test_each_kind_finds_latents_back(
    persona: Persona, kind: str, most_deg: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "LEAST_IN_LEAF", 3)
    fit_baseline(persona, BaselineName(kind), faces(), silent, epochs=120)
    baseline = open_baseline(persona, BaselineName(kind))
    assert error_deg(baseline) < most_deg
    assert baseline.typicality == baseline.nearness == 0
    baseline.reset()


def test_the_completed_answer_keeps_the_prediction_and_has_full_length(persona: Persona) -> None:
    for kind in ("ridge", "completed"):
        fit_baseline(persona, BaselineName(kind), faces(), silent)
    arrays, _ = read_baseline(persona, BaselineName("ridge"))
    arrays["weight0"] *= 0.3  # as short as such means are on a real generator
    x = np.random.default_rng(1).standard_normal(len(arrays.pop("mean"))).astype(np.float32)
    arrays.pop("sd")
    short, full = predictors.dense(arrays)(x), predictors.completed(arrays)(x)
    assert np.linalg.norm(short) < 4 and np.linalg.norm(full) == pytest.approx(4, rel=1e-4)
    assert float(full @ short) == pytest.approx(float(short @ short), rel=1e-3)


def test_a_forest_in_numpy_answers_as_scikit_learn_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.ensemble import RandomForestRegressor

    monkeypatch.setattr(fitting, "TREES", 3)
    drawn = faces(200)
    x, z = drawn.vectors, seed_latents(drawn.seeds, LATENT_SIZE)
    kept: list[RandomForestRegressor] = []
    fit = RandomForestRegressor.fit
    monkeypatch.setattr(RandomForestRegressor, "fit", lambda self, *pair: kept.append(fit(self, *pair)))
    ours = predictors.forest({key: np.asarray(value, np.float32) for key, value in fitting._fit_forest(x, z).items()})
    assert np.allclose([ours(row) for row in x[:20]], kept[-1].predict(x[:20]), atol=1e-4)


def test_an_ensemble_is_the_direction_between_its_members(persona: Persona) -> None:
    name = BaselineName("ensemble")
    fit_baseline(persona, name, faces(150), silent, epochs=2)
    vector = features_of(UNSEEN[0]).vector
    parts = [open_baseline(persona, BaselineName(kind))(vector) for kind in MEMBERS]
    assert float(angle_deg(open_baseline(persona, name)(vector), np.sum(parts, axis=0))) < 0.1


def test_a_fitting_that_was_stopped_goes_on(persona: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    name, written = BaselineName("mlp-64"), []

    def write_and_stop(*arguments: object) -> Path:
        written.append(write_baseline(*arguments))  # type: ignore[arg-type]
        if len(written) == 3:
            raise KeyboardInterrupt
        return written[-1]

    monkeypatch.setattr(fitting, "write_baseline", write_and_stop)
    with pytest.raises(KeyboardInterrupt):
        fit_baseline(persona, name, faces(150), silent, epochs=5)
    with pytest.raises(ModelError, match=r"only partly fitted: run `python -m tools.train_inverter .* --kind mlp-64`"):
        open_baseline(persona, name)
    weights = read_baseline(persona, name)[0]["weight0"]
    fit_baseline(persona, name, faces(150), silent, epochs=5)
    assert len(written) == 3 + 2 + 1  # two epochs and the whole
    moved = float(np.abs(read_baseline(persona, name)[0]["weight0"] - weights).max())
    assert 0 < moved < 0.05, "it went on from the weights that were there"


def test_what_cannot_be_opened_is_told(persona: Persona) -> None:
    name = BaselineName("ridge")
    with pytest.raises(ModelError, match=r"ridge\.safetensors is missing: run"):
        open_baseline(persona, name)
    fit_baseline(persona, name, faces(), silent)
    baseline_path(persona, name).rename(baseline_path(persona, BaselineName("linear")))
    with pytest.raises(ModelError, match="is for another generator, layout or program"):
        open_baseline(persona, BaselineName("linear"))
    shapes = {"mean": (3,), "sd": (3,), "weight0": (3, 5), "bias0": (5,)}
    arrays = {key: np.zeros(shape, np.float32) for key, shape in shapes.items()}
    write_baseline(persona, name, arrays, {})
    with pytest.raises(ModelError, match="is damaged"):
        open_baseline(persona, name)


@pytest.mark.parametrize(
    ("text", "complaint"), [("svm", "no kind of inverter 'svm'"), ("knn@13", "no layout of features '13'")]
)
def test_a_name_is_checked(text: str, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        BaselineName.parse(text)
    assert all(str(BaselineName.parse(kind)) == kind for kind in KINDS)
    assert str(BaselineName.parse("knn@original342")) == "knn@original342"


@pytest.mark.usefixtures("without_drawing")
def test_the_command_fits_on_either_layout(
    persona: Persona, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fitting, "EPOCHS", 1)
    assert train_inverter.main(["--model", "tiny", "--count", "500", "--workers", "1"], tmp_path) == 0
    for kind in ("knn", "ridge@original342"):
        assert train_inverter.main(["--model", "tiny", "--count", "500", "--kind", kind], tmp_path) == 0
    assert open_baseline(persona, BaselineName.parse("ridge@original342")).layout.size == 342
    methods, missing = steps_from_2019(persona)
    assert [method.title for method in methods] == ["knn", SHIPPED]
    assert missing == [name for name in FROM_2019_ON if name != "knn"]
    assert train_inverter.main(["--model", "tiny", "--kind", "svm"], tmp_path) == 5
    assert "there is no kind of inverter 'svm'" in capsys.readouterr().err
