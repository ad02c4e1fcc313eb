"""How the generator is timed beside other runtimes: turns, parity, bounds, verdicts, and who is said to be absent."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.networks.persona import Persona
from tests.tiny_persona import write_tiny_persona
from tools.bench.generator.bounds import bounds
from tools.bench.generator.cases import Case, cases, compare_cases, open_cases, time_in_turns
from tools.bench.generator.networks import Network, networks
from tools.bench.generator.tables import generator_tables
from tools.bench.generator.verdicts import verdicts
from tools.bench.generator.worker_pool import AbsentError, TimedRuntime, WorkerPool
from tools.bench.roofline import Peaks, network_bound_ms, network_costs

PEAKS = Peaks("processor", {"float32": 1e9, "bfloat16": 2e9}, {1 << 20: 1e9})
WAYS = {
    "narcissus": [("fused", "")],
    "openvino": [("fused", ""), ("plain", "")],
    "pytorch": [("fused", "eager"), ("fused", "compiled")],
}


class FakeContender:
    """Answers at once, and remembers what it was asked.

    Args:
        log: of all requests, in their order.
        picture: that it draws.
        cannot: words that a request must not have, and what it says then.
    """

    def __init__(self, name: str, log: list[str], picture: np.ndarray, cannot: Mapping[str, str] | None = None) -> None:
        self._name, self._log, self._picture, self._cannot = name, log, picture, cannot or {}

    def ask(self, **request: Any) -> dict[str, Any]:
        self._log.append(f"{request['do']} {request.get('key', '')}")
        for word, reason in self._cannot.items():
            if word in " ".join(map(str, request.values())):
                raise AbsentError(reason)
        if request["do"] == "draw":
            np.save(request["output"], self._picture)
        return {"open": {"how": "as it comes", "device": "processor"}, "time": {"ms": [2.0, 4.0]}}.get(
            request["do"], {}
        )


class FakeCrew(dict[str, FakeContender]):
    """Contenders by name."""

    def __init__(self, contenders: Mapping[str, FakeContender]) -> None:
        super().__init__(contenders)
        self.absent: dict[str, str] = {}


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def crew(log: list[str]) -> Any:
    """Three that draw the same, and a reference that does as well."""
    picture = np.full((2, 4, 4, 4), 100, np.uint8)
    return FakeCrew({name: FakeContender(name, log, picture) for name in (*WAYS, "reference")})


def quiet(_: str) -> None:
    pass


def test_all_ways_are_tried_in_each_precision_but_compilers_only_when_asked() -> None:
    every = [case.key for case in cases(WAYS, ("float32", "bfloat16"), compiled=True)]
    assert len(every) == len(set(every)) == 10 and "pytorch fused bfloat16 compiled" in every
    assert [key for key in every if "compiled" not in key] == [
        case.key for case in cases(WAYS, ("float32", "bfloat16"), compiled=False)
    ]


def test_they_are_timed_in_turns_and_nobody_always_follows_the_same(crew: Any, log: list[str], tmp_path: Path) -> None:
    found = cases(WAYS, ("float32",), compiled=False)
    time_in_turns(crew, found, tmp_path / "latents.npy", budget_s=0.0)
    rounds = [log[begin : begin + len(found)] for begin in range(0, len(log), len(found))]
    assert len(rounds) >= 4 and all(set(each) == {f"time {case.key}" for case in found} for each in rounds)
    assert len({each[0] for each in rounds}) == len(found)
    assert all(len(case.durations_ms) == 2 * len(rounds) for case in found)
    assert found[0].row()["ms"] == 3.0 and found[0].row()["runs"] == 2 * len(rounds)


def test_who_cannot_or_draws_something_else_is_not_timed(crew: Any, log: list[str], tmp_path: Path) -> None:
    wrong = np.full((2, 4, 4, 4), 103, np.uint8)
    crew["openvino"] = FakeContender("openvino", log, wrong, {"open openvino plain": "it has no such form"})
    crew["pytorch"] = FakeContender("pytorch", log, wrong - 3, {"bfloat16": "it has no bfloat16"})
    found = cases(WAYS, ("float32", "bfloat16"), compiled=False)
    open_cases(crew, found, tmp_path, quiet)
    compare_cases(crew, found, tmp_path / "latents.npy")
    time_in_turns(crew, found, tmp_path / "latents.npy", budget_s=0.0)
    by_key = {case.key: case for case in found}
    assert by_key["narcissus fused float32"].parity == (0.0, 0)
    assert by_key["openvino plain float32"].absent == "it has no such form"
    assert by_key["pytorch fused bfloat16 eager"].absent == "it has no bfloat16"
    assert "3.00 levels of 255 on average, 3 at most" in by_key["openvino fused bfloat16"].absent
    assert not any(case.durations_ms for case in found if case.absent)
    assert {line.split()[1] for line in log if line.startswith("time")} == {"narcissus", "pytorch"}


def test_what_was_timed_before_a_process_ended_counts(crew: Any, log: list[str], tmp_path: Path) -> None:
    found = cases(WAYS, ("float32",), compiled=False)
    found[0].durations_ms = [5.0]
    for name in ("narcissus", "openvino"):
        crew[name] = FakeContender(name, log, np.zeros(0), {"fused": "it ended"})
    time_in_turns(crew, found, tmp_path / "latents.npy", budget_s=0.0)
    rows = {case.key: case.row() for case in found}
    assert rows["narcissus fused float32"]["ms"] == 5.0 and rows["openvino fused float32"]["absent"] == "it ended"
    assert log.count("time narcissus fused float32") == 1


def test_without_a_reference_they_are_timed_and_the_report_says_so(crew: Any, log: list[str], tmp_path: Path) -> None:
    crew["reference"] = FakeContender("reference", log, np.zeros(0), {"open": "Keras is not installed"})
    found = cases(WAYS, ("float32",), compiled=False)
    compare_cases(crew, found, tmp_path / "latents.npy")
    assert crew.absent == {"reference": "Keras is not installed"}
    assert not any(case.absent or case.parity for case in found)


def test_a_process_that_cannot_answer_is_one_sentence(tmp_path: Path) -> None:
    missing = TimedRuntime("pytorch", tmp_path / "bin" / "python", tmp_path)
    with pytest.raises(AbsentError, match=r"is missing: `make bench` installs"):
        missing.ask(do="version")
    unknown = TimedRuntime("nobody", Path(sys.executable), tmp_path)
    try:
        with pytest.raises(AbsentError, match=r"ModuleNotFoundError: .*nobody"):
            unknown.ask(do="version")
    finally:
        unknown.close()
        unknown.close()


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("exec sleep 60", "no answer within 0.2 s"),
        ("echo first >&2; echo the last words >&2; exit 7", "the last words"),
        ("exit 7", "its process ended with status 7"),
    ],
)
def test_a_process_that_hangs_or_dies_is_started_anew(does: str, said: str, tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    contender = TimedRuntime("pytorch", script, tmp_path)
    try:
        for _ in range(2):
            with pytest.raises(AbsentError, match=f"^{re.escape(said)}$"):
                contender.ask(limit_s=0.2 if "sleep" in does else 30.0, do="version")
    finally:
        contender.close()


def test_a_crew_says_who_is_there_and_why_others_are_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def ask(self: TimedRuntime, **request: Any) -> dict[str, Any]:
        if self.name == "pytorch":
            raise AbsentError("No module named 'torch'")
        return {"version": f"{self.name} 1", "ways": [["fused", ""]]}

    monkeypatch.setattr(TimedRuntime, "ask", ask)
    with WorkerPool(tmp_path / "python") as crew:
        crew.muster()
        assert crew.summary["openvino"] == {"version": "openvino 1"}
        assert crew.summary["pytorch"] == {"absent": "No module named 'torch'"}
        assert crew.ways["onnxruntime"] == [("fused", "")] and "pytorch" not in crew.ways


def test_the_networks_are_those_of_the_report(tmp_path: Path) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    every = networks(persona, quick=False)
    assert [network.settings.resolution for network in every] == [16, 128, 1024]
    assert [network.name for network in every] == ["tiny, 16², 256/8", "128², 4096/256", "1024², 8192/512"]
    assert set(networks(persona, quick=True)) < set(every)


def test_a_network_is_written_as_a_persona(tmp_path: Path) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    copy, random, again = (tmp_path / name for name in ("copy", "random", "again"))
    for folder, origin in ((copy, persona.folder), (random, None), (again, None)):
        folder.mkdir()
        Network("random", persona.settings, origin).write(folder)
    assert Persona.open(copy).generator_sha256 == persona.generator_sha256
    assert Persona.open(random).generator_sha256 == Persona.open(again).generator_sha256 != persona.generator_sha256


def test_every_row_has_the_bound_of_its_own_form(tmp_path: Path) -> None:
    settings = Persona.open(write_tiny_persona(tmp_path / "tiny", resolution=8)).settings
    rows: list[dict[str, Any]] = [
        {"network": "tiny", "form": form, "precision": "float32", "device": device}
        for form in ("fused", "plain")
        for device in ("processor", "a card")
    ]
    found = bounds(rows, {"tiny": settings}, {"processor": PEAKS})
    for row in rows:
        expected = network_bound_ms(network_costs(settings, row["form"]), PEAKS, "float32")
        assert ("bound_ms" in row) == (row["device"] == "processor")
        assert row.get("bound_ms", expected) == pytest.approx(expected, abs=0.001)
    assert found == {"peaks": [PEAKS.to_json()]}


def row(runtime: str, form: str, precision: str, ms: float, **more: Any) -> dict[str, Any]:
    return {
        "network": "net",
        "size": 64,
        "runtime": runtime,
        "form": form,
        "precision": precision,
        "how": "so",
        "device": "processor",
        "ms": ms,
        "p95_ms": ms + 1,
        "runs": 9,
        "bound_ms": 2.0,
        **more,
    }


ROWS = [
    row("narcissus", "fused", "float32", 10.0, difference={"mean": 0.01, "max": 1}),
    row("narcissus", "fused", "bfloat16", 4.0),
    row("narcissus", "plain", "bfloat16", 6.0),
    row("openvino", "fused", "float32", 9.6),
    row("openvino", "plain", "float32", 5.0),
    row("openvino", "fused", "bfloat16", 3.0),
    row("onnxruntime", "plain", "float32", 12.0),
    row("onnxruntime", "fused", "float32", 11.0),
    row("pytorch", "plain", "float32", 20.0),
    row("pytorch", "fused", "bfloat16", 7.0),
    {
        "network": "net",
        "size": 64,
        "runtime": "onnxruntime",
        "form": "fused",
        "precision": "bfloat16",
        "variant": "",
        "absent": "it has no bfloat16",
    },
]


def test_verdicts_compare_the_best_forms_of_one_run() -> None:
    found = {(each["precision"], each["runtime"]): each for each in verdicts(ROWS, ["net"])}
    told = {key: (round(each["ratio"], 2), each["holds"]) for key, each in found.items()}
    assert told == {
        ("float32", "openvino"): (0.96, True),  # the same form: the plain one is another network
        ("float32", "onnxruntime"): (1.1, False),
        ("float32", "pytorch"): (2.0, True),
        ("bfloat16", "openvino"): (0.75, False),
        ("bfloat16", "onnxruntime"): (2.75, True),  # its best has float32, as it knows no bfloat16
        ("bfloat16", "pytorch"): (1.75, False),
    }
    assert not list(verdicts(ROWS, ["another"]))


def test_the_page_has_all_figures_and_says_what_is_missing() -> None:
    result = {
        "contenders": {"narcissus": {"version": "OpenVINO 1"}, "pytorch": {"absent": "No module named 'torch'"}},
        "generator": ROWS,
        "bounds": {"peaks": [PEAKS.to_json()]},
    }
    lines = generator_tables(result)
    assert "- PyTorch: No module named 'torch'." in lines
    assert "| processor | 1 G in float32, 2 G in bfloat16 | 1 G in 1 MB |" in lines
    assert "| **Narcissus** | fused | float32 | so | 10.00 | 11.00 | 1.00 | 2.00 | 5.0 | 0.01, 1 at most |" in lines
    assert "| **Narcissus** | plain | bfloat16 | so | 6.00 | 7.00 | 1.50 | 2.00 | 3.0 |  |" in lines
    assert "| PyTorch | fused | bfloat16 | so | 7.00 | 8.00 | 1.75 | 2.00 | 3.5 |  |" in lines
    assert "- ONNX Runtime, bfloat16: not measured, it has no bfloat16." in lines
    assert any(
        line.startswith("| net | bfloat16 | ONNX Runtime | fused, so, float32 | 11.00 | 4.00 |") for line in lines
    )
    for line, following in itertools.pairwise(lines):
        if line.startswith("|") and following.startswith("|"):
            assert line.count("|") == following.count("|"), f"{line}\n{following}"


def test_a_case_without_parity_says_nothing_of_it() -> None:
    case = Case("narcissus", "fused", "float32", durations_ms=[1.0])
    assert "difference" not in case.row()
