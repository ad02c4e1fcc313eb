"""The supervisor with shows that are a few lines of Python: ended in order, dying, hanging, refusing."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.clock import Clock
from engine.supervision import supervisor as module
from engine.supervision.heartbeat import Heartbeat
from engine.supervision.supervisor import Supervisor, read_status
from tools.keep_running import split_status

SHOW = """
import json, os, signal, sys, time
path, says = sys.argv[sys.argv.index("--status") + 1], sys.argv[1]
with open(says + ".log", "a") as log:
    words = [word for word in sys.argv[2:] if word not in ("--status", path)]
    print(os.environ["NARCISSUS_RESTARTS"], *words, file=log)
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
for frame in range(1, 10_000):
    with open(path + ".new", "w") as file:
        json.dump({"pid": os.getpid(), "frames": frame, "reflections": frame, "rss_mb": 1}, file)
    os.replace(path + ".new", path)
    {acts}
    time.sleep(0.01)
"""
Start = Callable[..., Supervisor]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    monkeypatch.setattr(module, "LOOK_S", 0.02)

    def make(acts: str, *options: str, limit_s: float = 30.0) -> Supervisor:
        show = tmp_path / "show.py"
        show.write_text(SHOW.replace("{acts}", acts), encoding="utf-8")
        command = [sys.executable, str(show), str(tmp_path / "show"), *options]
        status = tmp_path / "status.json"
        return Supervisor(command, status, ("--scene", "safe"), Clock(), lambda at: Heartbeat(at, limit_s))

    return make


def starts(tmp_path: Path) -> list[str]:
    return (tmp_path / "show.log").read_text(encoding="utf-8").splitlines()


def test_a_show_that_ends_in_order_is_not_started_again(start: Start, tmp_path: Path) -> None:
    assert start("if frame == 3: sys.exit(0)", "--scene", "pool").run() == 0
    assert starts(tmp_path) == ["0 --scene pool"]


def test_what_refuses_its_configuration_is_not_tried_again(start: Start, tmp_path: Path) -> None:
    assert start("sys.exit(3)").run() == 3
    assert starts(tmp_path) == ["0"]


def test_a_show_that_dies_is_started_again_and_in_the_end_with_the_safe_scene(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.supervision.restart_policy.FIRST_WAIT_S", 0.01)
    supervisor = start(
        'if "safe" in sys.argv: sys.exit(0)\n    os.kill(os.getpid(), signal.SIGKILL)', "--scene", "pool"
    )
    assert supervisor.run() == 0
    assert starts(tmp_path) == [*(f"{count} --scene pool" for count in range(4)), "4 --scene pool --scene safe"]
    assert supervisor.restarts == 4


def test_a_show_that_hangs_is_killed_with_its_children_and_started_again(start: Start, tmp_path: Path) -> None:
    acts = """if os.environ["NARCISSUS_RESTARTS"] == "1": sys.exit(0)
    if frame == 3: os.kill(os.getpid(), signal.SIGSTOP)"""
    assert start(acts, limit_s=0.2).run() == 0
    assert starts(tmp_path) == ["0", "1"]


def test_stop_ends_the_show_in_order(start: Start, tmp_path: Path) -> None:
    supervisor = start("pass")
    timer = threading.Timer(0.5, supervisor.stop)
    timer.start()
    assert supervisor.run() == 0
    timer.join()
    assert starts(tmp_path) == ["0"]


def test_a_status_of_another_process_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert read_status(path, 7) is None
    for content, found in (
        (json.dumps({"pid": 7}), {"pid": 7}),
        (json.dumps({"pid": 8}), None),
        ("{", None),
        ("[]", None),
    ):
        path.write_text(content, encoding="utf-8")
        assert read_status(path, 7) == found


@pytest.mark.parametrize("given", [["--status", "a.json"], ["--status=a.json"]])
def test_the_status_is_taken_from_the_options(given: list[str]) -> None:
    assert split_status(["--scene", "pool", *given, "--headless"]) == (
        Path("a.json"),
        ["--scene", "pool", "--headless"],
    )
    assert split_status(["--headless"]) == (None, ["--headless"])
