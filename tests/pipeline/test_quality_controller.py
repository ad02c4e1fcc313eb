"""The quality controller: softer when the machine is too slow or has no memory, and back, without swinging."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pytest

from engine.core.clock import ManualClock
from engine.networks.backends.backend import QualityLevel
from engine.pipeline.dynamic_resolution import TOO_SLOW, WAIT_S, WINDOW_S, DynamicResolution
from engine.pipeline.generator_step import GeneratorStep
from engine.pipeline.quality_controller import WAIT_S as MEMORY_WAIT_S
from engine.pipeline.quality_controller import QualityController
from engine.types import ByteArray, FloatArray, Latent

PERIOD_S = 1 / 30
BEST, HALF, QUARTER = (QualityLevel("openvino", size) for size in (128, 64, 32))
LATENT = Latent(np.ones(4, np.float32), 1.0, None, 0.0)


class Machine:
    """Turns whose drawing takes as long as the size says, `load` times; beside that each takes 5 ms."""

    def __init__(self, control: DynamicResolution, cost_s: dict[int, float]) -> None:
        self.control, self.cost_s = control, cost_s
        self.load, self.now_s = 1.0, 0.0

    def run(self, seconds: float) -> list[int]:
        """Sizes that were drawn."""
        sizes, until_s = [], self.now_s + seconds
        while self.now_s < until_s:
            drawing_s = self.load * self.cost_s[self.control.size_px]
            turn_s = drawing_s + 0.005
            self.now_s += max(turn_s, PERIOD_S)
            self.control.note(drawing_s, turn_s, PERIOD_S, self.now_s)
            sizes.append(self.control.size_px)
        return sizes


def test_a_machine_that_holds_the_rate_draws_the_whole_picture() -> None:
    machine = Machine(DynamicResolution((128, 64)), {128: 0.027})
    assert set(machine.run(60)) == {128}


def test_a_slow_machine_draws_softer_and_stays_there() -> None:
    machine = Machine(DynamicResolution((128, 64, 32)), {128: 0.060, 64: 0.025, 32: 0.010})
    sizes = machine.run(120)
    assert sizes[0] == 128 and set(sizes[round(2 * WINDOW_S / PERIOD_S) :]) == {64}, "it does not swing"
    assert machine.control.lowered_count == 1


def test_it_comes_back_when_the_load_has_gone() -> None:
    machine = Machine(DynamicResolution((128, 64, 32)), {128: 0.018, 64: 0.012, 32: 0.006})
    machine.load = 3.0
    assert machine.run(12)[-1] in (64, 32)
    machine.load = 1.0
    assert machine.run(3 * WAIT_S)[-1] == 128


def test_coming_back_in_vain_makes_it_wait_longer() -> None:
    machine = Machine(DynamicResolution((128, 64)), {128: 0.018, 64: 0.012})
    changes, before = [], 128
    for _ in range(150):  # the load comes back as soon as the whole picture is drawn
        machine.load = 3.0 if machine.control.size_px == 128 else 1.0
        if machine.control.size_px == 64 and machine.now_s - (changes[-1] if changes else 0) < WINDOW_S:
            machine.load = 3.0  # while the new size is measured, it is still there
        after = machine.run(WINDOW_S)[-1]
        if before == 64 and after == 128:
            changes.append(machine.now_s)
        before = after
    pauses = np.diff(changes)
    assert len(pauses) >= 2 and (np.diff(pauses) > 0).all()


def test_what_is_slow_besides_drawing_is_no_reason_to_draw_softer() -> None:
    control = DynamicResolution((128, 64))
    for i in range(600):
        control.note(0.002, 0.2, PERIOD_S, i * 0.2)
    assert control.size_px == 128


def test_one_slow_turn_is_no_reason_either() -> None:
    control = DynamicResolution((128, 64))
    for i in range(600):
        control.note(1.0 if i % 20 == 0 else 0.01, 1.0 if i % 20 == 0 else 0.02, PERIOD_S, i * PERIOD_S)
    assert control.size_px == 128


@pytest.mark.parametrize(("floor_px", "lowest"), [(0, 128), (64, 64), (50, 64), (32, 32), (1024, 128)])
def test_the_floor_is_kept(floor_px: int, lowest: int) -> None:
    clock = ManualClock()
    controller = QualityController((BEST, HALF, QUARTER), floor_px, clock)
    for _ in range(400):
        clock.advance(0.2)
        controller.note(0.2, 0.2, PERIOD_S)
    assert controller.level.size_px == lowest
    assert controller.standing.lowered_count == {128: 0, 64: 1, 32: 2}[lowest]
    assert TOO_SLOW * PERIOD_S < 0.2


class Hungry:
    """A generator that needs memory by the pixel, and raises as its runtime would when there is less.

    Attributes:
        memory_px: the widest picture for which there is memory, by runtime; -1 for none.
    """

    size_px, latent_size = 128, 4

    def __init__(self, levels: tuple[QualityLevel, ...], error: Callable[[], Exception]) -> None:
        self.levels, self._error = levels, error
        self.memory_px = {"tensorflow": 1024, "openvino": 1024}
        self.freed_count, self.fails_once = 0, False

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray:
        assert level is not None
        if self.fails_once or level.size_px > self.memory_px[level.runtime]:
            self.fails_once = False
            raise self._error()
        picture = np.zeros((level.size_px, level.size_px, 4), np.uint8)
        picture[::2] = 255
        return picture

    def growth(self, z: FloatArray, level: QualityLevel | None = None) -> tuple[ByteArray, ...]:
        return np.zeros((4, 4, 4), np.uint8), self(z, level)

    def free(self) -> None:
        self.freed_count += 1


class XlaRuntimeError(RuntimeError):
    """As JAX's."""


