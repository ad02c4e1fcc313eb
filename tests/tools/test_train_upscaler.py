"""Training of the upscaler: what it is shown, and what the command leaves and says."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.core.errors import DeviceError
from engine.networks.generator.upscaler import read_upscaler
from engine.networks.persona import Persona
from tests.tiny_persona import write_tiny_persona
from tools.dataset.portrait_set import Label, PortraitWriter
from tools.train_upscaler import train_upscaler
from tools.upscaling.degradation import PATCH_PX, degrade, random_patches


def write_set(path: Path, size_px: int = 160, kind: str = "modern") -> Path:
    random, writer = np.random.default_rng(0), PortraitWriter(path)
    for index, split in enumerate(("train", "train", "val")):
        coarse = random.integers(0, 256, (size_px // 16, size_px // 16, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(coarse).resize((size_px, size_px), Image.Resampling.BICUBIC).save(file, "JPEG")
        label = Label(f"{index}.jpg", str(index), "drawn", split, kind, size_px, 0.0, None, "", None)
        writer.add(label, file.getvalue())
    writer.close()
    return path


def test_patches_are_degraded_at_half_the_size_and_the_same_by_seed() -> None:
    portraits = np.random.default_rng(0).integers(0, 256, (2, 170, 170, 3), np.uint8)
    patches = random_patches(portraits, 5, np.random.default_rng(1))
    assert patches.shape == (5, PATCH_PX, PATCH_PX, 3)
    small, again = (degrade(patches, np.random.default_rng(2)) for _ in range(2))
    assert small.shape == (5, PATCH_PX // 2, PATCH_PX // 2, 3) and (small == again).all()
    flat = np.full((8, PATCH_PX, PATCH_PX, 3), 128, np.uint8)
    faults = np.abs(degrade(flat, np.random.default_rng(3)).astype(int) - 128)
    assert 0 < faults.mean() < 8  # seen, and weaker than what they are to be told from


def test_the_persona_gets_an_upscaler_that_was_measured(tmp_path: Path) -> None:
    persona, said = Persona.open(write_tiny_persona(tmp_path / "tiny")), list[str]()
    figures = train_upscaler(write_set(tmp_path / "set.zip"), persona, 4, 1, 0, said.append)
    arrays = read_upscaler(persona.upscaler_path)
    assert arrays["layers.1.weight"].shape == (4, 4, 3, 3)
    assert figures.keys() == {"faulty_db", "faulty_bicubic_db", "clean_db", "clean_bicubic_db"}
    assert 15 < figures["faulty_db"] < figures["clean_bicubic_db"] < 60
    assert said[-1].startswith("step 100 of 100  loss 0.")


@pytest.mark.parametrize(("size_px", "kind"), [(128, "modern"), (160, "mono")])
def test_a_set_that_does_not_do_is_told_in_a_sentence(tmp_path: Path, size_px: int, kind: str) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    with pytest.raises(DeviceError, match=r"set\.zip cannot be used: an upscaler learns from colour photographs"):
        train_upscaler(write_set(tmp_path / "set.zip", size_px, kind), persona, 4, 1, 0, print)
    assert not persona.upscaler_path.exists()
