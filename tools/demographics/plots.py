"""Plots of an audit, as small SVG files that are reproducible."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from tools.demographics.groups import Row
from tools.demographics.report import GROUPS_FILE, SKIN_TONE_FILE, Audit
from tools.demographics.skin_tone import BANDS, LIMITS_DEG

SEEN, DRAWN, FAINT = "#6f6a62", "#a8431f", "#e9e4da"
SHARE, ANGLES = (0.0, 1.0), (-60.0, 90.0)
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "narcissus",  # otherwise ids in the file are random
    "svg.fonttype": "none",
}


def plots(audit: Audit) -> dict[str, str]:
    """SVG files of an audit by name."""
    return {GROUPS_FILE: _svg(groups_figure(audit.rows)), SKIN_TONE_FILE: _svg(skin_tone_figure(audit))}


def groups_figure(rows: Sequence[Row]) -> Any:
    """Share of each group in the training data and among the drawn faces."""
    figure, axes = _figure(6.4, 0.6 + 0.24 * (len(rows) + 2 * len({row.question for row in rows})))
    place, ticks, last = 0.0, [], ""
    for row in rows:
        if row.question != last:
            place, last = place + 1, row.question
            axes.text(0, place, row.question, fontweight="bold", va="center", ha="right", transform=_beside(axes))
            place += 1
        ticks.append((place, row.band))
        axes.plot([row.seen], [place], "o", color=SEEN, ms=5, mfc="white", label="seen" if len(ticks) == 1 else None)
        if row.drawn is not None:
            low, high = row.drawn.value - row.drawn.low, row.drawn.high - row.drawn.value
            label = "drawn, with 95 % interval" if len(ticks) == 1 else None
            error = [[max(0.0, low)], [max(0.0, high)]]
            axes.errorbar([row.drawn.value], [place], xerr=error, fmt="o", color=DRAWN, ms=4, lw=1, label=label)
            axes.plot([row.seen, row.drawn.value], [place, place], color=FAINT, lw=3, zorder=0)
        place += 1
    axes.set_yticks([tick for tick, _ in ticks], [name for _, name in ticks])
    axes.set_xticks(np.linspace(*SHARE, 6), [f"{share:.0%}" for share in np.linspace(*SHARE, 6)])
    axes.set(xlim=(-0.02, 1.02), ylim=(place, 0))
    axes.tick_params(length=0)
    axes.grid(axis="x", color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="lower right", ncols=2, bbox_to_anchor=(1, 1))
    return figure


def skin_tone_figure(audit: Audit) -> Any:
    """Distribution of the typology angle in the training data and among the drawn faces."""
    figure, axes = _figure(6.4, 2.8)
    seen = audit.known.crowd.ita_deg
    kept = audit.known.is_train & np.isfinite(seen)
    drawn = audit.drawn.ita_deg
    edges = np.linspace(*ANGLES, 51)
    for values, weights, style in (
        (
            seen[kept],
            audit.known.weights[kept],
            {"color": SEEN, "alpha": 0.45, "histtype": "stepfilled", "label": "seen"},
        ),
        (drawn[np.isfinite(drawn)], None, {"color": DRAWN, "lw": 1.5, "histtype": "step", "label": "drawn"}),
    ):
        if len(values):
            axes.hist(np.clip(values, *ANGLES), edges, weights=weights, density=True, **style)
    borders = [ANGLES[1], *LIMITS_DEG, ANGLES[0]]
    for name, high, low in zip(BANDS, borders, borders[1:], strict=False):
        axes.axvline(low, color=FAINT, lw=0.8, zorder=0)
        axes.text((high + low) / 2, 1.02, name, ha="center", transform=axes.get_xaxis_transform(), fontsize=7.5)
    axes.set(xlim=ANGLES[::-1], xlabel="individual typology angle, degrees: light to dark", yticks=[])
    axes.spines["left"].set_visible(False)
    axes.legend(frameon=False, loc="upper right")
    return figure


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure((width, height), layout="constrained")
        return figure, figure.add_subplot()


def _beside(axes: Any) -> Any:
    """Position left of the axis: x in inches before it, y in data units."""
    from matplotlib.transforms import ScaledTranslation

    return axes.get_yaxis_transform() + ScaledTranslation(-0.06, 0, axes.figure.dpi_scale_trans)


def _svg(figure: Any) -> str:
    import matplotlib

    content = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in content.getvalue().splitlines()) + "\n"
