"""CPU sharing between drawing and reflecting, set once at the start, before libraries create their thread pools.

Every library that computes would otherwise take all cores, with pools whose threads wait for each other. Drawing comes
first: a late reflection is hardly noticed, a late frame is.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import MutableMapping

log = logging.getLogger(__name__)

SWITCH_S = 0.0005
"""Longest time a thread holds Python's lock while another wants it, s. The default of 5 ms, several times per frame, is
a third of the frame time. Alternated within one run on two busy cores, this value gave 18 % more reflections, as many
frames, and 8 % less frame time at the 99th percentile."""

NICENESS = 1
"""Niceness of the reflection thread on Linux; each step is about a tenth of a contested core. Measured in the same run:
6 % more frames, 10 % less frame time at the 99th percentile, 2 % fewer reflections; with 3 steps 10 %, 14 % and 18
%."""


def limit_pools(environment: MutableMapping[str, str] = os.environ, cores: int | None = None) -> None:
    """Limit the threads that libraries may start, unless the operator has; call it before they are imported.

    Half of the cores are left to drawing. The generator has its own limit (`reflection: {threads: ...}`).
    """
    half = max(1, (cores or os.cpu_count() or 2) // 2)
    limits = {
        "OPENBLAS_NUM_THREADS": 1,  # NumPy: small matrices, for which a pool costs more than it gains
        "OMP_NUM_THREADS": half,  # PyTorch as Keras backend
        "TF_NUM_INTRAOP_THREADS": half,  # TensorFlow instead of OpenVINO
        "TF_NUM_INTEROP_THREADS": 1,
    }
    for name, threads in limits.items():
        environment.setdefault(name, str(threads))


def share_processor() -> None:
    """Set what can be set at run time: Python's lock, and the threads of OpenCV, whose pictures here are small."""
    import cv2

    sys.setswitchinterval(SWITCH_S)
    cv2.setNumThreads(1)


def give_way() -> None:
    """Lower the priority of this thread and of all that it starts from now on, below those that draw. Linux only, where
    priorities belong to threads and are inherited: the pools of MediaPipe and OpenVINO cannot be reached otherwise."""
    if sys.platform != "linux":
        return
    thread = threading.get_native_id()
    try:
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS))
    except OSError as error:  # some containers forbid it
        log.info("the reflection cannot give way to drawing: %s", error.strerror)
