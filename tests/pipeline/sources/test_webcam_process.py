"""The webcam's process: what it loads, and that it is never left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.pipeline.sources import webcam
from engine.pipeline.sources.webcam import probe_camera
from engine.pipeline.sources.webcam_process import ReaderRequest, WebcamProcess
from tests.conftest import ROOT
from tests.pipeline.fake_reader import READER
from tests.pipeline.stand import Stand
from tests.pipeline.viewing import PATIENCE_S, until

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")


def test_the_child_loads_nothing_heavy(stand: Callable[..., Stand]) -> None:
    it = stand("loaded")
    it.until(lambda: it.webcam.state.startswith("lost"))
    assert it.webcam.state == "lost: loaded: "


@LINUX
@pytest.mark.parametrize("act", ["works", "hang 2", "stuck", "freeze 2"])
def test_close_ends_thread_and_child_at_any_moment(stand: Callable[..., Stand], act: str) -> None:
    it = stand(f"run 3; {act}")
    it.until(lambda: Path(f"{it.script}.opened").read_text() == "2" if it.webcam.frame_count else False)
    it.webcam.close()
    it.webcam.close()
    assert "camera" not in [thread.name for thread in threading.enumerate()]
    assert not multiprocessing.active_children()
    assert shared_blocks() == set()


def test_a_child_that_cannot_be_killed_gets_no_rival(
    stand: Callable[..., Stand], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Undead(WebcamProcess):
        made = 0
        refusals = 3

        def __init__(self, request: ReaderRequest, reader: str) -> None:
            Undead.made += 1
            super().__init__(request, reader)

        def close(self, *, is_polite: bool = True, timeout_s: float = 1.0) -> bool:
            if Undead.refusals:
                Undead.refusals -= 1
                return False
            return super().close(is_polite=is_polite, timeout_s=timeout_s)

    monkeypatch.setattr(webcam, "WebcamProcess", Undead)
    it = stand("hang 1; works")
    it.until(lambda: it.webcam.state == "lost: its driver does not release a reader that was killed")
    assert Undead.made == 1
    it.until(lambda: it.webcam.state == "running")
    assert Undead.made == 2


@LINUX
def test_twenty_losses_leave_nothing_behind(stand: Callable[..., Stand]) -> None:
    warm = stand(
        "works"
    )  # what the first child of a program starts for good, such as Python's tracker of shared memory
    warm.take()
    warm.webcam.close()
    before = holdings()
    it = stand("; ".join(["works", *["run 2", "refuse busy"] * 10, "works"]))  # the first line was played by `warm`
    it.until(lambda: it.webcam.restarts == 20 and it.webcam.state == "running")
    during = holdings()
    it.webcam.close()
    assert holdings() == before
    assert during["threads"] == before["threads"] + 1
    assert during["children"] == before["children"] + 1
    assert during["blocks"] == before["blocks"] + 1
    assert during["files"] <= before["files"] + 6, "one child's pipes and block"


def holdings() -> dict[str, int]:
    """What this process holds now."""
    return {
        "files": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "children": len(multiprocessing.active_children()),
        "blocks": len(shared_blocks()),
    }


def shared_blocks() -> set[str]:
    """The blocks of shared memory that this process has mapped."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return {line.split()[5] for line in lines if "/dev/shm/psm_" in line}


ORPHANING = """
import sys
from engine.core.clock import Clock
from engine.pipeline.sources.webcam import Webcam
from engine.pipeline.sources.webcam_device import WebcamDevice
from engine.config.camera import CameraSettings
if __name__ == "__main__":
    webcam = Webcam(WebcamDevice(sys.argv[1]), CameraSettings(), [], Clock(), reader=sys.argv[2])
    webcam.start()
    Clock().sleep_s(3600)
"""


@LINUX
@pytest.mark.parametrize("act", ["works", "hang 2", "stuck"])
def test_the_child_dies_with_its_parent(tmp_path: Path, act: str) -> None:
    script, program = tmp_path / "script", tmp_path / "orphaning.py"
    script.write_text(act)
    program.write_text(ORPHANING)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program, script, READER], env=environment) as parent:
        try:
            until(Path(f"{script}.opened").exists)
            children = child_pids(parent.pid)
        finally:
            parent.send_signal(signal.SIGKILL)
    assert children
    until(lambda: not any(Path(f"/proc/{pid}").exists() and is_alive(pid) for pid in children))


def child_pids(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task").glob("*/children") for child in child.read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_probe_tells_a_camera_from_none(tmp_path: Path) -> None:
    script = tmp_path / "script"
    assert not probe_camera(str(script), reader=READER), "there is no such device"
    script.write_text("works")
    assert probe_camera(str(script), reader=READER, timeout_s=PATIENCE_S)
    script.with_suffix(".opened").unlink()
    script.write_text("refuse busy")
    assert not probe_camera(str(script), reader=READER, timeout_s=PATIENCE_S)
    script.write_text("stuck")
    assert not probe_camera(str(script), reader=READER, timeout_s=1.0)
    assert not multiprocessing.active_children()
