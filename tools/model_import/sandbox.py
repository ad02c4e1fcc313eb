"""Sandboxed child process for untrusted files: limited memory and time, no access to anything, expendable.

The file is refused if the child refuses it or does not return. The caller checks the child's output again. Knows
nothing of the file formats; `sandbox_worker.py` runs in the child.

On Linux the kernel limits the child's memory, processor time, open files and output. On Windows these limits do not
exist here: the readers' own limits (sizes are checked before memory is allocated, arrays are views of the file) and the
time limit remain.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from engine.core.errors import ModelError

MAX_SOURCE_BYTES = 1 << 30
TIME_LIMIT_S = 300.0
MAX_LINE_LETTERS = 1 << 16
MAX_LINES = 20_000

Progress = Callable[[float], None]

_ROOT = Path(__file__).resolve().parents[2]
# the child finds this program by its folder only: no environment variables, no user packages
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from tools.model_import.sandbox_worker import main; main()"


def check_source(path: Path) -> int:
    """Check a file to be read; returns its size in bytes.

    Raises:
        ModelError: it is missing, not a regular file, empty or too large.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise refusal(path, (error.strerror or "it cannot be read").lower()) from error
    if not stat.S_ISREG(status.st_mode):
        raise refusal(path, "it is not a regular file")
    if not 0 < status.st_size <= MAX_SOURCE_BYTES:
        size = "it is empty" if not status.st_size else f"it is larger than {MAX_SOURCE_BYTES >> 20} MB"
        raise refusal(path, size)
    return status.st_size


def refusal(path: Path, reason: str) -> ModelError:
    """Error with one line for the user: file name and reason."""
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name[:200])
    return ModelError(f"nothing was imported from {name}: {' '.join(reason.split())[:400]}")


def read_confined(
    job: str,
    sources: Mapping[str, Path],
    output: Path,
    options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> dict[str, Any]:
    """Run one of `sandbox_worker.JOBS` in a child process.

    Args:
        sources: files to read, by role; refusals name the first.
        output: existing folder for the child's output.
        options: further arguments of the job.
        progress: called with the completed share, 0 to 1.

    Returns:
        The child's description of the files: plain values; texts in it come from the files.

    Raises:
        ModelError: the file is refused; one line.
    """
    first = next(iter(sources.values()))
    total_bytes = sum(check_source(path) for path in sources.values())
    task = {
        "job": job,
        "sources": {name: str(path.resolve()) for name, path in sources.items()},
        "output": str(output.resolve()),
        "options": dict(options or {}),
        "total_bytes": total_bytes,
    }
    command = [sys.executable, "-I", "-B", "-c", _PROGRAM, str(_ROOT), json.dumps(task)]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=output,
        env=_environment(),
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as child:
        timer = threading.Timer(time_limit_s, child.kill)
        timer.daemon = True
        timer.start()
        try:
            answer = _listen(child.stdout, progress or (lambda _: None))
        finally:
            timer.cancel()
            child.kill()  # it has sent its result
    if "refused" in answer:
        blamed = sources.get(str(answer.get("source")), first)
        raise refusal(blamed, str(answer["refused"]))
    if not isinstance(answer.get("result"), dict):
        raise refusal(first, f"its reader died or took more than {time_limit_s:.0f} s or the memory that it was given")
    result: dict[str, Any] = answer["result"]
    return result


def _environment() -> dict[str, str]:
    needed = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each thread would reserve memory
    if "SYSTEMROOT" in os.environ:  # Windows starts no program without it
        needed["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return needed


def _listen(lines: IO[str] | None, progress: Progress) -> dict[str, Any]:
    """Final message of the child, or an empty table if there was none."""
    for _ in range(MAX_LINES):
        line = lines.readline(MAX_LINE_LETTERS) if lines else ""
        if not line:
            break
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(said, dict):
            break
        share = said.get("progress")
        if not isinstance(share, int | float):
            return said
        progress(min(max(float(share), 0.0), 1.0))
    return {}
