"""Refinement loop: measures drawn faces after they have been handed on, at most one per turn.

A scene that shows the comparison of visitor and stranger takes precedence. Otherwise, if the rate leaves time, a
candidate that may be more like the visitor is drawn off screen and measured in the next turn, and the refinement of the
visitor's latent is updated. Owns this attempt, the time budget and the analysis of drawn faces; does not know how
latents are chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine.core.clock import TimeSource
from engine.features.layout import FeatureLayout
from engine.features.vector import LAYOUT
from engine.pipeline.latent_follower import FollowedLatent
from engine.pipeline.latent_refinement import PERIOD_S, Attempt, LatentRefinement
from engine.pipeline.reflection_analyzer import ReflectionAnalyzer
from engine.pipeline.reflection_request import ReflectionRequest
from engine.pipeline.supervised_step import SupervisedStep
from engine.pipeline.time_budget import TimeBudget
from engine.types import Features, FloatArray, Frame, Latent, Reflection, ReflectionComparison


class RefinementLoop:
    """Compares drawn faces with their visitors, and improves the reflection while a visitor stays.

    Args:
        build_featurizer: builds the step Frame -> Features | None for unrelated pictures; may take seconds, during
                which turns go on.
        draw: the generator step.
        clock: measures the duration of each analysis.
        layout: layout of the features.
        stopwatch: see `SupervisedStep`.
        waits: see `ReflectionAnalyzer`.
    """

    def __init__(
        self,
        build_featurizer: Callable[[], Callable[[Frame], Features | None]],
        draw: SupervisedStep[[Sequence[Latent], bool], Reflection],
        clock: TimeSource,
        layout: FeatureLayout = LAYOUT,
        *,
        stopwatch: TimeSource | None = None,
        waits: bool = False,
    ) -> None:
        self._analyzer = ReflectionAnalyzer(build_featurizer, clock, stopwatch, waits=waits)
        self._draw = draw
        self._clock = clock
        self._layout = layout
        self._refine: SupervisedStep[[Sequence[FollowedLatent], float], None] = SupervisedStep(
            "deepening", lambda: self._try_better, clock, stopwatch
        )
        self._budget = TimeBudget(PERIOD_S)
        self._aside: tuple[LatentRefinement, Attempt, Reflection] | None = None  # drawn off screen, not measured yet
        self._tried = 0  # number of the stranger last tried for

    @property
    def steps(self) -> tuple[SupervisedStep[Any, Any], ...]:
        """Its steps, which do nothing until needed."""
        return self._analyzer.stage, self._refine

    @property
    def comparison(self) -> ReflectionComparison | None:
        """Newest comparison of a drawn face with its viewer; None if no scene needs it."""
        return self._analyzer.echo

    def look_again(
        self,
        followed: Sequence[FollowedLatent],
        reflection: Reflection,
        request: ReflectionRequest,
        taken_s: float,
        now_s: float,
    ) -> None:
        """Use the remaining time of a turn.

        Args:
            followed: latents of all visitors in this turn; visitors take turns.
            reflection: reflection already handed on.
            request: what the show needs.
            taken_s: when the turn received its frame.
            now_s: when that frame had been measured.
        """
        began_s = self._clock.now_s()
        self._budget.worked(began_s - taken_s, 1 / request.settings.rate_hz)
        goes_on = self._aside is not None
        if not self._analyzer.listen(reflection, now_s, is_asked=request.with_comparison):
            if not (goes_on or (self._budget.permits and any(each.is_due(now_s) for each in followed))):
                return
            self._refine(followed, now_s)
        self._budget.spent(self._clock.now_s() - began_s, goes_on=goes_on)

    def _try_better(self, followed: Sequence[FollowedLatent], now_s: float) -> None:
        """Measure the pending candidate; if there is none, draw one that may be better than the current face."""
        begun, self._aside = self._aside, None
        if begun is not None:
            self._learn(*begun)
        elif self._analyzer.is_ready():
            self._aside = self._draw_aside(self._next_due(followed, now_s), now_s)

    def _next_due(self, followed: Sequence[FollowedLatent], now_s: float) -> FollowedLatent:
        """Next visitor due, in order of number after the last one."""
        due = [each for each in followed if each.is_due(now_s)] or followed[:1]
        after = sorted(due, key=lambda each: (each.latent.stranger <= self._tried, each.latent.stranger))
        self._tried = after[0].latent.stranger
        return after[0]

    def _learn(self, refinement: LatentRefinement, attempt: Attempt, drawn: Reflection) -> None:
        found = self._analyzer.look(drawn)
        refinement.learn(attempt, None if found is None else as_asked(found.vector, attempt.wanted, self._layout))

    def _draw_aside(
        self, followed: FollowedLatent, now_s: float
    ) -> tuple[LatentRefinement, Attempt, Reflection] | None:
        refinement, attempt = followed.refinement, followed.propose(now_s)
        if refinement is None or attempt is None:
            return None
        drawn = self._draw([replace(followed.latent, z=attempt.z)], False)
        return None if drawn is None else (refinement, attempt, drawn)

    def close(self) -> None:
        """Release the analysis."""
        self._analyzer.close()


def as_asked(came: FloatArray, wanted: FloatArray, layout: FeatureLayout = LAYOUT) -> FloatArray:
    """Features (F,) of a drawn face; those that were not requested, such as age, are replaced by the requested
    values."""
    known = came.copy()
    for group in layout.groups:
        if group.neutral:
            known[layout[group.name]] = wanted[layout[group.name]]
    return known
