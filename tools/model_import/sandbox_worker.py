"""Sandboxed child: drops its privileges, reads the files, and reports the result.

Before a byte of a file is read, limits are set and an audit hook is installed that refuses every import, execution,
process and connection: readers need none of these, so any attempt was caused by the file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.core.errors import ModelError
from tools.model_import import caffe_conversion, pggan_conversion
from tools.model_import.sandbox_job import Job

JOBS: Mapping[str, Callable[[Job], dict[str, Any]]] = {
    "pggan": pggan_conversion.convert,
    "attributes": caffe_conversion.convert,
}
PROCESSOR_LIMIT_S = 240
MEMORY_BYTES = 1 << 30
MEMORY_PER_SOURCE_BYTE = 3
MAX_WRITTEN_BYTES = 1 << 29

# audit events that no reader causes
_FORBIDDEN = (
    "import",
    "exec",
    "compile",
    "marshal.",
    "pickle.",
    "code.",
    "ctypes.",
    "socket.",
    "subprocess.",
    "urllib.",
    "http.",
    "pty.",
    "webbrowser.",
    "winreg.",
    "msvcrt.",
    "sys._getframe",
    "sys.setprofile",
    "sys.settrace",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.chown",
    "os.putenv",
    "shutil.",
)


_CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.utime")


def main() -> None:
    """Run the job in the first argument, as JSON; used only by `sandbox.read_confined`."""
    task = json.loads(sys.argv[1])
    output = Path(task["output"])
    job = Job({name: Path(path) for name, path in task["sources"].items()}, output, task["options"], _report)
    _set_limits(int(task["total_bytes"]))
    sys.addaudithook(_guard(output))
    try:
        _notify({"result": JOBS[task["job"]](job)})
    except ModelError as error:
        _notify({"refused": str(error), "source": job.reading})
    except _TrippedError as error:
        _notify({"refused": f"it led its reader to {error}", "source": job.reading})
    except (MemoryError, RecursionError):
        _notify({"refused": "it asks for more memory than a file of networks needs", "source": job.reading})
    except OSError as error:
        _notify({"refused": f"it cannot be read or converted ({error.strerror})", "source": job.reading})


class _TrippedError(BaseException):
    """Forbidden operation; not an Exception, so that no reader can catch it."""


def _guard(output: Path) -> Callable[[str, tuple[Any, ...]], None]:
    inside = str(output) + os.sep

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise _TrippedError(event)
        changes = event in _CHANGES or (event == "open" and _writes(arguments))
        if changes and not str(os.fspath(arguments[0])).startswith(inside):
            raise _TrippedError("write outside its folder")

    return guard


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND))


def _set_limits(total_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY_BYTES + MEMORY_PER_SOURCE_BYTE * total_bytes,
        resource.RLIMIT_CPU: PROCESSOR_LIMIT_S,
        resource.RLIMIT_FSIZE: MAX_WRITTEN_BYTES,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))


def _report(share: float) -> None:
    _notify({"progress": round(share, 4)})


def _notify(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()
