"""What is set for the whole process is tried in one of its own."""

import os
import subprocess
import sys
import threading

import pytest

from engine.system.cpu_priority import NICENESS, give_way, limit_pools

SHARED = """
import sys
import cv2
from engine.system.cpu_priority import SWITCH_S, share_processor
share_processor()
assert cv2.getNumThreads() == 1
assert sys.getswitchinterval() == SWITCH_S
"""


def test_pools_leave_half_of_the_cores_and_the_operator_has_the_last_word() -> None:
    environment = {"OPENBLAS_NUM_THREADS": "3"}
    limit_pools(environment, cores=8)
    assert environment == {
        "OPENBLAS_NUM_THREADS": "3",
        "OMP_NUM_THREADS": "4",
        "TF_NUM_INTRAOP_THREADS": "4",
        "TF_NUM_INTEROP_THREADS": "1",
    }
    alone: dict[str, str] = {}
    limit_pools(alone, cores=1)
    assert set(alone.values()) == {"1"}


def test_pythons_lock_and_opencv_are_set() -> None:
    subprocess.run([sys.executable, "-c", SHARED], check=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own elsewhere")
def test_who_gives_way_hands_that_down_and_the_main_thread_does_not() -> None:
    found: list[int] = []

    def ask() -> None:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def reflect() -> None:
        give_way()
        ask()
        pool = threading.Thread(target=ask)
        pool.start()
        pool.join()

    before = os.getpriority(os.PRIO_PROCESS, 0)
    thread = threading.Thread(target=reflect)
    thread.start()
    thread.join()
    assert found == [min(19, before + NICENESS)] * 2
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own elsewhere")
def test_where_priorities_are_fixed_the_show_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    caplog.set_level("INFO")
    monkeypatch.setattr(os, "setpriority", refuse)
    give_way()
    assert "the reflection cannot give way to drawing: Operation not permitted" in caplog.text
