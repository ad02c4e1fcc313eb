"""The benchmark's command: which parts it measures, and where it writes what."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tools import benchmark

MS = {"p50": 3.0, "p95": 4.5}
STAGE: dict[str, Any] = {
    "drawing": {
        "renderer": "llvmpipe",
        "render_scale": 0.5,
        "scenes": [
            {"scene": "pool", "size": size, "moment": "dwell", "ms": MS, "per_s": 333.3} for size in ("64x36", "96x54")
        ],
        "passes": [
            {"pass": "water", "scene": "pool", "size": size, "moment": "arrive", "stage": "32x18", "ms": MS}
            for size in ("64x36", "96x54")
        ]
        + [{"pass": "grade", "scene": "none", "size": size, "skipped": "no table"} for size in ("64x36", "96x54")],
    },
    "reload": [
        {
            "what": "scene",
            "file": "scenes/saved.yaml",
            "ms": {"p50": 80.0, "max": 95.0},
            "longest_gap_ms": 41.0,
            "usual_gap_ms": 29.0,
        }
    ],
    "recording": {
        "scene": "pool",
        "size": "64x36",
        "without_per_s": 100.0,
        "with_per_s": 80.0,
        "ratio": 0.8,
        "drops": 2,
    },
    "offline": [{"size": "64x36", "fps": 30, "seconds": 5.0, "took_s": 10.0, "speed": 0.5}],
}


def result(*, quick: bool = False) -> dict[str, Any]:
    return {"machine": benchmark.machine(), "quick": quick, "stage": STAGE, "took_s": {"stage": 120.0}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Collection[str]]:
    """What was asked to be measured; nothing is."""
    asked: list[Collection[str]] = []

    def measure(options: benchmark.Options) -> dict[str, Any]:
        asked.append(options.parts)
        return result(quick=options.quick)

    monkeypatch.setattr(benchmark, "measure", measure)
    monkeypatch.setattr(benchmark, "OUTPUT", tmp_path / "benchmarks")
    return asked


def test_all_of_it_becomes_the_report(asked: list[Collection[str]], tmp_path: Path) -> None:
    assert benchmark.main([]) == 0
    assert asked == [benchmark.PARTS]
    assert json.loads((tmp_path / "benchmarks" / "latest.json").read_text())["stage"] == STAGE
    assert "## Drawing" in (tmp_path / "benchmarks" / "report.md").read_text()


def test_some_parts_are_shown_and_replace_no_report(
    asked: list[Collection[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark.main(["--only", "reload", "generator"]) == 0
    assert asked == [["reload", "generator"]]
    assert not (tmp_path / "benchmarks").exists() and "## From saving to the wall" in capsys.readouterr().out
    assert benchmark.main(["--only", "reload", "--output", str(tmp_path / "mine")]) == 0
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"latest.json", "report.md"}


def test_what_is_wrong_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--only", "generator", "--model", "nobody"]) == 5
    said = capsys.readouterr().err
    assert said.startswith("benchmark: ") and "nobody" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (benchmark.PARTS, ("drawing",)),
        (["stage"], benchmark.STAGE_PARTS),
        (["offline", "reload"], ("reload", "offline")),
        (["generator"], None),
    ],
)
def test_the_stage_is_all_of_its_parts_or_some(
    parts: Collection[str], expected: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_stage: list[tuple[str, ...]] = []
    monkeypatch.setattr(benchmark, "measure_stage", lambda persona, parts, quick: of_stage.append(tuple(parts)))
    monkeypatch.setattr(benchmark, "measure_generators", lambda persona, **_: {"generator": [], "bounds": {}})
    for name in ("measure_steps", "measure_pipeline"):
        monkeypatch.setattr(benchmark, name, lambda *_, **__: {})
    found = benchmark.measure(benchmark.Options(parts))
    assert of_stage == ([expected] if expected else [])
    for name in ("generator", "steps", "pipeline"):
        assert (name in found) == (name in parts) == (name in found["took_s"])


def test_a_quick_measurement_replaces_no_report_and_says_so(
    asked: list[Collection[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark.main(["--quick"]) == 0
    assert asked == [benchmark.PARTS] and not (tmp_path / "benchmarks").exists()
    assert "This was a quick measurement" in capsys.readouterr().out


def test_tables_have_a_line_for_each_row_with_all_its_cells() -> None:
    lines = benchmark.report(result()).splitlines()
    assert any("`render_scale: auto` is 0.5 here, so stages are 32x18." in line for line in lines)
    assert "| pool | dwell | 3.00 (4.50) | 333.3 | 3.00 (4.50) | 333.3 |" in lines
    assert "| water | pool | arrive | 3.00 (4.50) | 3.00 (4.50) |" in lines
    assert "| grade | not measured: no table | | | |" in lines
    assert "| scene | `scenes/saved.yaml` | 80 | 95 | 41 | 29 |" in lines
    assert "| 100.0 | 80.0 | 80% | 2 |" in lines
    assert "| 64x36, 30 per second | 5.0 | 10.0 | 0.50 |" in lines
    for line, following in itertools.pairwise(lines):
        if line.startswith("|") and following.startswith("|"):
            assert line.count("|") == following.count("|"), f"{line}\n{following}"


def test_the_figures_that_ship_make_the_page_that_ships() -> None:
    shipped = json.loads((ROOT / "benchmarks" / "latest.json").read_text(encoding="utf-8"))
    assert benchmark.report(shipped) == (ROOT / "benchmarks" / "report.md").read_text(encoding="utf-8")
