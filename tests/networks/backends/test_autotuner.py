"""Which form is taken: the tournament, what is remembered of it, and what this machine's processor says."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from engine.core.clock import ManualClock
from engine.networks.backends import openvino_backend
from engine.networks.backends.autotune_cache import AutotuneCache
from engine.networks.backends.autotuner import HOPELESS_TURNS, TURNS, Autotuner
from engine.networks.backends.cpu_features import computes_bfloat16, processor_name
from engine.networks.backends.generator_runtime import open_generator, open_openvino
from engine.networks.backends.graph_variants import GraphVariant, candidates
from engine.networks.backends.openvino_backend import OpenVinoEngine, OpenVinoRuntime, TryingEngine
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from tests.tiny_persona import write_tiny_persona

FORMS = candidates("auto", has_bfloat16=True)
FUSED, PLAIN, PHASE = GraphVariant("transposed"), GraphVariant("nearest"), GraphVariant("phase")
FAST = GraphVariant("transposed", precision="bfloat16")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Persona:
    return Persona.open(write_tiny_persona(tmp_path_factory.mktemp("models") / "tiny", resolution=16, seed=5))


def play(trial: Autotuner, seconds: dict[GraphVariant, float]) -> list[GraphVariant]:
    """Let forms of these durations meet until it is over; who had which turn."""
    turns: list[GraphVariant] = []
    while not trial.is_over:
        turns.append(trial.next())
        trial.note(turns[-1], seconds[turns[-1]])
    return turns


def test_the_fastest_form_wins_and_the_duels_are_turn_and_turn_about() -> None:
    trial = Autotuner([FUSED, PLAIN, PHASE])
    turns = play(trial, {FUSED: 0.010, PLAIN: 0.020, PHASE: 0.008})
    assert trial.champion == PHASE
    assert trial.ratios == pytest.approx({PLAIN: 2.0, PHASE: 0.8})
    assert turns[: 2 * HOPELESS_TURNS] == [FUSED, PLAIN] * HOPELESS_TURNS, "a hopeless challenger costs little"
    assert turns[2 * HOPELESS_TURNS :] == [FUSED, PHASE] * TURNS


def test_a_stall_decides_no_duel() -> None:
    trial = Autotuner([FUSED, PHASE])
    durations = iter([0.01, 0.008, 0.01, 3.0, *[0.01, 0.008] * TURNS])
    while not trial.is_over:
        trial.note(trial.next(), next(durations))
    assert trial.champion == PHASE


@pytest.mark.parametrize(
    ("float32_s", "bfloat16_s", "winner"),
    [(0.020, 0.010, FAST), (0.0105, 0.010, FUSED), (0.010, 0.040, FUSED)],
)
@pytest.mark.parametrize("order", [(FUSED, FAST), (FAST, FUSED)])
def test_bfloat16_is_taken_only_where_it_pays(
    order: tuple[GraphVariant, GraphVariant], float32_s: float, bfloat16_s: float, winner: GraphVariant
) -> None:
    trial = Autotuner(order)
    play(trial, {FUSED: float32_s, FAST: bfloat16_s})
    assert trial.champion == winner


def test_one_that_cannot_be_run_is_passed_over() -> None:
    trial = Autotuner([FUSED, PHASE, PLAIN])
    trial.withdraw()
    assert trial.challenger == PLAIN and set(play(trial, {FUSED: 1.0, PLAIN: 1.0})) == {FUSED, PLAIN}
    assert trial.champion == FUSED


def test_without_bfloat16_in_the_processor_it_is_taken_only_if_asked_for() -> None:
    assert {form.precision for form in candidates("auto", has_bfloat16=False)} == {"float32"}
    assert candidates("auto", has_bfloat16=True)[0] == GraphVariant(precision="bfloat16")
    assert {form.precision for form in candidates("float32", has_bfloat16=True)} == {"float32"}
    assert {form.precision for form in candidates("bfloat16", has_bfloat16=False)} == {"bfloat16"}


def test_a_choice_is_remembered_for_all_that_its_speed_depends_on(tiny: Persona, tmp_path: Path) -> None:
    choice = AutotuneCache(tiny, "auto", None, FORMS, tmp_path)
    assert choice.read() is None
    choice.write(PHASE, {PLAIN: 2.04})
    assert AutotuneCache(tiny, "auto", None, FORMS, tmp_path).read() == PHASE
    content = json.loads(choice.path.read_text())
    assert content["duration_ratios"] == {"nearest, rms, float32": 2.04}
    assert content["made_with"]["generator"] == tiny.generator_sha256
    assert AutotuneCache(tiny, "auto", 1, FORMS, tmp_path).read() is None
    assert AutotuneCache(tiny, "float32", None, FORMS, tmp_path).read() is None
    choice.forget()
    choice.forget()
    assert choice.read() is None and list(choice.path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    ["", "[" * 100_000, "[]", '{"form": 3}', '{"form": {"upsampling": "no"}}', '{"form": {"pixel": "rms"}}'],
)
def test_a_damaged_choice_is_made_anew(
    content: str, tiny: Persona, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    choice = AutotuneCache(tiny, "auto", None, FORMS, tmp_path)
    choice.path.parent.mkdir()
    choice.path.write_text(content)
    with caplog.at_level(logging.WARNING):
        assert choice.read() is None
    assert "is damaged and will be measured again" in caplog.text


def test_a_choice_that_cannot_be_kept_ends_nothing(
    tiny: Persona, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        AutotuneCache(tiny, "auto", None, FORMS, tmp_path / "file").write(PHASE, {})
    assert "cannot be saved in" in caplog.text


def test_bfloat16_is_used_where_the_processor_has_it(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor : 0\nmodel : 17\nmodel name : Some 9\nflags : fpu sse2 avx512_bf16 amx_tile\n")
    assert computes_bfloat16(info)
    assert processor_name(info) == "Some 9 17"
    info.write_text("processor : 0\nflags : fpu sse2 avx2\n")
    assert not computes_bfloat16(info)
    assert not computes_bfloat16(tmp_path / "absent")
    assert processor_name(tmp_path / "absent")


class TimedEngine(OpenVinoEngine):
    """Draws as ever, and takes the time that its form is said to take."""

    clock: ManualClock
    seconds: dict[str, float]

    def draw(self, latents: np.ndarray) -> list[np.ndarray]:
        self.clock.advance(self.seconds[self.precision])
        return super().draw(latents)


def test_a_show_finds_the_fastest_form_while_it_draws_and_remembers_it(
    tiny: Persona, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = TimedEngine.clock = ManualClock()
    TimedEngine.seconds = {"float32": 0.01, "bfloat16": 0.004}
    monkeypatch.setattr(openvino_backend, "OpenVinoEngine", TimedEngine)
    forms = (FUSED, FAST)
    runtime = OpenVinoRuntime(
        tiny.settings,
        open_openvino(tiny).read_layers,
        forms,
        threads=1,
        choice=AutotuneCache(tiny, "auto", 1, forms, tmp_path),
        clock=clock,
    )
    engine = TryingEngine(runtime, clock, trial_after=3, rest=2)
    z = seed_latents([1], 16)
    expected = engine.draw(z)[-1].astype(int)
    drawn = [engine.draw(z)[-1] for _ in range(2 + 2 * TURNS)]
    assert all(np.abs(picture - expected).max() <= 16 for picture in drawn), "no picture is lost to the measurement"
    assert engine.precision == "bfloat16" and runtime.form == FAST
    after = clock.now_s()
    engine.draw(z)
    assert clock.now_s() - after == pytest.approx(0.004), "it stays with the winner"
    again = open_generator(tiny, precision="auto", threads=1, is_tuned=True, cache_folder=tmp_path)
    assert again.runtime == "openvino"
    assert AutotuneCache(tiny, "auto", 1, forms, tmp_path).read() == FAST


def test_a_form_that_this_machine_cannot_run_is_passed_over(tiny: Persona, tmp_path: Path) -> None:
    class Picky(OpenVinoRuntime):
        def open_form(self, form: GraphVariant, size_px: int, with_previews: bool = False) -> OpenVinoEngine:
            if form == PHASE:
                raise RuntimeError("could not create a primitive")
            return super().open_form(form, size_px, with_previews)

    forms = (FUSED, PHASE)
    runtime = Picky(
        tiny.settings, open_openvino(tiny).read_layers, forms, 1, AutotuneCache(tiny, "auto", 1, forms, tmp_path)
    )
    engine = TryingEngine(runtime, ManualClock(), trial_after=0)
    assert engine.draw(seed_latents([1], 16))[-1].shape == (1, 16, 16, 4)
    assert AutotuneCache(tiny, "auto", 1, forms, tmp_path).read() == FUSED
