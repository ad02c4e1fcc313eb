"""The page of a rehearsal: one HTML file with its verdict, its plots and every fault."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.rehearsal.director import Incident
from tools.rehearsal.verdict import Check, Series, is_passed

PANELS = (
    ("a second", (("frames_per_s", "pictures"), ("reflections_per_s", "reflections"))),
    ("age of reflections, ms", (("age_ms", "age"),)),
    ("longest gap, s", (("gap_s", "pictures"), ("reflection_gap_s", "reflections"))),
    ("memory, MB", (("memory_mb", "resident"),)),
    ("held", (("threads", "threads"), ("descriptors", "descriptors"), ("children", "child processes"))),
)
HEAD = ("kind", "given", "recovered", "after, s (median, worst)", "longest gap, s", "without reflection, s")
STYLE = """body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid #ccc;text-align:left}
.bad{color:#a00;font-weight:bold}svg{max-width:100%;height:auto}"""


def plot(points: Series, incidents: Sequence[Incident]) -> Figure:
    """Rates, ages, gaps, memory, threads and descriptors over time; a line where a fault began, red if it stayed."""
    figure = Figure(figsize=(9, 11), layout="constrained")
    axes: Sequence[Axes] = figure.subplots(len(PANELS) + 1, 1, sharex=True)
    minutes = points.time_s / 60
    for axis, (label, lines) in zip(axes, PANELS, strict=False):
        for name, legend in lines:
            axis.plot(minutes, points.values[name], label=legend, linewidth=1)
        for incident in incidents:
            colour = "0.85" if incident.recovery_s is not None else "red"
            axis.axvline(incident.began_s / 60, color=colour, linewidth=0.5, zorder=0)
        axis.set_ylabel(label)
        axis.set_ylim(bottom=None if label.startswith("memory") else 0)
        if len(lines) > 1:
            axis.legend(loc="upper right", fontsize="small", ncols=len(lines))
    _plot_recoveries(axes[-1], incidents)
    return figure


def _plot_recoveries(axis: Axes, incidents: Sequence[Incident]) -> None:
    kinds = sorted({incident.name for incident in incidents})
    for incident in incidents:
        row = kinds.index(incident.name)
        if incident.recovery_s is None:
            axis.plot(incident.began_s / 60, row, "rx")
        else:
            axis.plot(
                incident.began_s / 60, row, "o", color="tab:green", markersize=2 + 2 * np.sqrt(incident.recovery_s)
            )
    axis.set_yticks(range(len(kinds)), kinds, fontsize=6)
    axis.set_xlabel("minutes; a dot is as large as its recovery was long")


def write_page(path: Path, title: str, checks: Sequence[Check], points: Series, incidents: Sequence[Incident]) -> None:
    """Write the page as one HTML file, and its plots beside it as PNG."""
    figure, drawn = plot(points, incidents), io.StringIO()
    figure.savefig(drawn, format="svg")
    figure.savefig(path.with_suffix(".png"), dpi=70)
    svg = drawn.getvalue()
    verdict = "The verdict: passed." if is_passed(checks) else "The verdict: failed."
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{html.escape(title)}</h1><p><b>{verdict}</b></p>"
        f"{_table(('what', 'measured', 'limit', ''), [_row(check) for check in checks])}"
        f"{svg[svg.index('<svg') :]}<h2>Faults, by kind</h2>"
        f"{_table(HEAD, by_kind(incidents))}"
        "</html>\n",
        encoding="utf-8",
    )


def by_kind(incidents: Sequence[Incident]) -> list[tuple[str, ...]]:
    """A row for each kind of fault: how many, recovered, after how long, and the longest gaps."""
    rows = []
    for kind in sorted({incident.name for incident in incidents}):
        those = [incident for incident in incidents if incident.name == kind]
        times_s = [incident.recovery_s for incident in those if incident.recovery_s is not None]
        after = f"{np.median(times_s):.1f}, {max(times_s):.1f}" if times_s else "never"
        gaps = (f"{max(getattr(each, name) for each in those):.2f}" for name in ("gap_s", "reflection_gap_s"))
        rows.append((kind, str(len(those)), str(len(times_s)), after, *gaps))
    return rows


def _row(check: Check) -> tuple[str, ...]:
    outcome = {None: "", True: "met", False: "missed"}[check.is_met]
    return check.what, check.value, check.limit, outcome


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        marked = (f"<{tag}{' class=bad' if cell == 'missed' else ''}>{html.escape(cell)}</{tag}>" for cell in row)
        return f"<tr>{''.join(marked)}</tr>"

    return f"<table>{cells(head, 'th')}{''.join(cells(row, 'td') for row in rows)}</table>"
