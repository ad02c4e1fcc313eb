"""What is compared with the generator: the forms of its weights, the worker's answers, and how it all is installed."""

from __future__ import annotations

import re
import sys
import types
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.networks.persona import load_generator
from tests.conftest import ROOT
from tests.tiny_persona import write_tiny_persona
from tools.bench.runtimes import NotOfferedError, Opened, engine_runtime, install
from tools.bench.runtimes.forms import FORMS, Form, channels_first, read_form
from tools.bench.runtimes.worker import Worker
from tools.reporting.contact_sheet import to_pixels


def drawn(form: Form, z: np.ndarray) -> np.ndarray:
    """Pixels (1, H, W, 4) of a form, by NumPy and loops."""
    x = z / np.sqrt(np.mean(z**2, -1, keepdims=True) + form.settings.pixelnorm_epsilon)
    for layer in form.layers:
        if layer.kind == "dense":
            x = (x @ layer.weight + layer.bias).reshape(1, 4, 4, -1)
        elif layer.kind == "pixels":
            return np.clip(np.round(x @ layer.weight[0, 0] + layer.bias), 0, 255).astype(np.uint8)
        else:
            x = (transposed if layer.kind == "up" else convolved)(doubled(x, layer.kind), layer.weight) + layer.bias
        x = np.where(x > 0, x, 0.2 * x)
        x = x / np.sqrt(np.mean(x**2, -1, keepdims=True) + form.settings.pixelnorm_epsilon)
    raise AssertionError("no pixels")


def doubled(x: np.ndarray, kind: str) -> np.ndarray:
    return x.repeat(2, 1).repeat(2, 2) if kind == "repeat" else x


