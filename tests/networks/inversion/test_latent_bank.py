"""Banks: shards are whole or absent, and belong to one generator and one layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT
from engine.networks.inversion.latent_bank import SHARD_SEEDS, Bank, DrawnFaces


def some_faces(shard: int, count: int = 5) -> DrawnFaces:
    random = np.random.default_rng(shard)
    seeds = shard * SHARD_SEEDS + np.arange(count)
    vectors = random.standard_normal((count, LAYOUT.size)).astype(np.float32)
    return DrawnFaces(seeds, vectors, random.random((count, 4)).astype(np.float32), drawn=count + 1)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    bank = Bank(tmp_path, "ab" * 32)
    bank.write(0, some_faces(0))
    bank.write(30_000, some_faces(30_000))
    faces = bank.read([0, 30_000])
    assert faces.seeds.tolist() == [0, 1, 2, 3, 4, *range(15_000_000, 15_000_005)]
    np.testing.assert_allclose(faces.vectors[:5], some_faces(0).vectors, atol=2e-3)
    np.testing.assert_array_equal(faces.placements[5:], some_faces(30_000).placements)
    assert (len(faces), faces.drawn, faces.detection) == (10, 12, 10 / 12)


def test_a_bank_goes_on_where_it_stopped(tmp_path: Path) -> None:
    bank = Bank(tmp_path, "ab" * 32)
    for shard in (0, 1, 3):
        bank.write(shard, some_faces(shard))
    bank.path(1).write_bytes(bank.path(1).read_bytes()[:-40])
    assert bank.missing(range(4)) == [1, 2]
    with pytest.raises(ModelError, match="cut short"):
        bank.read(range(2))
    with pytest.raises(ModelError, match=f"{bank.path(2).name} is missing"):
        bank.read([2])
    assert not list(tmp_path.rglob("*.partial"))


def test_a_shard_without_a_face_is_a_shard(tmp_path: Path) -> None:
    bank = Bank(tmp_path, "ab" * 32)
    bank.write(0, some_faces(0, count=0))
    assert bank.missing([0]) == [] and len(bank.read([0])) == 0


def test_generators_and_layouts_have_banks_of_their_own(tmp_path: Path) -> None:
    bank = Bank(tmp_path, "ab" * 32)
    bank.write(0, some_faces(0))
    other = Bank(tmp_path, "cd" * 32)
    assert other.missing([0]) == [0]
    other.folder.mkdir()
    other.path(0).write_bytes(bank.path(0).read_bytes())
    with pytest.raises(ModelError, match="not a shard of this bank: delete it"):
        other.read([0])
    newer = replace(LAYOUT, version=LAYOUT.version + 1)
    assert Bank(tmp_path, "ab" * 32, newer).missing([0]) == [0]
