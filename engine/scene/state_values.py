"""Values of a knob in the states of a visit -> an expression that eases from one to the next."""

from __future__ import annotations

from collections.abc import Mapping

from engine.scene.expression import Expression, compile_expression
from engine.scene.values import Rgb, linear_light
from engine.visitor.signals import SIGNALS, STATE_SIGNALS
from engine.visitor.visit_state import VisitState

_LIKE = {VisitState.NOTICE: VisitState.IDLE, VisitState.ARRIVE: VisitState.DWELL, VisitState.LEAVE: VisitState.IDLE}
"""The state whose value another one inherits."""


def by_state(given: Mapping[VisitState, float], base: float) -> Expression:
    """The expression of a knob with values in some states, and `base` in the others."""

    def value(state: VisitState) -> float:
        if state in given:
            return float(given[state])
        return value(_LIKE[state]) if state in _LIKE else float(base)

    terms = (f"({value(state)!r}) * {signal}" for state, signal in STATE_SIGNALS.items())
    return compile_expression(" + ".join(terms), SIGNALS)


def colour_by_state(given: Mapping[VisitState, Rgb], base: Rgb) -> tuple[Expression, Expression, Expression]:
    """Red, green and blue as expressions in linear light: halfway between two colours lies their mixture, no darker."""
    light = {state: linear_light(colour) for state, colour in given.items()}
    ground = linear_light(base)
    red, green, blue = (by_state({state: rgb[i] for state, rgb in light.items()}, ground[i]) for i in range(3))
    return red, green, blue
