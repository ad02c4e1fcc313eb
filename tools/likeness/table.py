"""Likeness table: figures, order and targets, in Markdown with aligned columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.likeness.figures import GROUPS, MIRRORED
from tools.likeness.trial import REFERENCES, Measured

UNKNOWN = "-"
Aim = tuple[float | None, float | None]  # smallest and largest acceptable value


@dataclass(frozen=True)
class Row:
    """Figure in the table.

    Attributes:
        title: its title.
        keys: its location: measure and part.
        form: number format.
        drawn, real: targets for held-out faces and for portraits; None without one.
    """

    title: str
    keys: tuple[str, ...]
    form: str
    drawn: Aim | None = None
    real: Aim | None = None


ROWS = (
    Row("faces found", ("detected",), ".1%", (0.99, None), (0.98, None)),
    Row("landmarks, NME", ("nme",), ".4f", (None, 0.055), (None, 0.08)),
    Row("yaw, mean error °", ("yaw_mae_deg",), ".2f", (None, 4), (None, 6)),
    Row("pitch, mean error °", ("pitch_mae_deg",), ".2f", (None, 4), (None, 6)),
    Row("yaw, r", ("yaw_r",), ".2f", (0.9, None), (0.8, None)),
    Row("pitch, r", ("pitch_r",), ".2f", (0.8, None), (0.65, None)),
    Row("expression, median r", ("expression_r",), ".2f", (0.6, None), (0.45, None)),
    Row("open mouth, r", ("expression", "mouth_open"), ".2f", (0.8, None), (0.65, None)),
    Row("smile, r", ("expression", "smile"), ".2f", (0.8, None), (0.65, None)),
    Row("skin, CIEDE2000", ("skin_delta_e",), ".2f", (None, 5), (None, 8)),
    Row("lips, CIEDE2000", ("lips_delta_e",), ".2f", (None, 7), (None, 10)),
    Row("hair, CIEDE2000", ("hair_delta_e",), ".2f", (None, 9), (None, 13)),
    *(Row(f"gain, {group}", ("gain", group), ".2f", (0.85, 1.15), (0.75, 1.2)) for group in GROUPS),
    Row("RMSE, shape", ("rmse", "shape"), ".2f", (None, 0.4)),
    Row("RMSE, pose", ("rmse", "pose"), ".2f"),
    Row("RMSE, expression", ("rmse", "expression"), ".2f"),
    Row("RMSE, colour", ("rmse", "colour"), ".2f", (None, 0.3)),
    Row("skill", ("skill",), ".2f", (0.65, None), (0.45, None)),
    Row("error / oracle's", ("error_over_oracle",), ".2f", (None, 1.5)),
    Row("recall at 1", ("recall_at_1",), ".1%", (0.8, None), (0.3, None)),
    Row("recall at 10", ("recall_at_10",), ".1%", None, (0.65, None)),
    Row("mean reciprocal rank", ("mrr",), ".2f", (0.87, None)),
    Row("median rank", ("median_rank",), ".0f", (None, 1)),
    Row("frozen features, own / another's", ("feature_ratio",), ".3f", None, (None, 0.55)),
    Row("recogniser: own reflection nearest", ("identity_r1",), ".1%", None, (0.12, None)),
    Row("recogniser: among the nearest five", ("identity_r5",), ".1%", None, (0.3, None)),
    Row("recogniser: distance to the own", ("identity_own",), ".3f"),
    Row("recogniser: distance to others'", ("identity_other",), ".3f"),
    Row("realism, percentile", ("realism",), ".0f", (40, None), (25, None)),
    Row("diversity, °", ("diversity_deg",), ".0f", (60, None), (60, None)),
    Row("jitter, °/s", ("jitter_deg_s",), ".1f", (None, 5), (None, 5)),
    Row("jitter of pixels, of 255", ("pixel_jitter",), ".2f", (None, 1), (None, 1)),
    Row("jitter of landmarks", ("landmark_jitter",), ".2%", (None, 0.004), (None, 0.004)),
    Row("lag, ms", ("lag_ms",), ".0f", (None, 80), (None, 80)),
    Row("steadiness, next frame", ("temporal_local",), ".3f", (0.99, None), (0.99, None)),
    Row("steadiness, all frames", ("temporal_global",), ".3f", (0.95, None), (0.95, None)),
    *(Row(f"mirrored {name}, r", ("mirror", name), ".2f", (0.8, None), (0.65, None)) for name in MIRRORED),
    Row("inverter, ms, 99th percentile", ("inverter_ms_p99",), ".1f", (None, 3), (None, 3)),
    Row("inverter's first answer, ms", ("inverter_first_ms",), ".1f"),
    Row("gender kept, where sure", ("attributes", "gender"), ".1%", (0.92, None), (0.85, None)),
    Row("age kept", ("attributes", "age"), ".1%", (0.6, None), (0.45, None)),
    Row("age kept or next class", ("attributes", "age_near"), ".1%", (0.9, None), (0.8, None)),
    Row("attribute flips per minute", ("attribute_flips",), ".2f", (None, 0.5), (None, 0.5)),
)


def table(measured: Measured, is_drawn: bool) -> str:
    """Figures of a set of viewers as a Markdown table with aligned columns, followed by reasons for missing figures.

    Args:
        measured: figures of that set.
        is_drawn: whether the viewers were drawn, which have other targets than portraits.
    """
    titles = (name.replace("_", ", ") for name in REFERENCES)
    rows: list[tuple[str, ...]] = [("", *titles, "aim", "")]
    for row in ROWS:
        values = {name: _at(measured.get(row.keys[0], {}).get(name), row.keys[1:]) for name in REFERENCES}
        aim = row.drawn if is_drawn else row.real
        written = (UNKNOWN if value is None else format(value, f"z{row.form}") for value in values.values())
        rows.append(
            (row.title, *written, _aim_text(aim, row.form), _verdict(values["value"], values["value_stayed"], aim))
        )
    reasons = {name: entry["reason"] for name, entry in measured.items() if "reason" in entry}
    return "\n".join([_markdown(rows), "", *(f"{name}: {reason}" for name, reason in reasons.items())]).rstrip()


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:-1]), "-" * widths[-1]]
    lines = []
    for row in (rows[0], rule, *rows[1:]):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append(f"| {' | '.join([*cells, row[-1].ljust(widths[-1])])} |")
    return "\n".join(lines)


def _aim_text(aim: Aim | None, form: str) -> str:
    if aim is None:
        return ""
    low, high = aim
    if low is not None and high is not None:
        return f"{low:{form}} to {high:{form}}"
    return f"≥ {low:{form}}" if low is not None else f"≤ {high:{form}}"


def _verdict(value: float | None, stayed: float | None, aim: Aim | None) -> str:
    if value is None or aim is None:
        return ""
    if _is_reached(value, aim):
        return "reached"
    return "reached by who stays" if stayed is not None and _is_reached(stayed, aim) else "missed"


def _is_reached(value: float, aim: Aim) -> bool:
    low, high = aim
    return (low is None or value >= low) and (high is None or value <= high)


def _at(value: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        value = None if value is None else value.get(key)
    return value
