"""What the wall shows of consent: which rings and which sentence, in which language, and how they come and go."""

from __future__ import annotations

import math
from collections.abc import Sequence

import moderngl

from engine.config.consent import Language
from engine.consent.gate import ConsentGate, ConsentState
from engine.consent.wording import Wording
from engine.core.clock import Tick
from engine.core.easing import smoothstep
from engine.render.overlay.consent_sign import ConsentSign, Ring

FADE_S = 0.8
LANGUAGE_S, CHANGE_S = 6.0, 0.5  # each language is shown for so long; its lines come and go in so much
FULL_S, QUIET = 8.0, 0.65  # after so long of being kept, the sign steps back to this light
FILL_TIME_S = 0.12  # by which the ring follows its gesture


class ConsentNotice:
    """Follows the gate, and draws the sign on the composed picture.

    Args:
        gate: who has agreed.
        sign: what draws it.
    """

    def __init__(self, gate: ConsentGate, sign: ConsentSign) -> None:
        self._gate, self._sign, self._wording = gate, sign, Wording(gate.settings)
        self._light = 0.0
        self._fills: list[tuple[float, float]] = []
        self._lines: Sequence[str] = ()
        self._kept_s = 0.0

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again."""
        self._sign.close()

    def renew(self, ctx: moderngl.Context) -> None:
        """Draw in another context, after `let_go`."""
        self._sign.renew(ctx)

    def draw(self, target: moderngl.Framebuffer, tick: Tick, *, is_dark: bool) -> None:
        """Move on to `tick`, and draw.

        Args:
            target: the composed picture; films and snapshots have been taken of it.
            tick: the moment.
            is_dark: whether the wall is black.
        """
        if not self._gate.asks:
            return
        state = self._gate.state
        lines = self._say(state, self._language(tick.time_s)) if not is_dark else ()
        is_kept = state.is_open and bool(state.people)
        self._kept_s = self._kept_s + tick.dt_s if is_kept else 0.0
        self._light = min(1.0, max(0.0, self._light + (tick.dt_s if lines else -tick.dt_s) / FADE_S))
        self._lines = lines or self._lines
        self._ease(state, tick.dt_s)
        quiet = 1.0 - (1.0 - QUIET) * smoothstep(self._kept_s, FULL_S, FULL_S + 2.0)
        rings = [Ring(fill, agreed) for fill, agreed in self._fills] if state.people else []
        self._sign.draw(target, rings, self._lines, smoothstep(self._light) * quiet, self._lines_light(tick.time_s))

    def _language(self, time_s: float) -> Language:
        languages = self._wording.languages
        return languages[math.floor(time_s / LANGUAGE_S) % len(languages)]

    def _lines_light(self, time_s: float) -> float:
        if len(self._wording.languages) == 1:
            return 1.0
        shown_s = time_s % LANGUAGE_S
        return smoothstep(min(shown_s, LANGUAGE_S - shown_s) / CHANGE_S)

    def _say(self, state: ConsentState, language: Language) -> Sequence[str]:
        """The lines of this moment; none where nothing is to be kept, or of nobody."""
        wanted, sentence = self._gate.wanted, self._wording.sentence
        if state.has_just_ended:
            return (sentence("ended", language),)
        if not wanted or not state.people:
            return ()
        if all(person.has_agreed for person in state.people):
            return sentence("keeping", language), self._wording.things(wanted, language)
        is_anyone = any(person.has_agreed for person in state.people)
        below = sentence("waiting", language) if is_anyone else self._wording.things(wanted, language)
        return sentence("ask", language), below

    def _ease(self, state: ConsentState, dt_s: float) -> None:
        if len(self._fills) != len(state.people):
            self._fills = [(person.progress, float(person.has_agreed)) for person in state.people]
        share = 1.0 - math.exp(-dt_s / FILL_TIME_S)
        self._fills = [
            (fill + share * (person.progress - fill), agreed + share * (float(person.has_agreed) - agreed))
            for (fill, agreed), person in zip(self._fills, state.people, strict=True)
        ]
