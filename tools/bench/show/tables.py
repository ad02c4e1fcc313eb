"""Report tables of the show and its steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

AIMS = {
    "drawn_per_s": 30.0,
    "reflections_per_s": 20.0,
    "age_p95_ms": 100.0,
    "interval_p99_ms": 50.0,
}


def pipeline_tables(pipeline: Mapping[str, Any]) -> list[str]:
    """Lines about the result of `measure_pipeline`."""
    drawn, reflected = pipeline["frames"]["per_s"], pipeline["reflections"]["per_s"]
    age_ms = pipeline["reflections"]["age_ms"].get("p95", math.inf)
    memory = ", ".join(f"{value:.0f} MB {name.replace('_', ' ')}" for name, value in pipeline["resident_mb"].items())
    return [
        f"## The show, {pipeline['size']}, {pipeline['seconds']:.0f} s with a moving portrait",
        "",
        "| pipeline | measured | target |",
        "|---|---|---|",
        f"| drawn frames per second | {drawn:.1f} | {AIMS['drawn_per_s']:.0f} or more |",
        f"| reflections per second | {reflected:.1f} | {AIMS['reflections_per_s']:.0f} or more |",
        f"| reflection age, 95th percentile | {age_ms:.0f} ms | {AIMS['age_p95_ms']:.0f} ms or less |",
        *_interval_lines(pipeline["frames"].get("interval_ms", {})),
        f"| start-up to first reflection | {pipeline['start_s']['first_reflection']} s | |",
        *_first_start_lines(pipeline.get("first_start_s", {})),
        f"| resident memory | {memory or 'not measured'} | |",
        "",
        "| stage | median ms | 95th percentile ms |",
        "|---|---|---|",
        f"| drawing | {pipeline['frames']['draw_ms']['p50']} | {pipeline['frames']['draw_ms']['p95']} |",
        *(f"| {name} | {ms['p50']} | {ms['p95']} |" for name, ms in pipeline["stages_ms"].items() if ms),
        "",
    ]


def _interval_lines(interval_ms: Mapping[str, float]) -> list[str]:
    return [
        f"| time from frame to frame, {name[1:]}th percentile | {interval_ms[name]:.0f} ms | {aim} |"
        for name, aim in (("p95", ""), ("p99", f"{AIMS['interval_p99_ms']:.0f} ms or less"))
        if name in interval_ms
    ]


def _first_start_lines(start_s: Mapping[str, float]) -> list[str]:
    """Line about the start with empty caches."""
    return [f"| first start-up with empty caches | {start_s['first_reflection']} s | |"] if start_s else []


def steps_table(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines about the result of `measure_steps`."""
    return [
        "## Single steps",
        "",
        "| step | median ms | 95th percentile ms | bound, ms |",
        "|---|---|---|---|",
        *(f"| {row['step']} | {row['ms']['p50']:.3f} | {row['ms']['p95']:.3f} | {_bound(row)} |" for row in steps),
        "",
    ]


def _bound(row: Mapping[str, Any]) -> str:
    return f"{row['bound_ms']:.3f}, {row['bound_by']}" if "bound_ms" in row else ""
