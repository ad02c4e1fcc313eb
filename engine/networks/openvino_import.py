"""OpenVINO without its telemetry: nothing is sent from a machine that looks at people, and nothing is forked."""

from __future__ import annotations

import sys
from typing import Any


def import_openvino() -> Any:
    """The module `openvino`, which finds its sender of usage statistics absent and goes on without.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: "cannot be imported"
    import openvino

    return openvino
