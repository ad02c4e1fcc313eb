"""Where the time goes within the show's generator: OpenVINO's own clock, operation by operation. Run by the worker."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from engine.networks.persona import GENERATOR_FILE
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.pggan.weight_file import check_network_header
from engine.system.openvino_loader import import_openvino
from tools.bench.runtimes import NotOfferedError
from tools.bench.runtimes.engine_runtime import open_case

RUNS = 15


def profile(folder: Path, form: str, precision: str, variant: str) -> list[dict[str, Any]]:
    """Run the show's generator with OpenVINO's counters on; arguments as of `narcissus.open_case`.

    Returns:
        For every operation that takes time, in the order in which they run: `type`, `shape` of what it makes, the
        `kernel` that it runs as, and `ms`, the median.

    Raises:
        NotOfferedError: the show does not draw through OpenVINO here.
    """
    with _counters() as requests:
        opened = open_case(folder, form, precision, variant)
        latent_size = check_network_header(folder / GENERATOR_FILE, GeneratorSettings).latent_size
        latents = [seed_latent(seed, latent_size)[None] for seed in range(RUNS)]
        for z in latents[:2]:
            opened.draw(z)
        before = [_times_ms(request) for _, request in requests]
        opened.draw(latents[0])
        at_work = [pair for pair, times in zip(requests, before, strict=True) if _times_ms(pair[1]) != times]
        if len(at_work) != 1:
            raise NotOfferedError(f"the show draws through {opened.how}, which does not say where its time goes")
        compiled, request = at_work[0]
        durations: defaultdict[str, list[float]] = defaultdict(list)
        for z in latents:
            opened.draw(z)
            for name, duration_ms in _times_ms(request).items():
                durations[name].append(duration_ms)
    return _in_order(compiled, {name: statistics.median(each) for name, each in durations.items()})


def _in_order(compiled: Any, median_ms: dict[str, float]) -> list[dict[str, Any]]:
    operations = sorted(compiled.get_runtime_model().get_ordered_ops(), key=lambda node: int(_said(node, "execOrder")))
    return [
        {
            "type": _said(node, "layerType"),
            "shape": list(node.get_output_shape(0)),
            "kernel": _said(node, "primitiveType"),
            "ms": round(median_ms[node.friendly_name], 4),
        }
        for node in operations
        if median_ms.get(node.friendly_name)
    ]


@contextmanager
def _counters() -> Iterator[list[tuple[Any, Any]]]:
    """Within it, all that OpenVINO compiles counts; collects each compiled model with a request that was made of it."""
    openvino = import_openvino()
    compile_model, create = openvino.Core.compile_model, openvino.CompiledModel.create_infer_request
    requests: list[tuple[Any, Any]] = []

    def counting(core: Any, model: Any, device: str, options: dict[str, Any]) -> Any:
        return compile_model(core, model, device, {**options, "PERF_COUNT": True})

    def collecting(compiled: Any) -> Any:
        request = create(compiled)
        requests.append((compiled, request))
        return request

    with (
        mock.patch.object(openvino.Core, "compile_model", counting),
        mock.patch.object(openvino.CompiledModel, "create_infer_request", collecting),
    ):
        yield requests


def _times_ms(request: Any) -> dict[str, float]:
    return {node.node_name: 1000 * node.real_time.total_seconds() for node in request.get_profiling_info()}


def _said(node: Any, key: str) -> str:
    value = node.get_rt_info()[key]
    return str(value.astype(str) if hasattr(value, "astype") else value)
