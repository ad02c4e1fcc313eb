"""Checkpoints: complete or not there, checked when they are read, and small enough to be kept."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DeviceError, ModelError
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, variable_shapes
from engine.networks.pggan.weight_file import read_arrays
from tools.gan import checkpoint
from tools.gan.checkpoint import (
    Content,
    newest_checkpoint,
    read_exact,
    read_progress,
    read_state,
    write_checkpoint,
)

GENERATOR = GeneratorSettings(8, fmap_base=32, fmap_max=8, latent_size=16, fused_scale=False)
DISCRIMINATOR = DiscriminatorSettings(8, fmap_base=32, fmap_max=8, fused_scale=False)
FILES = 3 + 2 + 1  # networks, encoder and heads, and one exact part


def _write(folder: Path, step: int) -> Path:
    random = np.random.default_rng(step)
    networks, exact = {}, {}
    for name, settings in (("generator", GENERATOR), ("average", GENERATOR), ("discriminator", DISCRIMINATOR)):
        shapes = variable_shapes(settings)
        networks[name] = (settings, {key: random.normal(size=shape).astype("f4") for key, shape in shapes.items()})
        exact |= {f"{name}/{key}": random.random(shape, np.float32) for key, shape in shapes.items()}
    few = {"latent.bias": random.random(512, np.float32)}
    content = Content(networks, few, few, exact, {"kimg": step / 10, "stage": 1}, {"step": step})
    return write_checkpoint(folder, content)


def test_the_newest_replaces_the_others(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "absent") is None
    _write(tmp_path, 5)
    (tmp_path / "checkpoint-0000009.partial").mkdir()
    second = _write(tmp_path, 12)
    assert newest_checkpoint(tmp_path) == second
    assert list(tmp_path.iterdir()) == [second]
    assert read_state(second) == {"kimg": 1.2, "stage": 1} and read_progress(second)["step"] == 12
    half, exact = (read_arrays(second / f"{name}.safetensors")["latent.bias"] for name in ("encoder", "heads"))
    assert 0 < np.abs(half - exact).max() < 1e-3  # float16 beside float32


@pytest.mark.parametrize("file", range(FILES + 2))
def test_a_kill_at_any_file_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: int) -> None:
    before = _write(tmp_path, 5)
    content = {path.name: path.read_bytes() for path in before.iterdir()}
    written = iter(range(100))

    class Killed(BaseException):
        pass

    def killed_at_the_file(function):  # type: ignore[no-untyped-def]
        def write(*arguments, **keywords):  # type: ignore[no-untyped-def]
            if next(written) == file:
                raise Killed
            return function(*arguments, **keywords)

        return write

    for name in ("write_network", "write_arrays"):
        monkeypatch.setattr(checkpoint, name, killed_at_the_file(getattr(checkpoint, name)))
    if file >= FILES:
        monkeypatch.setattr(checkpoint.json, "dumps", killed_at_the_file(json.dumps))
    with pytest.raises(Killed):
        _write(tmp_path, 12)
    assert newest_checkpoint(tmp_path) == before
    assert {path.name: path.read_bytes() for path in before.iterdir()} == content
    monkeypatch.undo()
    assert newest_checkpoint(tmp_path) == before and _write(tmp_path, 12) == newest_checkpoint(tmp_path)


def test_a_full_disk_is_one_sentence_and_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _write(tmp_path, 5)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "_to_disk", full)
    with pytest.raises(DeviceError, match=r"0000012 cannot be written: No space left on device; .*0000005 is intact"):
        _write(tmp_path, 12)
    assert list(tmp_path.iterdir()) == [before]


def test_parts_stay_below_their_limit_and_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "MOST_PART_BYTES", 20_000)
    path = _write(tmp_path, 5)
    parts = sorted(path.glob("exact-*"))
    assert len(parts) > 2
    exact = read_exact(path, read_progress(path))
    assert len(exact) == 2 * len(variable_shapes(GENERATOR)) + len(variable_shapes(DISCRIMINATOR))
    parts[1].unlink()
    assert read_exact(path, read_progress(path)) == {}


def test_a_file_of_another_checkpoint_is_refused(tmp_path: Path) -> None:
    one, other = _write(tmp_path / "a", 5), _write(tmp_path / "b", 6)
    (one / "average.safetensors").write_bytes((other / "average.safetensors").read_bytes())
    with pytest.raises(ModelError, match=r"average\.safetensors is damaged, or not the one"):
        read_progress(one)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("state.json", "{", "not JSON"),
        ("state.json", "[]", "not a table"),
        ("progress.json", '{"files": 3}', "files is not a table"),
        ("progress.json", "[" * 100_000, "not JSON"),
    ],
)
def test_a_damaged_state_is_one_sentence(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    path = _write(tmp_path, 5)
    (path / name).write_text(text)
    with pytest.raises(ModelError, match=f"{name} is damaged: .*{complaint}"):
        (read_state if name == "state.json" else read_progress)(path)


def test_what_another_trainer_left_has_no_progress(tmp_path: Path) -> None:
    path = _write(tmp_path, 5)
    (path / "progress.json").unlink()
    assert read_progress(path) == {} and read_exact(path, {}) == {}


def test_a_folder_without_a_training_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no training can go on from"):
        read_state(tmp_path)
