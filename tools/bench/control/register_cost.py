"""What setting a parameter costs whoever sets it, and what the register costs the thread that draws, per frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.control.layers import Layer
from engine.control.register import Register
from engine.control.scene_parameters import scene_knobs
from engine.control.show_parameters import show_parameters, state_parameters
from engine.core.clock import Clock
from engine.scene.scene import Scene

ROUNDS = 2000


def measure_register(scene: Scene) -> dict[str, float]:
    """Times in µs, the fastest of five rounds: of `set`, of reading what counts where nothing and where everything has
    changed, and of a follower's poll.

    Args:
        scene: whose knobs are set, all of them.
    """
    register = Register(Clock())
    register.declare("show", show_parameters((Path(scene.title).stem,), scene.title, 3))
    register.declare("state", state_parameters())
    knobs = scene_knobs(scene)
    grounds = {address: knob.ground for address, knob in knobs.items()}
    register.declare("scene", (knob.parameter for knob in knobs.values()), grounds)
    for address, knob in knobs.items():
        register.set(address, knob.parameter.at_share(0.4), Layer.OSC)
    numbers = [address for address, knob in knobs.items() if knob.parameter.kind == "float"]
    follower, seen = register.follow(), [register.overrides]

    def look() -> None:
        if register.overrides is not seen[0]:
            seen[0] = register.overrides

    def spread() -> None:
        together: dict[str, dict[str, object]] = {}
        for address, value in register.overrides.items():
            together.setdefault(knobs[address].pass_name, {})[knobs[address].knob] = value

    return {
        "parameters": len(register.parameters()),
        "set_us": _fastest_us(lambda: register.set(numbers[0], 0.3, Layer.PANEL, "bench")),
        "frame_unchanged_us": _fastest_us(look),
        "frame_changed_us": _fastest_us(spread),
        "poll_us": _fastest_us(follower.poll),
    }


def _fastest_us(act: Callable[[], object]) -> float:
    clock = Clock()
    times = []
    for _ in range(5):
        began_s = clock.now_s()
        for _ in range(ROUNDS):
            act()
        times.append((clock.now_s() - began_s) / ROUNDS)
    return round(1e6 * min(times), 3)
