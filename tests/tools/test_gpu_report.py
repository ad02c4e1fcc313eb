"""The report on a graphics card: what is missing is a sentence of the page; without a card, of the program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import moderngl
import pytest

from engine.core.errors import CudaError
from engine.networks.pggan.architecture import GeneratorSettings
from engine.render.gl.gl_functions import GlCalls
from engine.system.cuda_driver import CudaDriver
from tests.render.fake_cuda import FakeCuda
from tools import gpu_report
from tools.bench.gpu import card, generator
from tools.bench.gpu.bound import bound_ms
from tools.bench.gpu.page import page
from tools.bench.gpu.upload import measure_uploads

CARD = {"name": "NVIDIA GeForce RTX 3060", "driver": "560.1", "memory": "12288 MiB"}


def test_without_a_card_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def missing() -> None:
        raise CudaError("there is no NVIDIA driver (libcuda.so.1 is not found)")

    monkeypatch.setattr(card, "CudaDriver", missing)
    assert gpu_report.main(["--output", str(tmp_path)]) == 4
    assert capsys.readouterr().err == "gpu_report: there is no NVIDIA driver (libcuda.so.1 is not found)\n"
    assert list(tmp_path.iterdir()) == []


def test_the_card_is_what_nvidia_smi_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "CudaDriver", lambda: CudaDriver(FakeCuda().library))
    said = "NVIDIA GeForce RTX 3060, 560.1, 12288 MiB\nNVIDIA T4, 560.1, 15360 MiB\n"
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: SimpleNamespace(stdout=said))
    assert card.describe_card() == CARD
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: SimpleNamespace(stdout="no devices\n"))
    assert card.describe_card() == {"name": "NVIDIA card", "driver": "unknown", "memory": "unknown"}


@pytest.mark.parametrize(
    ("name", "stem"),
    [("NVIDIA H100 80GB HBM3", "h100-80gb-hbm3"), ("NVIDIA GeForce RTX 3060", "rtx-3060"), ("///", "gpu")],
)
def test_the_page_is_named_after_the_card(name: str, stem: str) -> None:
    assert card.file_stem(name) == stem


def test_what_is_not_installed_is_named() -> None:
    assert card.missing(("numpy", "json")) == ""
    assert card.missing(("no_such_package", "numpy")) == "no_such_package is not installed"
    assert card.missing(("no_such_package", "nor_this_one")) == "no_such_package and nor_this_one are not installed"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was started; each part answers with figures, or as `ends` says."""
    started: list[list[str]] = []

    def run(
        command: Sequence[str], environment: dict[str, str] | None = None, *, is_module: bool = True
    ) -> SimpleNamespace:
        started.append(list(command))
        if command[0] == "pytest":
            said = (
                "SKIPPED [1] tests/gpu/test_sharing.py: ModernGL is not installed\n=== 3 passed, 1 skipped in 1 s ===\n"
            )
            return SimpleNamespace(returncode=0, stdout=said, stderr="")
        if command[1] == "torch":
            return SimpleNamespace(returncode=4, stdout="", stderr="noise\ngenerator: torch finds no card\n")
        ms = {"p50": 1.0, "p95": 2.0}
        figures: dict[str, Any] = {
            "backend": "jax",
            "rows": [{"size": 128, "precision": "bfloat16", "first_s": 3.0, "stayed": True} | ms],
            "peaks": {
                "operations_per_s": {"float32": 1e13, "bfloat16": 1e14},
                "bytes_per_s": {"134217728": 1e12},
            },
            "renderer": "a card",
            "verdict": "shared by CUDA",
        }
        if command[0] == "tools.bench.gpu.upload":
            figures["rows"] = [{"size": 128, "way": "cuda", "call_ms": ms, "done_ms": ms}]
        Path(command[command.index("--output") + 1]).write_text(json.dumps(figures), encoding="utf-8")
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(gpu_report, "_run", run)
    monkeypatch.setattr(gpu_report, "describe_card", lambda: CARD)
    absent = {"tensorflow", "mediapipe"}
    monkeypatch.setattr(
        gpu_report, "missing", lambda needs: " and ".join(absent.intersection(needs)) and "it is not installed"
    )
    return started


