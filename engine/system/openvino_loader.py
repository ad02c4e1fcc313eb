"""OpenVINO without its telemetry, and with one `Core` for the whole process."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any


def import_openvino() -> Any:
    """The module `openvino`, imported with its telemetry package hidden.

    A machine that looks at people sends no usage statistics.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: "cannot be imported"
    import openvino

    return openvino


@cache
def openvino_core() -> Any:
    """The `openvino.Core` of this process; it lives as long as the process.

    Each Core installs a signal stack for the thread that first compiles with it, and restores the previous one when it
    is destroyed. If two are destroyed in the order of their creation, the second restores a stack that the first has
    unmapped, and the next signal, a Ctrl+C, kills the process before it can finish its files (seen with 2026.1).

    Raises:
        ImportError: OpenVINO is not installed.
    """
    return import_openvino().Core()
