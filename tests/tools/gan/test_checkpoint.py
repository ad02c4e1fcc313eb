"""Checkpoints: complete or not there, checked when they are read, and small enough to be kept."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DeviceError, ModelError
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, variable_shapes
from tools.gan import checkpoint
from tools.gan.checkpoint import newest_checkpoint, read_exact, read_state, write_checkpoint
from tools.gan.initial_state import go_on
from tools.gan.train_step import MOMENTS, NETWORKS

GENERATOR = GeneratorSettings(8, fmap_base=32, fmap_max=8, latent_size=16, fused_scale=False)
DISCRIMINATOR = DiscriminatorSettings(8, fmap_base=32, fmap_max=8, fused_scale=False)
FILES = 3 + 1  # networks, and one exact part


def _write(folder: Path, step: int) -> Path:
    random = np.random.default_rng(step)
    networks, exact = {}, {}
    for name in NETWORKS:
        settings = DISCRIMINATOR if name == "discriminator" else GENERATOR
        shapes = variable_shapes(settings)
        networks[name] = (
            settings,
            {key: random.normal(size=shape).astype(np.float32) for key, shape in shapes.items()},
        )
        for part in (name, *(m for m in MOMENTS if m.startswith(name))):
            exact |= {f"{part}/{key}": random.random(shape, np.float32) for key, shape in shapes.items()}
    return write_checkpoint(folder, networks, exact, {"step": step, "kimg": step / 10, "stage": 1})


def test_the_newest_replaces_the_others(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "absent") is None
    _write(tmp_path, 5)
    (tmp_path / "checkpoint-0000009.partial").mkdir()
    second = _write(tmp_path, 12)
    assert newest_checkpoint(tmp_path) == second
    assert list(tmp_path.iterdir()) == [second]
    assert read_state(second)["kimg"] == 1.2
    assert go_on(tmp_path, {}).progress.step == 12


@pytest.mark.parametrize("file", range(FILES + 1))
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
    if file == FILES:
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
    assert len(parts) > 3
    exact = read_exact(path, read_state(path))
    assert len(exact) == 3 * len(variable_shapes(GENERATOR)) + 2 * len(variable_shapes(DISCRIMINATOR))
    parts[1].unlink()
    assert read_exact(path, read_state(path)) == {}


def test_a_file_of_another_checkpoint_is_refused(tmp_path: Path) -> None:
    one, other = _write(tmp_path / "a", 5), _write(tmp_path / "b", 6)
    (one / "average.safetensors").write_bytes((other / "average.safetensors").read_bytes())
    with pytest.raises(ModelError, match=r"average\.safetensors is damaged, or not the one"):
        read_state(one)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "not a table"),
        ('{"files": 3}', "files is not a table"),
        ('{"kimg": "x"}', "kimg in its"),
    ],
)
def test_a_damaged_state_is_one_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    path = _write(tmp_path, 5)
    (path / "state.json").write_text(text)
    with pytest.raises(ModelError, match=complaint):
        go_on(tmp_path, {})


def test_a_folder_without_a_training_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no training can go on from"):
        go_on(tmp_path, {})
