"""Graphics card in this machine, and missing packages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from engine.core.errors import CudaError
from engine.core.messages import join_words
from engine.system.cuda_driver import CudaDriver

# package: distributions that provide it
_DISTRIBUTIONS = {"cupy": ("cupy-cuda12x", "cupy-cuda13x", "cupy"), "cv2": ("opencv-contrib-python",)}


def describe_card() -> dict[str, str]:
    """Name, driver and memory of the first card, from nvidia-smi.

    Raises:
        CudaError: there is no NVIDIA driver, or no card.
    """
    if CudaDriver().device_count() == 0:
        raise CudaError("the NVIDIA driver finds no card")
    command = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        name, driver, memory = (part.strip() for part in said.splitlines()[0].split(","))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return {"name": "NVIDIA card", "driver": "unknown", "memory": "unknown"}
    return {"name": name, "driver": driver, "memory": memory}


def file_stem(name: str) -> str:
    """File name for a card: `NVIDIA H100 80GB HBM3` becomes `h100-80gb-hbm3`."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return words.removeprefix("nvidia-").removeprefix("geforce-") or "gpu"


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of the installed packages."""
    found = {}
    for package in packages:
        for distribution in _DISTRIBUTIONS.get(package, (package,)):
            try:
                found[package] = version(distribution)
            except PackageNotFoundError:
                continue
    return found


def missing(packages: Iterable[str]) -> str:
    """Sentence that names missing packages; empty if there are none."""
    absent = [package for package in packages if find_spec(package) is None]
    verb = "is" if len(absent) == 1 else "are"
    return f"{join_words(absent, 'and')} {verb} not installed" if absent else ""
