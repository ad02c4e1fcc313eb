"""The confined child: what it is kept from, by the kernel and by its own hook, and how its parent hears of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.errors import ModelError
from tools.model_import.sandbox import MAX_SOURCE_BYTES, check_source, read_confined

ROOT = Path(__file__).parents[3]


def run(program: str) -> str:
    """What a program prints that begins by importing the child's module."""
    command = [sys.executable, "-c", "import os, sys\nfrom tools.model_import import sandbox_worker as c\n" + program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr[-200:]


ATTEMPTS = {
    "a command": "os.system('echo ran')",
    "a process": "os.posix_spawn('/bin/sh', ['sh'], {})",
    "a fork": "os.fork()",
    "an import": "import antigravity",
    "an execution": "exec(compile('print(1)', 'x', 'exec'))",
    "an evaluation": "eval('1')",
    "a connection": "import _socket; _socket.socket().connect(('127.0.0.1', 9))",
    "a file elsewhere": "open('/tmp/narcissus-canary', 'w')",
    "a file elsewhere, low": "os.open('/tmp/narcissus-canary', os.O_CREAT | os.O_WRONLY)",
    "a file beside its folder": "open('/tmp/out-and-more/x', 'w')",
    "a removal elsewhere": "os.remove('/tmp/narcissus-canary')",
    "a swallowed import": "\n    try:\n        import antigravity\n    except Exception:\n        print('ran')",
}


@pytest.mark.skipif(sys.platform == "win32", reason="the attempts are written for Linux")
@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_hook_refuses(name: str) -> None:
    said = run(
        "from pathlib import Path\n"
        "sys.addaudithook(c._guard(Path('/tmp/out')))\n"
        f"try:\n    {ATTEMPTS[name]}\n    print('ran')\nexcept c._TrippedError as error:\n    print('refused')\n"
    )
    assert said == "refused\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource limits")
def test_the_kernel_limits_memory_files_and_processor_time() -> None:
    said = run(
        "import resource\n"
        "c._set_limits(1000)\n"
        "try:\n    bytearray(c.MEMORY_BYTES)\n    print('taken')\nexcept MemoryError:\n    print('no memory')\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[1], resource.getrlimit(resource.RLIMIT_CORE)[1])\n"
        "try:\n    [open('/dev/null') for _ in range(100)]\nexcept OSError:\n    print('no more files')\n"
    )
    assert said.startswith("no memory\n240 0\nno more files\n")


def test_a_child_that_cannot_do_its_job_refuses_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.pkl").write_bytes(b"\x80\x04N.")
    with pytest.raises(ModelError, match=r"nothing was imported from x\.pkl: its reader died or took more than 300 s"):
        read_confined("another job", {"pickle": tmp_path / "x.pkl"}, tmp_path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "vast.pkl"
    with path.open("wb") as file:
        file.truncate(MAX_SOURCE_BYTES + 1)  # takes no room on the disk
    with pytest.raises(ModelError, match=r"nothing was imported from vast\.pkl: it is larger than 1024 MB"):
        check_source(path)


def test_a_name_with_control_letters_is_told_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        check_source(tmp_path / "a\nb\x1b[31m.pkl")
    assert str(caught.value) == "nothing was imported from a?b?[31m.pkl: no such file or directory"
