"""How drawing and reflecting share the processor: what is set once, at the start, before libraries make their pools.

Every library that computes here would take all cores for itself, in a pool whose threads wait for each other. What a
picture is drawn with has to come first: a reflection that is late is hardly seen, a picture that is late is.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import MutableMapping

log = logging.getLogger(__name__)

SWITCH_S = 0.0005
"""How long a thread may hold Python's lock while another wants it, s. Python's own 5 ms, several times for a picture,
are a third of its time. Changed to and fro within one run on two busy cores, this gave 18 % more reflections, as many
pictures, and 8 % less between two of them at the 99th percentile."""

NICENESS = 1
"""By how much whoever reflects gives way on Linux; each step is a tenth of the processor where both want it. Measured
in the same run: 6 % more pictures, 10 % less between two at the 99th percentile, 2 % fewer reflections; by 3 steps it
would be 10 %, 14 % and 18 %."""


def limit_pools(environment: MutableMapping[str, str] = os.environ, cores: int | None = None) -> None:
    """Say how many threads libraries may start, where the operator has not said so; before they are imported.

    Half of the cores are left to drawing. The generator has a number of its own (`reflection: {threads: ...}`).
    """
    half = max(1, (cores or os.cpu_count() or 2) // 2)
    limits = {
        "OPENBLAS_NUM_THREADS": 1,  # NumPy: small matrices, for which a pool costs more than it brings
        "OMP_NUM_THREADS": half,  # PyTorch, where Keras runs on it
        "TF_NUM_INTRAOP_THREADS": half,  # TensorFlow, where it draws instead of OpenVINO
        "TF_NUM_INTEROP_THREADS": 1,
    }
    for name, threads in limits.items():
        environment.setdefault(name, str(threads))


def share_processor() -> None:
    """Set what can be set while the program runs: Python's lock, and OpenCV, whose pictures here are small."""
    import cv2

    sys.setswitchinterval(SWITCH_S)
    cv2.setNumThreads(1)


def give_way() -> None:
    """Let this thread, and all that it starts from now on, come after those that draw; on Linux only, where the
    priority is a thread's own and is handed down. MediaPipe's and OpenVINO's pools cannot be reached otherwise."""
    if sys.platform != "linux":
        return
    thread = threading.get_native_id()
    try:
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS))
    except OSError as error:  # some containers allow no change
        log.info("the reflection cannot give way to drawing: %s", error.strerror)
