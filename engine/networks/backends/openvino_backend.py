"""OpenVINO backend: the generator as a compiled graph, in the variant that is fastest on this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.core.clock import Clock, TimeSource
from engine.networks.backends.autotune_cache import AutotuneCache
from engine.networks.backends.autotuner import Autotuner
from engine.networks.backends.backend import Engine
from engine.networks.backends.batch_sizes import BatchSizes
from engine.networks.backends.graph_variants import GraphVariant
from engine.networks.backends.openvino_graph import build_graph
from engine.networks.generator.folded_layers import FoldedLayer, layers_for
from engine.networks.pggan.architecture import GeneratorSettings
from engine.system.openvino_loader import import_openvino, openvino_core
from engine.types import ByteArray, FloatArray

TRIAL_AFTER = 150  # pictures before variants are compared: the start belongs to the visitor
REST = 60  # pictures between two duels: compiling a challenger takes up to a second
MOST_TOGETHER = 4  # faces of one turn drawn as one batch

_log = logging.getLogger(__name__)

Layers = tuple[tuple[FoldedLayer, ...], tuple[FoldedLayer, ...]]


class OpenVinoEngine:
    """Compiled graph for one latent and, compiled in the background, for several in one turn.

    Args:
        model: graph for a batch of one.
        precision: `float32` or `bfloat16`.
        threads: processor threads; None leaves it to OpenVINO.
        build: builds the graph again for larger batches; None draws several latents one after another.
    """

    most_at_once = 1

    def __init__(self, model: Any, precision: str, threads: int | None, build: Callable[[], Any] | None = None) -> None:
        self.precision = precision

        def compile_for(size: int) -> _CompiledGraph:
            assert build is not None
            larger = build()
            larger.reshape([size, *larger.input(0).shape[1:]])
            return _CompiledGraph(larger, precision, threads)

        one = _CompiledGraph(model, precision, threads)
        self._sizes = BatchSizes(one, compile_for if build is not None else None, MOST_TOGETHER)
        self._one = one

    def draw_one(self, z: FloatArray) -> ByteArray:
        picture: ByteArray = self._one.draw(z[None])[-1][0]
        return picture

    def draw_together(self, latents: FloatArray) -> list[ByteArray]:
        drawn = (compiled.draw(latents[part])[-1] for compiled, part in self._sizes.parts(len(latents)))
        return [picture for batch in drawn for picture in batch]

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        return self._one.draw(latents)

    def wait(self, timeout_s: float) -> None:
        """Wait until no larger batch is being compiled."""
        self._sizes.wait(timeout_s)


class _CompiledGraph:
    """A graph for one size of batch. OpenVINO writes the pictures straight into the arrays that are returned."""

    def __init__(self, model: Any, precision: str, threads: int | None) -> None:
        compiled = openvino_core().compile_model(model, "CPU", compile_options(precision, threads))
        self._tensor = import_openvino().Tensor
        self._request = compiled.create_infer_request()
        self._latents = np.zeros(tuple(compiled.input(0).shape), np.float32)
        self._request.set_input_tensor(self._tensor(self._latents, shared_memory=True))
        self._shapes = [tuple(output.shape) for output in compiled.outputs]

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        """Latents (N, latent_size) -> pictures (N, S, S, 4) for each output; N is the size of the batch."""
        self._latents[:] = latents
        pictures = [np.empty(shape, np.uint8) for shape in self._shapes]
        for index, picture in enumerate(pictures):
            self._request.set_output_tensor(index, self._tensor(picture, shared_memory=True))
        self._request.infer(share_outputs=True)
        return pictures


def compile_options(precision: str, threads: int | None) -> dict[str, str | int]:
    """Compile options for one batch at a time with minimum latency."""
    options: dict[str, str | int] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
    }
    return options if threads is None else options | {"INFERENCE_NUM_THREADS": threads}


@dataclass
class OpenVinoRuntime:
    """Opens a persona's generator through OpenVINO.

    Args:
        settings: settings of the generator.
        read_layers: reads its layers and preview layers, see `folded_layers.fold` and `fold_previews`; called for every
                graph, so that weights are not held twice.
        forms: allowed variants, the one to start with first.
        threads: processor threads to draw with; None leaves it to OpenVINO.
        choice: cache of the fastest variant; None keeps the first and measures nothing.
        clock: measures durations.

    Attributes:
        form: current variant: the cached one, else the first, until the tuner has found the fastest.
        is_settled: whether nothing is left to measure.
    """

    settings: GeneratorSettings
    read_layers: Callable[[], Layers]
    forms: Sequence[GraphVariant]
    threads: int | None = None
    choice: AutotuneCache | None = None
    clock: TimeSource | None = None
    name: str = "openvino"

    def __post_init__(self) -> None:
        remembered = self.choice.read() if self.choice is not None else None
        self.form = remembered or self.forms[0]
        self.is_settled = self.choice is None or remembered is not None or len(self.forms) == 1

    def open(self, size_px: int, with_previews: bool) -> Engine:
        if size_px == self.settings.resolution and not with_previews and not self.is_settled:
            return TryingEngine(self, self.clock or Clock())
        return self.open_form(self.form, size_px, with_previews)

    def open_form(self, form: GraphVariant, size_px: int, with_previews: bool = False) -> OpenVinoEngine:
        """Open an engine in a given variant.

        Raises:
            RuntimeError: this machine cannot run it.
        """
        build = None if with_previews else lambda: self.graph(form, size_px)
        return OpenVinoEngine(self.graph(form, size_px, with_previews), form.precision, self.threads, build)

    def graph(self, form: GraphVariant, size_px: int, with_previews: bool = False) -> Any:
        """Network as `openvino.Model`, see `build_graph`."""
        layers, previews = layers_for(self.settings, *self.read_layers(), size_px, with_previews)
        return build_graph(self.settings, layers, form, previews)

    def settle(self, trial: Autotuner) -> None:
        """Switch to the winning variant, and cache it."""
        self.form, self.is_settled = trial.champion, True
        if self.choice is not None:
            self.choice.write(trial.champion, trial.ratios)
        _log.info("the generator is fastest as: %s", trial.champion)


class TryingEngine:
    """Draws the show's pictures alternately in two variants until the fastest is known; the pictures are the same.

    Args:
        runtime: runtime it draws for, and reports the winner to.
        clock: measures durations.
        trial_after, rest: see `TRIAL_AFTER` and `REST`.
    """

    most_at_once = 1

    def __init__(
        self, runtime: OpenVinoRuntime, clock: TimeSource, trial_after: int = TRIAL_AFTER, rest: int = REST
    ) -> None:
        self._runtime = runtime
        self._clock = clock
        first = runtime.form
        self._trial = Autotuner([first, *(form for form in runtime.forms if form != first)])
        self._engines = {first: self._open(first)}
        self._rest, self._pause = rest, trial_after

    @property
    def precision(self) -> str:
        return self._trial.champion.precision

    def draw_one(self, z: FloatArray) -> ByteArray:
        picture: ByteArray = self.draw(z[None])[-1][0]
        return picture

    def draw_together(self, latents: FloatArray) -> list[ByteArray]:
        """One after another until the trial is over: times of larger batches would tell nothing."""
        if self._trial.is_over:
            return self._engines[self._trial.champion].draw_together(latents)
        return [self.draw_one(z) for z in latents]

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        form = self._trial.champion
        if self._pause > 0:
            self._pause -= 1
        elif not self._trial.is_over and self._has_challenger():
            form = self._trial.next()
        began_s = self._clock.now_s()
        pictures = self._engines[form].draw(latents)
        if not self._trial.is_over and len(self._engines) > 1:
            self._note(form, self._clock.now_s() - began_s)
        return pictures

    def _note(self, form: GraphVariant, seconds: float) -> None:
        challenger = self._trial.challenger
        self._trial.note(form, seconds)
        if self._trial.challenger == challenger:
            return
        self._engines = {self._trial.champion: self._engines[self._trial.champion]}
        self._pause = self._rest
        if self._trial.is_over:
            self._runtime.settle(self._trial)

    def _has_challenger(self) -> bool:
        """Open the next challenger if needed; skip those that this machine cannot run."""
        challenger = self._trial.challenger
        if challenger is None or challenger in self._engines:
            return challenger is not None
        try:
            engine = self._open(challenger)
            engine.draw(np.zeros((1, self._runtime.settings.latent_size), np.float32))  # the first run is slow
        except (RuntimeError, MemoryError) as error:
            _log.info("the form %s cannot be tried: %s", challenger, " ".join(str(error).split())[:200])
            self._trial.withdraw()
            if self._trial.is_over:
                self._runtime.settle(self._trial)
            return False
        self._engines[challenger] = engine
        return True

    def _open(self, form: GraphVariant) -> OpenVinoEngine:
        return self._runtime.open_form(form, self._runtime.settings.resolution)
