"""The examples run, on the persona that ships."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import skimage.data
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def example(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """An example as a module."""
    path = EXAMPLES / f"{request.param}.py"
    monkeypatch.syspath_prepend(str(ROOT))
    spec = importlib.util.spec_from_file_location(f"example_{request.param}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("example", ["draw_latent"], indirect=True)
def test_a_seed_becomes_a_face_and_another_seed_another(example: ModuleType, tmp_path: Path) -> None:
    for seed in (1, 2):
        example.main(["--seed", str(seed), "--output", str(tmp_path / f"{seed}.png")])
    first, second = _read(tmp_path / "1.png"), _read(tmp_path / "2.png")
    assert first.shape == second.shape and first.shape[2] == 3
    assert np.abs(first.astype(int) - second).mean() > 5


@pytest.mark.parametrize("example", ["reflect_picture"], indirect=True)
def test_a_face_is_answered_and_a_picture_without_one_is_not(example: ModuleType, tmp_path: Path) -> None:
    Image.fromarray(skimage.data.astronaut()[:300, 80:380]).save(tmp_path / "face.png")
    Image.new("RGB", (300, 300), "grey").save(tmp_path / "grey.png")
    assert example.main([str(tmp_path / "face.png"), "--output", str(tmp_path / "stranger.png")]) == 0
    assert _read(tmp_path / "stranger.png").std() > 20
    assert example.main([str(tmp_path / "grey.png"), "--output", str(tmp_path / "nobody.png")]) == 1
    assert not (tmp_path / "nobody.png").exists()


@pytest.mark.parametrize("example", ["render_scene"], indirect=True)
def test_a_scene_is_rendered_with_the_face_in_it(example: ModuleType, tmp_path: Path) -> None:
    output = tmp_path / "scene.png"
    example.main(["gilded_mirror", "--size", "128", "72", "--seconds", "0.2", "--output", str(output)])
    picture = _read(output)
    assert picture.shape == (72, 128, 3)
    glass, wall = picture[28:44, 54:74], picture[:20, :30]
    assert glass.mean() > wall.mean() + 50  # a lit face in a dim room


def test_every_example_is_run_here() -> None:
    run = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{path.stem}"' in run for path in EXAMPLES.glob("*.py"))