def convolved(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    height, width = x.shape[1:3]
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return np.asarray(sum(padded[:, i : i + height, j : j + width] @ weight[i, j] for i in range(3) for j in range(3)))


def transposed(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    height, width = x.shape[1:3]
    out = np.zeros((1, 2 * height + 2, 2 * width + 2, weight.shape[2]))
    for i in range(4):
        for j in range(4):
            out[:, i : i + 2 * height : 2, j : j + 2 * width : 2] += x @ weight[i, j].T
    return out[:, 1:-1, 1:-1]


@pytest.mark.parametrize("fused_scale", [False, True])
def test_both_forms_draw_what_the_published_network_draws(tmp_path: Path, fused_scale: bool) -> None:
    folder = write_tiny_persona(tmp_path / "tiny", fused_scale=fused_scale)
    z = np.random.default_rng(3).standard_normal((1, 16)).astype(np.float32)
    expected = to_pixels(np.asarray(load_generator(folder / "generator.safetensors")(z))).astype(int)
    for form in FORMS:
        picture = drawn(read_form(folder, form), z)
        assert np.abs(picture[..., :3] - expected).max() <= 1 and (picture[..., 3] == 255).all()
    kinds = [{layer.kind for layer in read_form(folder, form).layers} for form in FORMS]
    assert kinds == [{"dense", "conv", "up", "pixels"}, {"dense", "conv", "repeat", "pixels"}]


def test_channels_come_first_where_a_runtime_wants_them(tmp_path: Path) -> None:
    dense = read_form(write_tiny_persona(tmp_path / "tiny"), "fused").layers[0]
    z, first = np.random.default_rng(0).standard_normal((1, 16)), channels_first(dense)
    last = (z @ dense.weight + dense.bias).reshape(4, 4, 8)
    np.testing.assert_allclose((z @ first.weight + first.bias).reshape(8, 4, 4), last.transpose(2, 0, 1), rtol=1e-5)


@pytest.mark.parametrize(("form", "variant"), engine_runtime.WAYS)
def test_the_show_draws_the_same_in_each_of_its_ways(tmp_path: Path, form: str, variant: str) -> None:
    folder = write_tiny_persona(tmp_path / "tiny")
    z = np.random.default_rng(3).standard_normal((1, 16)).astype(np.float32)
    opened = engine_runtime.open_case(folder, form, "float32", variant)
    picture = opened.draw(z)
    assert picture.shape == (1, 16, 16, 4) and opened.how == ", ".join(["openvino", variant]).removesuffix(", ")
    assert np.abs(picture.astype(int) - drawn(read_form(folder, form), z)).max() <= 1


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    """The worker of a runtime that draws its latents' first number."""

    def open_case(folder: Path, form: str, precision: str, variant: str) -> Opened:
        if precision == "bfloat16":
            raise NotOfferedError("it has no bfloat16")
        return Opened(lambda z: np.full((1, 2, 2, 4), int(z[0, 0]), np.uint8), f"{form} {variant}")

    module = types.SimpleNamespace(WAYS=(("fused", "fast"),), version=lambda: "Fake 1", open_case=open_case)
    monkeypatch.setitem(sys.modules, "tools.bench.runtimes.fake", module)  # type: ignore[arg-type]  # all that is read of it
    return Worker("fake")


def test_a_worker_opens_draws_and_times(worker: Worker, tmp_path: Path) -> None:
    latents, output = tmp_path / "latents.npy", tmp_path / "drawn.npy"
    np.save(latents, np.array([[7, 0], [9, 0]], np.float32))
    case = {"folder": str(tmp_path), "form": "fused", "precision": "float32", "variant": "fast"}
    assert worker.answer({"do": "version"}) == {"version": "Fake 1", "ways": (("fused", "fast"),)}
    assert worker.answer({"do": "open", "key": "a", **case}) == {"how": "fused fast", "device": "processor"}
    assert worker.answer({"do": "draw", "key": "a", "latents": str(latents), "output": str(output)}) == {}
    assert np.load(output)[:, 0, 0, 0].tolist() == [7, 9]
    timed = worker.answer({"do": "time", "key": "a", "latents": str(latents), "seconds": 10.0, "runs": 5})
    assert len(timed["ms"]) == 5 and min(timed["ms"]) >= 0
    with pytest.raises(NotOfferedError, match="no bfloat16"):
        worker.answer({"do": "open", "key": "b", **case, "precision": "bfloat16"})
    worker.answer({"do": "close"})
    with pytest.raises(NotOfferedError, match="started anew without it"):
        worker.answer({"do": "draw", "key": "a", "latents": str(latents), "output": str(output)})


def test_the_lock_has_hashes_for_all_and_no_address() -> None:
    text = install.LOCK.read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"(?m)^(?=\S)", text) if block and not block.startswith("#")]
    assert blocks and all(re.match(r"[a-z0-9.\-]+==\S+", block) and "--hash=sha256:" in block for block in blocks)
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    show = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    versions = [re.search(r"(?m)^openvino==(\S+)", lock) for lock in (text, show)]
    assert versions[0] and versions[1] and versions[0][1] == versions[1][1], "the two use the same OpenVINO"


def test_a_package_can_be_left_out_of_a_lock() -> None:
    lock = "# head\ntorch==1 \\\n    --hash=x\n    # via y\ntorch-geometric==2 \\\n    --hash=y\nnumpy==3\n"
    assert install.without(lock, "torch") == "# head\ntorch-geometric==2 \\\n    --hash=y\nnumpy==3\n"


@pytest.mark.parametrize(("statuses", "said"), [([0], ""), ([1, 0], "PyTorch"), ([1, 1], "cannot be installed\n")])
def test_without_pytorch_the_others_are_installed(
    statuses: list[int],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(venv, "create", lambda folder, **_: folder.mkdir())
    lock, asked = tmp_path / "some.lock", []
    lock.write_text("torch==1 --hash=x\nnumpy==2 --hash=y\n")

    def run(command: Sequence[str]) -> Any:
        asked.append(Path(command[-1]).read_text())
        assert "--require-hashes" in command
        return statuses[len(asked) - 1]

    status = install.install(tmp_path / "there", lock, run)
    assert status == statuses[-1] and (tmp_path / "there" / install.STAMP).exists() == (statuses == [0])
    assert asked[1:] == ["numpy==2 --hash=y\n"] * (len(statuses) - 1)
    assert said in capsys.readouterr().err
