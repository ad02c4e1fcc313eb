"""`python -m tools.dev.make_mean_face`: a mean face from turned, differing faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.features.geometry import EYE_CORNERS, mean_face
from tools.dev.make_mean_face import main, mean_of


def test_the_mean_of_turned_noisy_faces_is_the_face_they_were_made_from() -> None:
    random = np.random.default_rng(0)
    truth = mean_face()[0]
    faces = []
    for _ in range(120):
        turn, _ = np.linalg.qr(np.eye(3) + 0.15 * random.standard_normal((3, 3)))
        turn *= np.sign(np.diag(turn))  # near the identity
        noise = 0.02 * random.standard_normal(truth.shape)
        noise[61] *= 8  # one corner of the mouth differs most
        faces.append((truth + noise) @ turn.T * random.uniform(40, 90) + random.uniform(0, 300, 3))
    mean, weights = mean_of(np.array(faces))
    turned = np.linalg.svd(mean.T @ truth)  # the pitch is defined by the faces: compare up to a rotation
    np.testing.assert_allclose(mean @ (turned[0] @ turned[2]), truth, atol=0.03)
    np.testing.assert_allclose(mean[list(EYE_CORNERS)].mean(axis=0), 0, atol=1e-9)
    assert weights[61] < 0.5 < weights.mean() == pytest.approx(1)


def test_too_few_faces_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (80, 80)).save(tmp_path / "empty.png")
    assert main([str(tmp_path), "--output", str(tmp_path / "out.npy")]) == 1
    assert "0 faces" in capsys.readouterr().err
    assert not (tmp_path / "out.npy").exists()
    assert main([str(tmp_path / "nowhere")]) == 1
    assert "nowhere does not exist" in capsys.readouterr().err
