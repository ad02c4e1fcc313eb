"""A training: it goes on as if it had not been stopped, grows, learns, and stops when it diverges."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DeviceError, ModelError
from engine.networks.persona import load_generator
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.weight_file import read_network, write_network
from tests.tools.gan.tiny import PLAN, training
from tests.tools.portraits import label, write_clouds
from tools.dataset.portrait_set import PortraitSet
from tools.gan.checkpoint import newest_checkpoint
from tools.gan.data_loader import Portraits
from tools.gan.initial_state import begin, exact_arrays, go_on
from tools.gan.trainer import Training, read_splits


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Training, Path]:
    """A training of three steps, saved after the second into the folder `saved`."""
    folder = tmp_path_factory.mktemp("run") / "training"
    going = training(folder)
    for step in range(3):
        going.advance()
        if step == 1:
            shutil.copytree(going.save(), folder.parent / "saved")
    return going, folder.parent


def _values(going: Training) -> dict[str, np.ndarray]:
    exact = exact_arrays(going._generator, going._discriminator, going._state)
    return {name: np.asarray(value) for name, value in exact.items()}


def test_resumed_it_takes_the_same_step_as_uninterrupted(run: tuple[Training, Path]) -> None:
    uninterrupted, folder = run
    resumed = training(folder / "resumed", go_on(folder / "saved", {}))
    resumed.advance()
    assert resumed.progress == uninterrupted.progress
    assert resumed._batches.random_state == uninterrupted._batches.random_state
    assert asdict(resumed.plan) == asdict(uninterrupted.plan)
    expected, found = _values(uninterrupted), _values(resumed)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_looking_at_it_does_not_change_it(run: tuple[Training, Path]) -> None:
    going, _ = run
    random, values = going._batches.random_state, _values(going)
    measures = going.take_measures()
    assert set(measures) >= {"d_loss", "g_loss", "overfitting"} and all(np.isfinite(list(measures.values())))
    assert going._batches.random_state == random
    assert all((value == values[name]).all() for name, value in _values(going).items())


def test_what_it_saves_are_official_networks(run: tuple[Training, Path]) -> None:
    _, folder = run
    settings, _ = read_network(folder / "saved" / "discriminator.safetensors", DiscriminatorSettings)
    model = load_generator(folder / "saved" / "average.safetensors")
    assert (model.settings.resolution, model.settings.latent_size, settings.fmap_base) == (8, 512, 32)
    latents = np.random.default_rng(0).standard_normal((2, 512)).astype(np.float32)
    resumed = training(folder / "drawing", go_on(folder / "saved", {}))
    np.testing.assert_allclose(np.asarray(model(latents)), resumed.draw(latents), atol=0.02)  # float16 against float32


def test_a_snapshot_is_a_generator(run: tuple[Training, Path]) -> None:
    going, _ = run
    assert load_generator(going.write_snapshot()).settings.resolution == 8


def _shared_form(source: Path, target: Path, **state: object) -> Path:
    """What another trainer leaves: networks in float16 without exact parts, few words in state.json, no generator."""
    target.mkdir()
    for name in ("average", "discriminator"):
        shutil.copy(source / f"{name}.safetensors", target)
    content = {"resolution": 8, "fmap_base": 32, "fmap_max": 8, "kimg_per_stage": 2.0, "learning_rate": 0.001}
    (target / "state.json").write_text(json.dumps({**content, "kimg": 1.5, "stage": 1, **state}))
    return target


def test_it_goes_on_from_another_trainer(run: tuple[Training, Path]) -> None:
    _, folder = run
    shared = _shared_form(folder / "saved", folder / "shared")
    beginning = go_on(shared, {"batch": 16})
    assert (beginning.progress.kimg, beginning.progress.step, beginning.progress.count) == (1.5, 0, 0)
    assert (beginning.plan.kimg_per_stage, beginning.plan.learning_rate, beginning.plan.batch) == (2.0, 0.001, 16)
    for mine, average in zip(beginning.state["generator"], beginning.state["average"], strict=True):
        assert (mine == average).all()
    assert all((moment == 0).all() for moment in beginning.state["generator_moments"])


@pytest.mark.parametrize("is_exact", [True, False])
def test_it_grows_keeping_what_it_drew(run: tuple[Training, Path], is_exact: bool) -> None:
    _, folder = run
    source = folder / "saved" if is_exact else _shared_form(folder / "saved", folder / "to_grow")
    grown = go_on(source, {"resolution": 16})
    assert grown.progress.kimg == pytest.approx(0.125 if is_exact else 0.25)  # where the stage of 16 px begins
    going, small = training(folder / "grown", grown), training(folder / "small", go_on(source, {}))
    assert going.stage.level == 4 and going.stage.fade == 0
    latents = np.random.default_rng(0).standard_normal((4, 512)).astype(np.float32)
    enlarged = small.draw(latents).repeat(2, 1).repeat(2, 2)
    np.testing.assert_allclose(going.draw(latents), enlarged, atol=1e-5)
    drawing, average = (_named(grown, part) for part in ("generator", "average"))
    assert (drawing["16x16/Conv0/weight"] == average["16x16/Conv0/weight"]).all()


def _named(beginning: object, part: str) -> dict[str, np.ndarray]:
    exact = exact_arrays(beginning.generator, beginning.discriminator, beginning.state)  # type: ignore[attr-defined]
    return {name.removeprefix(f"{part}/"): value for name, value in exact.items() if name.startswith(f"{part}/")}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"fmap_base": 64}, "has fmap_base 32, which cannot become 64"),
        ({"fmap_max": 4}, "has fmap_max 8, which cannot become 4"),
        ({"resolution": 4}, "trained for 8 px, which cannot become 4"),
    ],
)
def test_what_cannot_change_is_refused(run: tuple[Training, Path], given: dict[str, int], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        go_on(run[1] / "saved", given)


def test_a_foreign_network_is_refused(run: tuple[Training, Path], tmp_path: Path) -> None:
    foreign = _shared_form(run[1] / "saved", tmp_path / "foreign")
    settings, arrays = read_network(foreign / "discriminator.safetensors", DiscriminatorSettings)
    shutil.copy(foreign / "average.safetensors", foreign / "discriminator.safetensors")
    with pytest.raises(ModelError, match=r"discriminator.safetensors cannot be used"):
        go_on(foreign, {})
    write_network(
        foreign / "discriminator.safetensors", settings, {**arrays, "4x4/Dense1/bias": np.full(1, np.nan, "f4")}
    )
    with pytest.raises(ModelError, match=r"4x4/Dense1/bias holds a number that is not finite"):
        go_on(foreign, {})


def test_networks_that_do_not_belong_together_are_refused(run: tuple[Training, Path], tmp_path: Path) -> None:
    foreign = _shared_form(run[1] / "saved", tmp_path / "foreign")
    other = begin({**PLAN, "fmap_base": 64})
    arrays = {f"{layer.name}/{kind}": np.zeros(shape, np.float32)
              for layer in (entry.official for entry in other.discriminator.by_name.values())
              for kind, shape in (("weight", layer.weight_shape), ("bias", layer.bias_shape))}  # fmt: skip
    write_network(foreign / "discriminator.safetensors", other.discriminator.settings, arrays)
    with pytest.raises(ModelError, match="fmap_base is 32 in its generator and 64 in its discriminator"):
        go_on(foreign, {})


def test_a_bias_for_each_pixel_stays_one(run: tuple[Training, Path], tmp_path: Path) -> None:
    foreign = _shared_form(run[1] / "saved", tmp_path / "foreign")
    settings, arrays = read_network(foreign / "average.safetensors", GeneratorSettings)
    per_pixel = GeneratorSettings(**{**asdict(settings), "dense_bias_per_pixel": True})
    arrays["4x4/Dense/bias"] = np.arange(settings.feature_maps(1) * 16, dtype=np.float32) / 64
    write_network(foreign / "average.safetensors", per_pixel, arrays)
    grown = go_on(foreign, {"resolution": 16})
    assert grown.generator.settings.dense_bias_per_pixel
    bias = _named(grown, "generator")["4x4/Dense/bias"]  # y, x, map here; map, y, x in the file
    assert (bias.reshape(16, -1).T.ravel() == arrays["4x4/Dense/bias"]).all()


def test_a_loss_that_is_not_a_number_ends_it_and_nothing_is_saved(run: tuple[Training, Path]) -> None:
    _, folder = run
    going = training(folder / "diverging", go_on(folder / "saved", {}))
    kept = going.save()
    going.advance()
    going._state["discriminator"][0] = np.full_like(going._state["discriminator"][0], np.nan)
    going.advance()
    with pytest.raises(
        ModelError, match=r"diverged after .* nan.*; .*checkpoint-0000002 is intact: go on from it with"
    ):
        going.save()
    assert newest_checkpoint(folder / "diverging") == kept


def test_weights_that_are_not_finite_are_not_saved(run: tuple[Training, Path]) -> None:
    _, folder = run
    going = training(folder / "infinite", go_on(folder / "saved", {}))
    going._state["average"][0] = np.full_like(going._state["average"][0], np.inf)
    with pytest.raises(
        ModelError, match=r"average/4x4/Dense/weight holds a number that is not finite\); nothing was saved"
    ):
        going.save()
    assert not list((folder / "infinite").glob("*"))


def test_portraits_that_are_too_small_and_empty_splits_are_told(tmp_path: Path) -> None:
    clouds = write_clouds(tmp_path / "clouds.zip", 6)
    with pytest.raises(DeviceError, match=r"cannot train a network of 32 px: .*16 px.*; give --resolution"):
        read_splits(clouds, 32)
    with pytest.raises(DeviceError, match="no portrait in the split 'val'"):
        read_splits(write_clouds(tmp_path / "few.zip", 3), 8)


def test_portraits_are_drawn_by_their_kind_and_mirrored_half_of_the_time() -> None:
    pictures = np.zeros((3, 4, 4, 3), np.uint8)
    pictures[:, :, 0] = np.array([10, 20, 30])[:, None, None]  # a bright left column says which it is
    portraits = Portraits(PortraitSet(tuple(label(index, split="train") for index in range(3)), pictures))
    drawn = portraits.draw(4000, 4, np.random.default_rng(0))
    share = [(drawn.max((1, 2, 3)) == value).mean() for value in (10, 20, 30)]
    np.testing.assert_allclose(share, np.array([1, 0.3, 0.1]) / 1.4, atol=0.03)
    assert 0.46 < (drawn[:, 0, 0, 0] == 0).mean() < 0.54


def test_it_learns_the_colours_of_clouds(tmp_path: Path) -> None:
    going = training(tmp_path / "learning")
    clouds = read_splits(tmp_path / "clouds.zip", 8)[0].pictures / 127.5 - 1
    latents = np.random.default_rng(0).standard_normal((64, 512)).astype(np.float32)

    def distance() -> float:
        """Between the mean pictures of what is drawn and of the clouds, RMS."""
        return float(np.sqrt(np.mean((going.draw(latents).mean(0) - clouds.mean(0)) ** 2)))

    before = distance()
    for _ in range(60):
        going.advance()
    assert distance() < 0.75 * before
    assert going.take_measures()["d_loss"] < 2.0
