"""ONNX Runtime with all graph optimisations, and the number of threads that is fastest here."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from engine.core.clock import Clock
from engine.types import ByteArray, FloatArray
from tools.bench.runtimes import PROCESSOR, NotOfferedError, Opened
from tools.bench.runtimes.forms import FORMS, read_form
from tools.bench.runtimes.onnx_file import onnx_model

WAYS = tuple((form, "") for form in FORMS)
TRIALS = 2
CUDA = "CUDAExecutionProvider"


def version() -> str:
    return f"ONNX Runtime {onnxruntime.__version__}"


def open_case(folder: Path, form: str, precision: str, variant: str) -> Opened:
    read = read_form(folder, form)
    content = onnx_model(read, precision).SerializeToString()
    is_cuda = CUDA in onnxruntime.get_available_providers()
    cores = os.cpu_count() or 1
    try:
        sessions = {threads: _session(content, threads, is_cuda) for threads in {cores, max(1, cores // 2)}}
    except Exception as error:  # its exceptions have no public base
        if precision == "float32":
            raise
        raise NotOfferedError(f"it has no {precision} kernels for this network") from error
    latents = np.ones((1, read.settings.latent_size), np.float32)
    threads = min(sessions, key=lambda threads: _trial_s(sessions[threads], latents))
    device = "graphics card through CUDA" if is_cuda else PROCESSOR
    return Opened(sessions[threads], f"{threads} thread{'s' if threads > 1 else ''}", device)


def _session(content: bytes, threads: int, is_cuda: bool) -> Callable[[FloatArray], ByteArray]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # its threads spin while it draws, as usual, but not while others are timed
    options.add_session_config_entry("session.force_spinning_stop", "1")
    providers = [CUDA, "CPUExecutionProvider"] if is_cuda else ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(content, options, providers=providers)

    def draw(z: FloatArray) -> ByteArray:
        picture: ByteArray = session.run(None, {"z": z})[0]
        return picture

    return draw


def _trial_s(draw: Callable[[FloatArray], ByteArray], latents: FloatArray) -> float:
    clock, durations = Clock(), []
    for _ in range(1 + TRIALS):
        began_s = clock.now_s()
        draw(latents)
        durations.append(clock.now_s() - began_s)
    return statistics.median(durations[1:])
