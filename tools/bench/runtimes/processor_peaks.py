"""Peak rates of this machine's processor: matrix products with OpenVINO; copying and reading memory with threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from engine.core.clock import Clock
from engine.networks.backends.cpu_features import computes_bfloat16
from engine.system.openvino_loader import import_openvino
from engine.types import FloatArray
from tools.bench.roofline import Peaks

SIDE, PRODUCTS = 1024, 2  # size of the matrices, and length of the chain of products
RUNS = 30
WORKING_SETS = tuple(2**power for power in (20, 22, 24, 26, 28))  # 1 to 256 MB: from a core's own cache to memory
PASS_BYTES = 2**28  # a working set is traversed until this much has moved


def processor_peaks(name: str) -> Peaks:
    """Measure, in about five seconds.

    Args:
        name: name of the processor.
    """
    precisions = ("float32", "bfloat16") if computes_bfloat16() else ("float32",)
    operations = {precision: product_rate(precision) for precision in precisions}
    return Peaks(name, operations, {size: bandwidth(size) for size in WORKING_SETS})


def product_rate(precision: str, side: int = SIDE, runs: int = RUNS) -> float:
    """Operations per second of large matrix products: the best run counts."""
    openvino = import_openvino()
    from openvino import opset13 as ops

    random = np.random.default_rng(0)
    start = ops.parameter([side, side], np.float32)
    x: Any = start
    for _ in range(PRODUCTS):
        weight = random.standard_normal((side, side), np.float32) / np.float32(
            np.sqrt(side)
        )  # keeps magnitudes constant
        x = ops.matmul(x, ops.constant(weight), False, True)
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
    }
    request = openvino.Core().compile_model(openvino.Model([x], [start]), "CPU", options).create_infer_request()
    begin = random.standard_normal((side, side), np.float32)
    seconds = _best_s(lambda: request.infer([begin], share_inputs=True, share_outputs=True), runs)
    return PRODUCTS * 2 * side**3 / seconds


def bandwidth(working_set: int, pass_bytes: int = PASS_BYTES) -> float:
    """Bytes per second moved by all cores within a working set: the better of copying and reading."""
    cores = os.cpu_count() or 1
    length = working_set // cores // 8  # float32 numbers in each of two arrays
    sets = [(np.ones(length, np.float32), np.zeros(length, np.float32)) for _ in range(cores)]
    times = max(1, pass_bytes // working_set)

    def copy(pair: tuple[FloatArray, FloatArray]) -> None:
        for _ in range(times):
            np.copyto(pair[1], pair[0])

    def read(pair: tuple[FloatArray, FloatArray]) -> None:
        for _ in range(times):
            np.dot(pair[0], pair[1])

    with ThreadPoolExecutor(cores) as pool:
        best_s = min(_best_s(lambda work=work: list(pool.map(work, sets)), 3) for work in (copy, read))  # type: ignore[misc]
    return times * cores * 2 * length * 4 / best_s


def _best_s(work: Callable[[], object], runs: int) -> float:
    """Minimum time of a call after a warm-up, s."""
    clock, durations = Clock(), []
    for _ in range(1 + runs):
        began_s = clock.now_s()
        work()
        durations.append(clock.now_s() - began_s)
    return min(durations[1:])
