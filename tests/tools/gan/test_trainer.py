"""A training: it goes on as if it had not been stopped, from other trainers too; grows, widens, learns, ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.errors import DeviceError
from tests.conftest import ROOT
from tests.tools.portraits import label, write_clouds
from tools.dataset.portrait_set import PortraitSet
from tools.gan.data_loader import Batches, Portraits
from tools.gan.trainer import read_splits

pytestmark = pytest.mark.timeout(400)  # twenty seconds of one core, which a busy machine makes long

MEASURES = {"rec", "pix", "face", "find", "spread", "heads", "held_out", "another", "ratio", "trained_ratio"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a training told of itself; see `scenario.py`."""
    command = (sys.executable, "-m", "tests.tools.gan.scenario", str(tmp_path_factory.mktemp("scenario")))
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=380)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_step_trains_what_it_should(told: dict[str, Any]) -> None:
    moments = ["discriminator_moments", "generator_moments", "heads_moments"]
    assert told["changed"] == sorted(["average", "discriminator", "generator", "heads", "vectors", *moments])
    assert set(told["measures"]) >= MEASURES and all(np.isfinite(list(told["measures"].values())))
    assert 0 < told["measures"]["spread"] < 1 and told["measures"]["find"] == 0
    assert not told["looking_changes"]


def test_resumed_it_takes_the_same_step_as_uninterrupted(told: dict[str, Any]) -> None:
    assert told["resumed_differs"] == 0 and told["resumed_progress"]


def test_it_goes_on_from_what_another_trainer_left(told: dict[str, Any]) -> None:
    assert told["shared"] == [1.5, 0, 16, 7.0] and told["begins_at_average"]
    assert told["pilot_direct"] == 0  # an encoder of the earlier kind goes on as what it is


def test_it_goes_on_from_the_state_that_ships(told: dict[str, Any]) -> None:
    assert told["shipped"] == [128, True, True]


def test_wider_or_larger_it_draws_what_it_drew(told: dict[str, Any]) -> None:
    assert told["drawn_spread"] > 0.05
    assert told["widened_differs"] < 1e-4 and told["grown_differs"] < 1e-5
    assert told["widened_to"] == 16 and told["wide_critic"] == 8
    assert told["widening_moves"] > 0.1  # the copies differ, or they could never part


def test_what_cannot_go_on_is_one_sentence(told: dict[str, Any]) -> None:
    wanted = {
        "encoder": r"encoder.safetensors cannot be used: it is another encoder, which has \(3,\) as 'hidden.bias'",
        "heads": r"heads.safetensors cannot be used: it is cut short",
        "mixing": "heads.safetensors cannot be used: it lacks the mixing",
        "nan": "4x4/Dense1/bias holds a number that is not finite",
        "other": "its discriminator|fmap_base is 32 in its generator and 64 in its discriminator",
        "state": "its state.json says resolution 64, its average has 8",
        "fused": "average beside it|another form|another network",
        "absent": r"no training can go on from .*: there is no state.json",
        "fmap_base": "has fmap_base 32, which cannot become 64",
        "resolution": "is trained for 8 px, which cannot become 4",
        "widen": "--widen 40: the generator has 8 channels at most, and can be given up to 16",
        "no_network": "no network can be made: fmap_base 1 leaves no feature map",
    }
    assert told["refusals"].keys() == wanted.keys()
    for name, pattern in wanted.items():
        assert re.search(pattern, told["refusals"][name]), told["refusals"][name]
        assert "\n" not in told["refusals"][name]


def test_a_training_that_diverges_ends_and_saves_nothing(told: dict[str, Any]) -> None:
    pattern = r"diverged after .* nan.*; .*checkpoint-0000002 is intact: go on from it with a lower --learning-rate"
    assert re.search(pattern, told["diverged"]) and told["kept"] == ["checkpoint-0000002"]
    assert "average/4x4/Dense/weight holds a number that is not finite); nothing was saved" in told["infinite"]


def test_a_session_reports_saves_and_draws(told: dict[str, Any]) -> None:
    name, step, reported = told["session"]
    assert (name, step) == ("checkpoint-0000008", 8) and reported == [3, 6, 8]
    assert told["lines"][0]["pictures_per_s"] == pytest.approx(8 / 20) and told["lines"][0]["size_px"] == 8
    assert {"viewers.png", "preview.png", "metrics.jsonl", name} <= set(told["files"])
    names = ("average", "encoder")
    assert told["snapshot"] == [f"training/snapshots/00000kimg/{name}.safetensors" for name in names]
    factors = told["factors"]  # warming up, and falling in the last minute
    assert factors[0] == pytest.approx(1 / 60) and factors[1] == pytest.approx(2 / 60)
    assert factors[-1] == pytest.approx(8 / 60 * 10 / 60)


def test_an_encoder_is_computed_before_it_begins(told: dict[str, Any]) -> None:
    assert told["computed"] == [8, 9, 12, 13]  # `direct` is computed, and `latent` is 0: `hidden` may be trained later


def test_what_it_draws_of_held_out_portraits_comes_nearer(told: dict[str, Any]) -> None:
    before, after = told["nearer"]
    assert after < before


def test_portraits_that_are_too_small_and_empty_splits_are_told(tmp_path: Path) -> None:
    clouds = write_clouds(tmp_path / "clouds.zip", 6)
    with pytest.raises(DeviceError, match=r"cannot train a network of 32 px: .*16 px.*; give --resolution"):
        read_splits(clouds, 32)
    with pytest.raises(DeviceError, match="no portrait in the split 'val'"):
        read_splits(write_clouds(tmp_path / "few.zip", 3), 8)


def _columns() -> PortraitSet:
    """Three portraits, of each kind one, whose bright left column says which it is."""
    pictures = np.zeros((3, 4, 4, 3), np.uint8)
    pictures[:, :, 0] = np.array([10, 20, 30])[:, None, None]
    return PortraitSet(tuple(label(index, split="train") for index in range(3)), pictures)


def test_portraits_are_drawn_by_their_kind_and_mirrored_half_of_the_time() -> None:
    drawn = Portraits(_columns()).draw(4000, 4, np.random.default_rng(0))
    share = [(drawn.max((1, 2, 3)) == value).mean() for value in (10, 20, 30)]
    np.testing.assert_allclose(share, np.array([1, 0.3, 0.1]) / 1.4, atol=0.03)
    assert 0.46 < (drawn[:, 0, 0, 0] == 0).mean() < 0.54


def test_a_batch_has_latents_for_what_is_not_reflected() -> None:
    batches = Batches(Portraits(_columns()), count=16, mirrored=12, latent_size=512, seed=1)
    state = batches.random_state
    batch = batches.draw(4)
    assert batch.latents.shape == (4, 512) and batch.jitter.shape[0] == batch.penalty_augmentation.shape[0] == 12
    np.testing.assert_allclose(np.linalg.norm(batch.latents, axis=1), 512**0.5, rtol=1e-5)
    batches.random_state = state
    assert np.array_equal(batches.draw(4).latents, batch.latents)
