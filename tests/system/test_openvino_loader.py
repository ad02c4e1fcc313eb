"""One Core for the whole process: signals are survived after its networks have gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.system.openvino_loader import openvino_core
from tests.conftest import ROOT
from tests.tiny_persona import write_tiny_persona

DRAW_THEN_INTERRUPT = """
import faulthandler, os, signal, sys
from pathlib import Path
from engine.networks.persona import Persona
from engine.networks.backends.generator_runtime import open_generator

faulthandler.enable()  # gives this thread a signal stack, as a debugger or a test runner does
heard = []
signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
persona = Persona.open(Path(sys.argv[1]))
first = open_generator(persona, runtime="openvino")
second = open_generator(persona, runtime="openvino")
del first  # before the second, which began later
del second
os.kill(os.getpid(), signal.SIGTERM)
print("heard", heard)
"""


def test_there_is_one_for_the_whole_process() -> None:
    assert openvino_core() is openvino_core()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal stacks")
def test_a_signal_is_heard_after_networks_have_gone(tmp_path: Path) -> None:
    tiny = write_tiny_persona(tmp_path / "tiny", resolution=8, seed=5)
    command = (sys.executable, "-c", DRAW_THEN_INTERRUPT, str(tiny))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"heard [{signal.SIGTERM.value}]\n"
