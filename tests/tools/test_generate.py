"""`python -m tools.generate`: what it writes, and what it says to bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.networks.persona import load_generator
from engine.networks.pggan.latent_sphere import seed_latents
from tests.tiny_persona import write_tiny_persona
from tools.generate import main
from tools.reporting.contact_sheet import GROUND, contact_sheet, to_pixels


@pytest.fixture
def models(tmp_path: Path) -> Path:
    write_tiny_persona(tmp_path / "models" / "tiny", seed=3)
    return tmp_path / "models"


def test_npy_holds_the_pictures_as_they_are(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "faces.npy"
    assert main(["--model", "tiny", "--seeds", "0-2,7", "--lod", "0.5", "--output", str(output)], models) == 0
    pictures = np.load(output)
    generator = load_generator(models / "tiny" / "generator.safetensors")
    expected = np.asarray(generator(seed_latents([0, 1, 2, 7], 16), lod=0.5))
    assert pictures.dtype == np.float32
    assert pictures.shape == (4, 16, 16, 3)
    assert np.allclose(pictures, expected, atol=1e-5)
    assert np.abs(pictures).max() > 1  # unclipped
    assert capsys.readouterr().out == f"4 pictures of 16x16 px: {output}\n"


def test_latents_from_a_file_are_used_as_they_are(models: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", seed_latents([5, 6], 16).astype(np.float64))
    for source, name in ((["--seeds", "5-6"], "a.npy"), (["--latents", str(tmp_path / "z.npy")], "b.npy")):
        assert main(["--model", "tiny", *source, "--output", str(tmp_path / name)], models) == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))


def test_png_is_a_contact_sheet(models: Path, tmp_path: Path) -> None:
    arguments = ["--model", "tiny", "--seeds", "0-4"]
    assert main([*arguments, "--output", str(tmp_path / "sheet.png")], models) == 0
    assert main([*arguments, "--output", str(tmp_path / "all.npy")], models) == 0
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    pixels = to_pixels(np.load(tmp_path / "all.npy"))
    assert sheet.shape == (2 * 16 + 2, 3 * 16 + 4, 3)
    assert np.array_equal(sheet[:16, 18:34], pixels[1])
    assert np.array_equal(sheet[18:, 18:34], pixels[4])
    assert (sheet[18:, 36:] == GROUND).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.npy", "models", "sheet.png"]


def test_pixels_are_rounded_and_clipped() -> None:
    values = np.array([-2.0, -1.0, 0.0, 0.5, 1.0, 9.0], np.float32).reshape(1, 1, 6, 1)
    assert to_pixels(values)[0, 0, :, 0].tolist() == [0, 0, 128, 191, 255, 255]
    assert to_pixels(values).shape == (1, 1, 6, 3)
    assert contact_sheet(to_pixels(np.zeros((1, 4, 4, 3)))).shape == (4, 4, 3)


BAD: dict[str, tuple[list[str], int, str]] = {
    "persona": (["--model", "nobody", "--seeds", "0"], 5, "there is no persona 'nobody'"),
    "lod": (["--seeds", "0", "--lod", "3"], 5, "--lod must be between 0 and 2 for a network of 16 px, not 3.0"),
    "lod that is no number": (["--seeds", "0", "--lod", "nan"], 5, "--lod must be between 0 and 2"),
    "ending": (["--seeds", "0", "--output", "faces.jpg"], 5, "--output must end in .png or .npy, not 'faces.jpg'"),
    "folder": (["--seeds", "0", "--output", "no/where.png"], 4, "the folder no does not exist"),
    "missing latents": (["--latents", "no.npy"], 5, "no.npy is missing"),
    "latents of another size": (
        ["--latents", "wrong.npy"],
        5,
        "has the shape (3, 5); this generator takes (1 to 10000, 16)",
    ),
    "latents of another kind": (["--latents", "objects.npy"], 5, "objects.npy is not a .npy file of numbers"),
    "latents with holes": (["--latents", "nan.npy"], 5, "nan.npy holds a number that is not finite"),
    "a text": (["--latents", "text.npy"], 5, "text.npy is not a .npy file of numbers"),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_told(
    fault: str, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("wrong.npy", np.zeros((3, 5)))
    np.save("objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save("nan.npy", np.full((1, 16), np.nan))
    Path("text.npy").write_text("0.1, 0.2")
    before = sorted(path.name for path in tmp_path.iterdir())
    arguments, status, sentence = BAD[fault]
    assert main(["--model", "tiny", "--output", "faces.png", *arguments], models) == status
    assert sentence in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("seeds", "sentence"),
    [
        ("7-3", "the range 7-3 runs backwards"),
        ("x", "seeds are written like 0-7, 3 or 0-3,12: 'x' is not"),
        ("-1", "'-1' is not"),
        ("0-99999", "more than 10000 pictures at once are too many"),
    ],
)
def test_bad_seeds_are_told(seeds: str, sentence: str, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--model", "tiny", "--output", "faces.png", "--seeds", seeds], models)
    assert sentence in capsys.readouterr().err