ERRORS = (
    lambda: MemoryError(),
    lambda: RuntimeError("Exception from src/inference: std::bad_alloc"),
    lambda: XlaRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes."),
)


def hungry_step(
    levels: tuple[QualityLevel, ...], error: Callable[[], Exception] = ERRORS[0], floor_px: int = 32
) -> tuple[GeneratorStep, Hungry, QualityController, ManualClock]:
    clock = ManualClock()
    generator, controller = Hungry(levels, error), QualityController(levels, floor_px, clock)
    return GeneratorStep(generator, clock, controller), generator, controller, clock


@pytest.mark.parametrize("error", ERRORS)
def test_memory_that_ran_out_is_freed_and_the_same_picture_drawn(
    error: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    generator_step, generator, controller, _ = hungry_step((BEST, HALF), error)
    generator.fails_once = True
    with caplog.at_level(logging.WARNING):
        assert generator_step.draw(LATENT).image.shape[0] == 128
    assert (generator.freed_count, controller.standing.memory_faults) == (1, 1)
    assert not controller.standing.is_short_of_memory
    assert "memory ran out while the face was drawn with 128 px on openvino, and was freed" in caplog.text


@pytest.mark.parametrize("error", ERRORS)
def test_the_ladder_goes_down_to_the_processor_and_comes_back(error: Callable[[], Exception]) -> None:
    card = tuple(QualityLevel("tensorflow", size) for size in (128, 64, 32))
    generator_step, generator, controller, clock = hungry_step((*card, BEST, HALF, QUARTER), error)
    assert generator_step.draw(LATENT).image.shape[0] == 128
    generator.memory_px["tensorflow"] = 64
    assert generator_step.draw(LATENT, with_previews=True).image.shape[0] == 64
    assert controller.level == card[1] and controller.standing.is_short_of_memory
    assert "64 px on tensorflow in place of 128 px on tensorflow, as memory ran out" in str(controller.standing)
    generator.memory_px["tensorflow"] = -1
    assert generator_step.draw(LATENT).image.shape[0] == 128
    assert controller.level == BEST, "the processor draws the whole picture"
    generator.memory_px["tensorflow"] = 1024
    for _ in range(3):
        clock.advance(MEMORY_WAIT_S)
        generator_step.draw(LATENT)
    assert controller.level == card[0] and not controller.standing.is_short_of_memory


def test_without_any_memory_the_picture_is_held_and_drawn_again_later() -> None:
    generator_step, generator, _, clock = hungry_step((BEST, HALF))
    generator.memory_px["openvino"] = -1
    with pytest.raises(MemoryError, match="there is not enough memory to draw a face in any way"):
        generator_step.draw(LATENT)
    clock.advance(2.0)
    generator.memory_px["openvino"] = 64
    assert generator_step.draw(LATENT).image.shape[0] == 64
    generator.memory_px["openvino"] = 1024
    clock.advance(MEMORY_WAIT_S)
    assert generator_step.draw(LATENT).image.shape[0] == 128


def test_memory_that_stays_short_is_asked_for_ever_more_rarely() -> None:
    generator_step, generator, controller, clock = hungry_step((BEST, HALF))
    generator.memory_px["openvino"] = 64
    faults = []
    for _ in range(600):
        clock.advance(1.0)
        assert generator_step.draw(LATENT).image.shape[0] == 64, "each attempt ends in a picture all the same"
        faults.append(controller.standing.memory_faults)
    moments = np.flatnonzero(np.diff(faults))
    assert 3 <= len(moments) <= 6 and all(np.diff(moments, 2) > 0)


def test_other_faults_are_none_of_the_ladder() -> None:
    generator_step, generator, controller, _ = hungry_step((BEST, HALF), lambda: RuntimeError("a primitive is missing"))
    generator.fails_once = True
    with pytest.raises(RuntimeError, match="a primitive is missing"):
        generator_step.draw(LATENT)
    assert controller.standing.memory_faults == 0 and generator.freed_count == 0
