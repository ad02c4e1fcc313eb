"""References: in the proportions of training, none twice; halves without a person in common."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DeviceError
from tests.tools.portraits import cloud, encode, label, write_clouds
from tools.dataset.portrait_set import write_portraits
from tools.dataset.reference_set import ReferenceReader, draw_references, split_by_person


def labels_of(**counts: int) -> list:
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    return [label(index, kind=kind) for index, kind in enumerate(kinds)]


def kinds_of(labels: list, indices: np.ndarray) -> Counter:
    return Counter(labels[index].kind for index in indices)


def test_kinds_have_the_proportions_of_training_and_nothing_comes_twice() -> None:
    labels = labels_of(modern=100, colour=50, mono=400)
    chosen = draw_references(labels, most=5000)
    assert kinds_of(labels, chosen) == {"modern": 100, "colour": 15, "mono": 40}
    assert len(set(chosen.tolist())) == 155
    assert kinds_of(labels, draw_references(labels, most=31)) == {"modern": 20, "colour": 3, "mono": 8}


def test_a_set_of_one_kind_is_taken_whole() -> None:
    assert sorted(draw_references(labels_of(mono=7), most=100)) == list(range(7))


def test_the_choice_depends_on_the_seed_alone() -> None:
    labels = labels_of(modern=50, mono=50)
    first, again, other = (draw_references(labels, 20, seed) for seed in (0, 0, 1))
    assert first.tolist() == again.tolist() != other.tolist()


def test_halves_have_no_person_in_common() -> None:
    labels = [label(index, id=f"person {index // 3}") for index in range(60)]
    first, second = split_by_person(labels)
    assert len(first) == len(second) == 30
    assert not {labels[index].id for index in first} & {labels[index].id for index in second}


def test_portraits_are_halved_to_the_size_of_the_generator(tmp_path: Path) -> None:
    references = ReferenceReader(write_clouds(tmp_path / "clouds.zip", 60, size_px=32)).at_size(16, most=10)
    assert references.size_px == references.training.size_px == references.held_out.size_px == 16
    assert len(references.training) == 48 and len(references.held_out) == 12 and len(references.chosen) == 10
    assert sum(references.shares.values()) == pytest.approx(1)
    assert references.shares["modern"] == pytest.approx(10 * references.shares["mono"])


@pytest.mark.parametrize(("size_px", "wanted_px"), [(16, 32), (24, 16)])
def test_portraits_that_cannot_have_that_size_are_refused(tmp_path: Path, size_px: int, wanted_px: int) -> None:
    reader = ReferenceReader(write_clouds(tmp_path / "clouds.zip", 40, size_px))
    with pytest.raises(DeviceError, match=rf"portraits of {size_px} px and the generator draws {wanted_px} px: take"):
        reader.at_size(wanted_px, most=10)


def test_a_set_without_held_out_portraits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clouds.zip"
    write_portraits(path, ((label(index, split="train"), encode(cloud(index, 16))) for index in range(9)))
    with pytest.raises(DeviceError, match="no portrait in the split 'val'"):
        ReferenceReader(path)


def test_one_person_cannot_be_split(tmp_path: Path) -> None:
    path = tmp_path / "clouds.zip"
    write_portraits(path, ((label(index, id="one"), encode(cloud(index, 16))) for index in range(9)))
    with pytest.raises(DeviceError, match="too few portraits"):
        ReferenceReader(path).at_size(16, most=10)