def test_each_part_is_measured_or_says_why_not(ran: list[list[str]], tmp_path: Path) -> None:
    assert gpu_report.main(["--output", str(tmp_path / "new")]) == 0
    text = (tmp_path / "new" / "rtx-3060.md").read_text(encoding="utf-8")
    assert text.startswith("# NVIDIA GeForce RTX 3060\n")
    assert "`tests/gpu`: 3 passed, 1 skipped in 1 s\n- SKIPPED [1] tests/gpu/test_sharing.py: ModernGL" in text
    assert "| jax | 128 | bfloat16 | 1.000 | 2.000 | 3.0 | " in text and "peaks 10.0 TFLOP/s in float32" in text
    assert "- torch: Not measured: generator: torch finds no card." in text
    assert "- tensorflow: Not measured: it is not installed." in text
    assert "| 128 | cuda | 1.000 | 2.000 |" in text
    assert "## The whole show\n\nNot measured: it is not installed." in text
    assert [command[0] for command in ran] == ["pytest", *["tools.bench.gpu.generator"] * 2, "tools.bench.gpu.upload"]


def test_a_part_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("part", 900)

    monkeypatch.setattr(gpu_report, "_run", hang)
    monkeypatch.setattr(gpu_report, "missing", lambda needs: "")
    for part in (gpu_report.run_tests, gpu_report.time_upload, gpu_report.time_show):
        assert "did not end within 900 s" in part()["skipped"]


def test_the_generator_is_timed_here_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "SHAPES", {128: GeneratorSettings(8, fmap_base=32, fmap_max=8)})
    monkeypatch.setattr(generator, "WARM_UP_RUNS", 2)
    monkeypatch.setattr(generator, "PRECISIONS", ("float32",))
    rows = generator.measure_generators("jax", [128], runs=3)
    assert [(row["size"], row["precision"], row["stayed"]) for row in rows] == [(128, "float32", False)]
    assert 0 < rows[0]["p50"] <= rows[0]["p95"]


def test_peaks_are_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "MATRIX_RUNS", 2)
    peaks = generator.measure_peaks(side=64, moved=[1 << 12])
    assert peaks["operations_per_s"].keys() == {"float32", "bfloat16"} and peaks["bytes_per_s"].keys() == {"8192"}
    assert min(*peaks["operations_per_s"].values(), *peaks["bytes_per_s"].values()) > 0


def test_uploads_are_timed_both_ways(gl: moderngl.Context) -> None:
    cuda = FakeCuda(gl)
    rows = measure_uploads(gl, GlCalls(), cuda.copies(), runs=3, sizes=[8])
    assert [(row["size"], row["way"]) for row in rows] == [(8, "cuda"), (8, "pixel_buffer")]
    assert all(row["call_ms"]["p50"] <= row["done_ms"]["p95"] for row in rows)
    assert cuda.broken == [] and cuda.registered == {}


def test_the_bound_of_a_card() -> None:
    peaks = {"operations_per_s": {"bfloat16": 1e14}, "bytes_per_s": {"134217728": 1e12}}
    found = bound_ms(1024, "bfloat16", peaks)
    arithmetic_ms = 2 * 27.5e9 / 1e14 * 1000  # multiply-adds of the fused form
    assert arithmetic_ms <= found <= 3 * arithmetic_ms


def test_a_show_that_ran_is_told() -> None:
    ms = {"p50": 12.5, "p95": 20.0}
    skipped = {"skipped": "moderngl is not installed"}
    show = {
        "reflections": {"age_ms": ms, "per_s": 30.0},
        "frames": {"per_s": 60.0},
        "stages_ms": {"face": ms, "features": {}},
        "said": ["drawn faces stay on the graphics card"],
    }
    text = page(
        {
            "card": CARD,
            "python": "3.12",
            "versions": {},
            "tests": skipped,
            "generator": [],
            "upload": skipped,
            "show": show,
        }
    )
    assert "| age, median and 95 % | 12.5 and 20.0 ms |" in text and "| it says | drawn faces stay on" in text
    assert text.count("Not measured: moderngl is not installed.") == 2
