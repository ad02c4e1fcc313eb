"""Keys of an installation's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.control.bindings_file import load_control_file
from engine.control.keys import Keys
from engine.control.layers import Layer
from engine.control.parameter import Access, Kind, Parameter, RefusedError
from engine.control.register import Register, UnknownAddressError
from engine.core.clock import ManualClock

WEAR, HOLD, NEXT = "/narcissus/scene/frame/wear", "/narcissus/show/hold", "/narcissus/show/next"
FILE = f"""\
keys:
  f5: {NEXT}
  ctrl+g: {HOLD}
  page up: {{address: {WEAR}, value: 0.9}}
  x: /narcissus/scene/gone/knob
  w: {WEAR}
"""


@pytest.fixture
def register() -> Register:
    register = Register(ManualClock())
    register.declare(
        "all",
        [
            Parameter(WEAR, Kind.FLOAT, "Wear.", default=0.5, low=0.0, high=1.0),
            Parameter(HOLD, Kind.BOOL, "Hold.", default=False),
            Parameter(NEXT, Kind.TRIGGER, "Next.", Access.WRITE, is_command=True),
        ],
    )
    return register


def test_keys_press_switch_and_set_and_give_back(tmp_path: Path, register: Register) -> None:
    path = tmp_path / "control.yaml"
    path.write_text(FILE)
    keys = Keys(load_control_file(path), register)
    assert keys.press("f5") and [command.address for command in register.take_commands()] == [NEXT]
    assert keys.press("ctrl+g") and register.value(HOLD) is True
    assert keys.press("ctrl+g") and register.value(HOLD) is False
    assert keys.press("page up") and register.value(WEAR) == 0.9
    top = register.why(WEAR).holdings[0]
    assert (top.layer, top.by) == (Layer.PANEL, "the key page up")
    assert keys.press("page up") and register.value(WEAR) == 0.5
    assert not keys.press("f6") and not keys.press("g")
    with pytest.raises(UnknownAddressError):
        keys.press("x")
    with pytest.raises(RefusedError, match="must be a number"):
        keys.press("w")


def test_without_a_file_nothing_is_bound(tmp_path: Path, register: Register) -> None:
    assert not Keys(load_control_file(tmp_path / "control.yaml"), register).press("f5")
