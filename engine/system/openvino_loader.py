"""OpenVINO as this program loads it: without its telemetry, and one `Core` for the whole process."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any


def import_openvino() -> Any:
    """The module `openvino`, which finds its sender of usage statistics absent and goes on without.

    Nothing is sent from a machine that looks at people, and nothing is forked.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: "cannot be imported"
    import openvino

    return openvino


@cache
def openvino_core() -> Any:
    """The one `openvino.Core`, which lives as long as the process.

    Each Core sets a signal stack of its own for the thread that first compiles with it, and puts back the one that it
    found when it ends. Of two that end in the order in which they began, the second puts back what the first has
    unmapped, and the next signal, a Ctrl+C, kills the process before it can finish its files (seen with 2026.1).

    Raises:
        ImportError: OpenVINO is not installed.
    """
    return import_openvino().Core()
