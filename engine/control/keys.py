"""Keys of an installation's own: each sets a parameter, switches it, or presses it."""

from __future__ import annotations

from engine.control.bindings_file import ControlFile
from engine.control.layers import Layer
from engine.control.parameter import Kind
from engine.control.register import Register


class Keys:
    """What keys do that mean nothing else.

    Args:
        file: says so.
        register: what they set.
    """

    def __init__(self, file: ControlFile, register: Register) -> None:
        self._bindings, self._register = file.bindings, register

    def press(self, key: str) -> bool:
        """Do what a key does; returns whether it does anything.

        Args:
            key: its name, as `control.yaml` has it.

        Raises:
            ControlError: its parameter does not exist at this moment, or does not take its value.
        """
        binding = self._bindings.get(key)
        if binding is None:
            return False
        register, address, by = self._register, binding.address, f"the key {key}"
        kind = register.parameter(address).kind
        if binding.value is None:
            register.set(address, None if kind is Kind.TRIGGER else not register.value(address), Layer.PANEL, by)
            return True
        held = next((each for each in register.why(address).holdings if each.layer is Layer.PANEL), None)
        if held is not None and held.by == by:  # pressed again
            register.release(address, Layer.PANEL)
        else:
            register.set(address, binding.value, Layer.PANEL, by)
        return True
