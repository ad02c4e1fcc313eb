"""Figures as a JSON file: six digits, null for unknown values, written atomically."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.core.errors import DeviceError
from engine.system.atomic_write import atomic_write


def write_json(path: Path, figures: Any) -> None:
    """Write figures atomically; missing values become null.

    Raises:
        DeviceError: the file cannot be written.
    """
    text = json.dumps(_rounded(figures), indent=2, allow_nan=False) + "\n"
    try:
        with atomic_write(path) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"{path} cannot be written: {error.strerror or error}") from error


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
