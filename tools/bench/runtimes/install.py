"""Create the environment of the runtimes to compare with: `python -m tools.bench.runtimes.install FOLDER`.

It contains the packages in requirements-bench.lock, and nothing of the show. For some systems, PyTorch's processor
builds are on a separate index; if they are not found, the others are installed without it, and a sentence says so.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOCK = ROOT / "requirements-bench.lock"
STAMP = ".ready"  # as new as the lock after a complete installation
DISPENSABLE = "torch"
WITHOUT_IT = (
    "PyTorch's build for processors cannot be installed here, so it is not compared: set PIP_EXTRA_INDEX_URL to the "
    "index that has it (PyTorch's installation page names it) and try again"
)


def environment_python(folder: Path) -> Path:
    """Python interpreter of an environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def without(lock: str, name: str) -> str:
    """Lock without one of its packages."""
    blocks = re.split(r"(?m)^(?=\S)", lock)
    return "".join(block for block in blocks if not re.match(rf"{re.escape(name)}\b(?!-)", block))


def install(folder: Path, lock: Path = LOCK, run: Callable[[Sequence[str]], int] | None = None) -> int:
    """Install the lock into a new environment.

    Args:
        folder: folder of the environment.
        lock: lock file.
        run: runs a command and returns its exit status.

    Returns:
        Exit status: 0 if everything, or everything but PyTorch, is installed.
    """
    run = run or (lambda command: subprocess.run(command, check=False).returncode)
    venv.create(folder, clear=True, with_pip=True)
    pip = [str(environment_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    status = run([*pip, "--require-hashes", "-r", str(lock)])
    if status == 0:
        (folder / STAMP).touch()
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        rest = Path(scratch, lock.name)
        rest.write_text(without(lock.read_text(encoding="utf-8"), DISPENSABLE), encoding="utf-8")
        status = run([*pip, "--require-hashes", "-r", str(rest)])
    print(WITHOUT_IT if status == 0 else f"the packages in {lock.name} cannot be installed", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1])))
