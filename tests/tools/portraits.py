"""Portrait sets for tests: coloured clouds with labels, as small as need be."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tools.dataset.portrait_set import Label, write_portraits

KINDS = ("modern", "colour", "mono")


def label(index: int, **changes: object) -> Label:
    """A label of portrait `index`: every fifth is in `val`, kinds and genders take turns."""
    values: dict[str, object] = {
        "file": f"cloud-{index:04d}.png",
        "id": f"{index:04d}",
        "source": "clouds",
        "split": "val" if index % 5 == 4 else "train",
        "kind": KINDS[index % 3],
        "face_px": 40,
        "yaw": 0.1,
        "year": 1900 + index,
        "gender": "MF"[index % 2],
        "age": 30 + index % 40,
    }
    return Label(**(values | changes))  # type: ignore[arg-type]


def encode(picture: np.ndarray, kind: str = "PNG") -> bytes:
    """A picture (H, W, 3) uint8 as the bytes of a file."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, kind)
    return content.getvalue()


def cloud(index: int, size_px: int) -> np.ndarray:
    """A picture (S, S, 3) uint8: a soft light spot on a coloured ground, different for each index."""
    random = np.random.default_rng(index)
    x, y = np.meshgrid(*[np.linspace(-1, 1, size_px)] * 2)
    ground, spot, (u, v) = random.uniform(20, 120, 3), random.uniform(60, 130, 3), random.uniform(-0.3, 0.3, 2)
    light = np.exp(-((x - u) ** 2 + (y - v) ** 2) / 0.25)[..., None]
    return (ground + spot * light + random.normal(0, 4, (size_px, size_px, 3))).clip(0, 255).astype(np.uint8)


def write_clouds(path: Path, count: int = 40, size_px: int = 16) -> Path:
    """Write a portrait set of clouds; returns `path`."""
    write_portraits(path, ((label(index), encode(cloud(index, size_px))) for index in range(count)))
    return path
